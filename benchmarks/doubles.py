"""The doubles and memory caches that people would pick instead, as synchronous code calls them.

They are imported when they are opened, by name: none of them is needed to run the others.
"""

import importlib
import importlib.util
import itertools
import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from benchmarks.servers import store_of
from benchmarks.subjects import TTL_SECONDS, Store, Subject

TTL = timedelta(seconds=TTL_SECONDS)

UNBOUNDED = 10**9
"""Entries that peers with an obligatory bound may hold: nobody evicts during a measurement."""


def _open_upstream() -> Store:
    structlog = importlib.import_module("structlog")
    # Every lock operation logs: printing would be most of what is timed, and none of what is compared.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    cache = importlib.import_module("baldur.adapters.cache.memory_adapter").InMemoryCacheAdapter()
    return Store(
        get=cache.get,
        set=cache.set,
        ttl=TTL,
        incr=cache.incr,
        mget=cache.mget,
        mset=cache.mset,
        mset_with_ttl=cache.mset,
        lock=cache.get_lock,
        keys=cache.keys,
        scan=lambda _cursor: cache.scan("*", 100),
        sweep=cache.cleanup_expired,
    )


def _open_fakeredis() -> Store:
    client = importlib.import_module("fakeredis").FakeRedis()
    return store_of(client, lock=_fakeredis_locks(client))


def _fakeredis_locks(client: Any) -> Callable[[str], Any] | None:
    # redis-py gives a lock back by a Lua script, which fakeredis runs only beside an interpreter for it.
    if importlib.util.find_spec("lupa") is None:
        return None
    return lambda name: client.lock(name, 10)


def _open_cachetory() -> Store:
    caches = importlib.import_module("cachetory.caches.sync")
    backends = importlib.import_module("cachetory.backends.sync")
    serializers = importlib.import_module("cachetory.serializers")
    cache = caches.Cache(serializer=serializers.NoopSerializer(), backend=backends.MemoryBackend())
    return Store(
        get=cache.get,
        set=cache.set,
        ttl=TTL,
        mget=lambda keys: cache.get_many(*keys),
        mset=cache.set_many,
    )


_locmem_names = itertools.count()


def _open_django() -> Store:
    settings = importlib.import_module("django.conf").settings
    if not settings.configured:
        settings.configure()
    locmem = importlib.import_module("django.core.cache.backends.locmem")
    # Stores of one name are one store.
    name = f"benchmarks-{next(_locmem_names)}"
    cache = locmem.LocMemCache(name, {"OPTIONS": {"MAX_ENTRIES": UNBOUNDED}})
    return Store(
        get=cache.get,
        set=cache.set,
        ttl=TTL_SECONDS,
        incr=cache.incr,
        mget=cache.get_many,
        mset=cache.set_many,
    )


def _open_cachelib() -> Store:
    cache = importlib.import_module("cachelib").SimpleCache(threshold=UNBOUNDED)
    return Store(
        get=cache.get,
        set=cache.set,
        ttl=TTL_SECONDS,
        incr=cache.inc,
        mget=lambda keys: cache.get_dict(*keys),
        mset=cache.set_many,
    )


def _open_dogpile() -> Store:
    # The ttl is the region's, for all its keys.
    region = importlib.import_module("dogpile.cache").make_region()
    region.configure("dogpile.cache.memory", expiration_time=TTL_SECONDS)
    return Store(get=region.get, set=region.set, mget=region.get_multi, mset=region.set_multi)


def _open_cachetools() -> Store:
    cache = importlib.import_module("cachetools").TTLCache(UNBOUNDED, TTL_SECONDS)
    lock = threading.Lock()

    # What its documentation asks for where threads share a cache.
    def get(key: str) -> object:
        with lock:
            return cache.get(key)

    def set_(key: str, value: object) -> None:
        with lock:
            cache[key] = value

    return Store(get=get, set=set_)


DOUBLES = (
    Subject(
        name="upstream",
        module="baldur.adapters.cache.memory_adapter",
        distribution="baldur-framework",
        note="InMemoryCacheAdapter, its log silenced; hands out the stored objects",
        open=_open_upstream,
    ),
    Subject(
        name="fakeredis",
        module="fakeredis",
        distribution="fakeredis",
        note="FakeRedis; dicts through json; locks only if lupa is installed, too",
        open=_open_fakeredis,
    ),
    Subject(
        name="cachetory",
        module="cachetory.backends.sync",
        distribution="cachetory",
        note="Cache over MemoryBackend, not serialising; no mutex; hands out the stored objects",
        open=_open_cachetory,
    ),
    Subject(
        name="django",
        module="django.core.cache.backends.locmem",
        distribution="django",
        note="LocMemCache; pickles",
        open=_open_django,
    ),
    Subject(
        name="cachelib",
        module="cachelib",
        distribution="cachelib",
        note="SimpleCache; pickles",
        open=_open_cachelib,
    ),
    Subject(
        name="dogpile",
        module="dogpile.cache",
        distribution="dogpile.cache",
        note="memory region, one ttl for all keys; hands out the stored objects",
        open=_open_dogpile,
    ),
    Subject(
        name="cachetools",
        module="cachetools",
        distribution="cachetools",
        note="TTLCache under a threading.Lock; one ttl for all keys; hands out the stored objects",
        open=_open_cachetools,
    ),
)
