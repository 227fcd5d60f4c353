"""Faults and leaks on a real server, for threads and for coroutines."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from cache_provider import AsyncRedisCacheAdapter, LockNotOwnedError, RedisCacheAdapter
from cache_provider.testing.faults import Faults
from cache_provider.testing.leaks import LeakWatch
from cache_provider.testing.seam import AsyncInstrumentedCache, InstrumentedCache
from cache_provider.testing.servers import ServerProcess, find_servers

FATES = pytest.mark.parametrize(
    ("taken_over", "fate"), [(False, "its lease ran out or it was removed"), (True, "it is held by")]
)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """Return a server, whose keys each test names for itself."""
    found = find_servers()
    if not found:
        reason = "there is no server on this machine"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    with ServerProcess(found[0]) as running:
        yield running


@FATES
def test_a_lease_is_lost(server: ServerProcess, taken_over: bool, fate: str) -> None:
    """The end of `with` says so, as it would in production."""
    with RedisCacheAdapter(server.url, key_prefix=f"threads:{taken_over}:") as provider:
        faults = Faults(provider.clock)
        cache = InstrumentedCache(provider, faults)
        faults.lose_lease("stock:*", taken_over=taken_over)
        with pytest.raises(LockNotOwnedError, match=fate), cache.get_lock("stock:7"):
            cache.set("k", 1, ttl=10)


@FATES
def test_a_lease_is_lost_to_a_coroutine(server: ServerProcess, taken_over: bool, fate: str) -> None:
    """The end of `async with` says so."""

    async def scenario() -> None:
        async with AsyncRedisCacheAdapter(server.url, key_prefix=f"tasks:{taken_over}:") as provider:
            faults = Faults(provider.clock)
            cache = AsyncInstrumentedCache(provider, faults)
            faults.lose_lease("stock:*", taken_over=taken_over)
            with pytest.raises(LockNotOwnedError, match=fate):
                async with cache.get_lock("stock:7"):
                    await cache.set("k", 1, ttl=10)

    asyncio.run(scenario())


def test_leaks_of_threads_are_found(server: ServerProcess) -> None:
    """The server is asked what is still there."""
    with RedisCacheAdapter(server.url, key_prefix="threads:") as provider:
        watch = LeakWatch(provider.clock)
        cache = InstrumentedCache(provider, watch)
        cache.mset({"gone": 1, "left": 1})
        provider.delete("gone")
        cache.get_lock("l").acquire()
        assert [(leak.kind, leak.key) for leak in watch.leaks()] == [("lock", "l"), ("no ttl", "left")]


def test_leaks_of_coroutines_are_found(server: ServerProcess) -> None:
    """What passed decides, a default ttl included."""
    watches: list[LeakWatch] = []

    async def scenario(default_ttl: int | None) -> None:
        async with AsyncRedisCacheAdapter(
            server.url, key_prefix="tasks:", default_ttl=default_ttl
        ) as provider:
            watches.append(LeakWatch(provider.clock))
            await AsyncInstrumentedCache(provider, watches[-1]).set("k", 1)

    asyncio.run(scenario(None))
    asyncio.run(scenario(10))
    assert [len(watch.leaks()) for watch in watches] == [1, 0]
