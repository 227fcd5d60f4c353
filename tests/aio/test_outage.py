"""Composed operations of coroutines when the store is lost in the middle of them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from cache_provider import (
    AsyncInMemoryCacheAdapter,
    CacheClosedError,
    CacheTimeoutError,
    CacheUnavailableError,
)
from cache_provider.testing.faults import Faults
from cache_provider.testing.seam import AsyncInstrumentedCache

STEPS = ["get", "lock.acquire", "setnx"]
"""What `get_or_set` asks of the store on a miss, up to storing."""

Errors = CacheUnavailableError | CacheTimeoutError | CacheClosedError

unreachable = pytest.mark.parametrize(
    "error", [CacheUnavailableError("down"), CacheTimeoutError("slow")], ids=repr
)


def failing(operation: str, error: Errors) -> tuple[AsyncInstrumentedCache, AsyncInMemoryCacheAdapter]:
    """Return a cache one of whose operations fails, and the cache behind it."""
    store = AsyncInMemoryCacheAdapter()
    faults = Faults(store.clock)
    faults.fail(operation, error=error)
    return AsyncInstrumentedCache(store, faults), store


@unreachable
@pytest.mark.parametrize("step", STEPS)
def test_an_unreachable_store_does_not_stop_the_computation(step: str, error: Errors) -> None:
    """The caller gets the computed value, at whatever step the store is lost."""
    cache, _ = failing(step, error)
    assert asyncio.run(cache.get_or_set("key", lambda: "computed")) == "computed"


@pytest.mark.parametrize("step", STEPS)
def test_an_unreachable_store_computes_once(step: str) -> None:
    """The factory is called once."""
    calls: list[int] = []
    cache, _ = failing(step, CacheUnavailableError("down"))
    asyncio.run(cache.get_or_set("key", lambda: calls.append(1)))
    assert calls == [1]


@pytest.mark.parametrize("step", STEPS)
def test_an_unreachable_store_caches_nothing(step: str) -> None:
    """Neither a value nor a lock is left behind."""
    cache, store = failing(step, CacheUnavailableError("down"))
    asyncio.run(cache.get_or_set("key", lambda: "computed"))
    assert (asyncio.run(store.keys()), asyncio.run(store.get_lock("singleflight:lock:key").locked())) == (
        [],
        False,
    )


def test_a_store_that_is_lost_at_the_very_end_keeps_the_value() -> None:
    """A lock that cannot be given back is no failure of the computation."""
    cache, store = failing("lock.release", CacheUnavailableError("down"))
    asyncio.run(cache.get_or_set("key", lambda: "computed"))
    assert asyncio.run(store.get("key")) == "computed"


@pytest.mark.parametrize("step", STEPS)
def test_any_other_error_of_the_store_comes_out(step: str) -> None:
    """Only what says that the store cannot be reached is no failure."""
    cache, _ = failing(step, CacheClosedError("closed"))
    with pytest.raises(CacheClosedError):
        asyncio.run(cache.get_or_set("key", lambda: "computed"))


async def all_keys(cache: AsyncInstrumentedCache) -> list[str]:
    """Iterate to the end."""
    return [key async for key in cache.scan_iter()]


COMPOSED: dict[str, tuple[str, Callable[[AsyncInstrumentedCache], Coroutine[Any, Any, object]]]] = {
    "scan_iter": ("scan", all_keys),
    "count_keys": ("scan", lambda cache: cache.count_keys()),
    "delete_pattern, scanning": ("scan", lambda cache: cache.delete_pattern("*")),
    "delete_pattern, deleting": ("mdelete", lambda cache: cache.delete_pattern("*")),
}


@unreachable
@pytest.mark.parametrize("name", COMPOSED)
def test_an_outage_is_not_swallowed(name: str, error: Errors) -> None:
    """Whatever step of a composed operation meets it."""
    step, use = COMPOSED[name]
    cache, store = failing(step, error)
    asyncio.run(store.set("key", 1))
    with pytest.raises(type(error)):
        asyncio.run(use(cache))
