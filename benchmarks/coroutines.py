"""Asynchronous peers, measured inside a running event loop: what they take there is what their users wait."""

import asyncio
import importlib
from typing import Any

from benchmarks.resources import close_later
from benchmarks.subjects import TTL_SECONDS, Store, Subject

UNBOUNDED = 10**9


def new_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop that ends with the row."""
    runner = asyncio.Runner()
    close_later(runner.close)
    return runner.get_loop()


def _open_aiocache() -> Store:
    cache = importlib.import_module("aiocache").SimpleMemoryCache()

    async def mset(mapping: dict[str, object]) -> None:
        await cache.multi_set(mapping.items())

    return Store(
        get=cache.get,
        set=cache.set,
        ttl=TTL_SECONDS,
        incr=cache.increment,
        mget=cache.multi_get,
        mset=mset,
        loop=new_loop(),
    )


def _open_cashews() -> Store:
    cache = importlib.import_module("cashews").Cache()
    cache.setup("mem://", size=UNBOUNDED)
    return Store(
        get=cache.get,
        set=cache.set,
        ttl=TTL_SECONDS,
        incr=cache.incr,
        mget=lambda keys: cache.get_many(*keys),
        mset=cache.set_many,
        loop=new_loop(),
    )


def _open_key_value() -> Store:
    store = importlib.import_module("key_value.aio.stores.memory").MemoryStore()

    async def set_dict(key: str, value: dict[str, Any], ttl: int) -> None:
        await store.put(key, value, ttl=ttl)

    # Its values are dicts: whoever has a text wraps it.
    async def set_(key: str, value: object, ttl: int | None = None) -> None:
        await store.put(key, {"value": value}, ttl=ttl)

    async def mset(mapping: dict[str, object]) -> None:
        await store.put_many(list(mapping), [{"value": value} for value in mapping.values()])

    return Store(
        get=store.get,
        set=set_,
        ttl=TTL_SECONDS,
        get_dict=store.get,
        set_dict=set_dict,
        mget=store.get_many,
        mset=mset,
        loop=new_loop(),
    )


ASYNCHRONOUS = (
    Subject(
        name="aiocache",
        module="aiocache",
        distribution="aiocache",
        note="SimpleMemoryCache, awaited in a running loop; hands out the stored objects",
        open=_open_aiocache,
    ),
    Subject(
        name="cashews",
        module="cashews",
        distribution="cashews",
        note="mem://, awaited in a running loop; copies the outermost object on set",
        open=_open_cashews,
    ),
    Subject(
        name="py-key-value",
        module="key_value.aio.stores.memory",
        distribution="py-key-value-aio",
        note="MemoryStore, awaited in a running loop; JSON; takes dicts only, so texts are wrapped in one",
        open=_open_key_value,
    ),
)
