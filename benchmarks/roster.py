"""The subjects of the table: the floor, our double, and the doubles people would pick instead.

Peers are imported when they are opened, by name: none of them is needed to run the others.
"""

import importlib
import importlib.util
import itertools
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from benchmarks.floor import ConditionLocks, Floor
from benchmarks.subjects import FLOOR, OURS, TTL_SECONDS, Store, Subject
from cache_provider import InMemoryCacheAdapter

TTL = timedelta(seconds=TTL_SECONDS)

UNBOUNDED = 10**9
"""Entries that peers with an obligatory bound may hold: nobody evicts during a measurement."""


def _open_floor() -> Store:
    floor = Floor()
    return Store(
        get=floor.get,
        set=floor.set,
        incr=floor.incr,
        mget=floor.mget,
        mset=floor.mset,
        lock=floor.get_lock,
        waiting_lock=ConditionLocks().get_lock,
    )


def _open_ours() -> Store:
    cache = InMemoryCacheAdapter()
    return Store(
        get=cache.get,
        set=cache.set,
        ttl=TTL,
        incr=cache.incr,
        mget=cache.mget,
        mset=cache.mset,
        ttls_in_bulk=True,
        lock=cache.get_lock,
        keys=cache.keys,
        scan=lambda cursor: cache.scan("*", 100, cursor),
        sweep=cache.cleanup_expired,
    )


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
        ttls_in_bulk=True,
        lock=cache.get_lock,
        keys=cache.keys,
        scan=lambda _cursor: cache.scan("*", 100),
        sweep=cache.cleanup_expired,
    )


def _open_fakeredis() -> Store:
    client = importlib.import_module("fakeredis").FakeRedis()

    # It stores bytes; whoever keeps a dict in it serialises, so that is part of the work.
    def get_dict(key: str) -> object:
        return json.loads(client.get(key))

    def set_dict(key: str, value: object, ttl: object) -> None:
        client.set(key, json.dumps(value), ttl)

    return Store(
        get=client.get,
        set=client.set,
        ttl=TTL,
        get_dict=get_dict,
        set_dict=set_dict,
        incr=client.incr,
        mget=client.mget,
        mset=client.mset,
        lock=_fakeredis_locks(client),
        keys=client.keys,
        scan=lambda cursor: client.scan(cursor, "*", 100),
    )


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


SUBJECTS = (
    Subject(
        name=FLOOR,
        module="threading",
        distribution=None,
        note="a threading.Lock around a dict: no ttl, no copies",
        open=_open_floor,
    ),
    Subject(
        name=OURS,
        module="cache_provider",
        distribution=None,
        note="InMemoryCacheAdapter as it comes: JSON copies, ttl, prefix",
        open=_open_ours,
    ),
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
)
