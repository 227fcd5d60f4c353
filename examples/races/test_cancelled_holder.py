"""Cancelled holder: a request is cancelled while it holds a lock, and nobody gives the lock back."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from cache_provider import AsyncCacheProviderInterface
from cache_provider.testing.race import AsyncRace, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, found

INTERRUPTIONS: Final = 1

Handle = Callable[[AsyncCacheProviderInterface], Coroutine[Any, Any, None]]


async def handle(cache: AsyncCacheProviderInterface) -> None:
    """Broken: a cancellation, like any other exception, passes the release by."""
    lock = cache.get_lock("basket")
    await lock.acquire()
    await cache.incr("items")
    await lock.release()


async def handle_in_a_block(cache: AsyncCacheProviderInterface) -> None:
    """Mended: the block gives the lock back however it is left."""
    async with cache.get_lock("basket"):
        await cache.incr("items")


def two_requests(handle: Handle) -> Callable[[AsyncRace], Coroutine[Any, Any, None]]:
    async def scenario(r: AsyncRace) -> None:
        r.spawn(handle, r.cache, name="A")
        r.spawn(handle, r.cache, name="B")
        await r.join()
        assert not await r.cache.get_lock("basket").locked()

    return scenario


def test_a_cancelled_request_keeps_its_lock() -> None:
    """The next one waits for it, for ever while time stands still."""
    result = explore(two_requests(handle), preemptions=None, cancellations=True, max_schedules=30)
    assert found(result) == Found(INTERRUPTIONS, "Deadlock", ("A lock.acquire basket", "A incr items"))


def test_a_block_gives_the_lock_back_when_it_is_cancelled(cache_race: CacheRace) -> None:
    """At every operation, before and after its effect, and where it waits."""
    assert cache_race(two_requests(handle_in_a_block), preemptions=None, cancellations=True).exhausted
