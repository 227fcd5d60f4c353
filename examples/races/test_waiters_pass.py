"""aiocache's waiters: when the holder of a lock leaves, everybody who waited goes in, and nobody has it.

A small model of `aiocache.lock.RedLock`: who finds the lock taken waits in its process for an event, no
longer than the lease, and then goes on as if the lock were its own.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Final, TypeAlias

from cache_provider import AsyncCacheProviderInterface
from cache_provider.testing.race import AsyncRace, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, found

INTERRUPTIONS: Final = 1
LEASE: Final = 5

Events: TypeAlias = dict[str, asyncio.Event]
Lock: TypeAlias = Callable[[AsyncCacheProviderInterface, Events, str], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def event_lock(
    cache: AsyncCacheProviderInterface, events: Events, token: str
) -> AsyncGenerator[None, None]:
    """Broken: to have waited is not to have the lock."""
    if await cache.setnx("report-lock", token, ttl=LEASE):
        events["report-lock"] = asyncio.Event()
    elif "report-lock" in events:
        with suppress(TimeoutError):
            await asyncio.wait_for(events["report-lock"].wait(), LEASE)
    yield
    if await cache.compare_and_delete("report-lock", token):
        events.pop("report-lock").set()


@asynccontextmanager
async def claimed_lock(
    cache: AsyncCacheProviderInterface, events: Events, token: str
) -> AsyncGenerator[None, None]:
    """Mended: who waited claims the lock like anybody else."""
    del events, token
    async with cache.get_lock("report-lock", timeout=LEASE):
        yield


def three_workers(lock: Lock) -> Callable[[AsyncRace], Coroutine[Any, Any, None]]:
    async def scenario(r: AsyncRace) -> None:
        inside: list[str] = []
        events: Events = {}

        async def work(name: str) -> None:
            async with lock(r.cache, events, name):
                inside.append(name)
                assert inside == [name], "not alone"
                await r.cache.incr("reports")
                inside.remove(name)

        for name in ("A", "B", "C"):
            r.spawn(work, name, name=name)

    return scenario


def test_everybody_who_waited_goes_in() -> None:
    """Two waited for one release."""
    result = explore(three_workers(event_lock), preemptions=None, max_schedules=20)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        (
            "A setnx report-lock",
            "B setnx report-lock",
            "A incr reports",
            "A compare_and_delete report-lock",
            "C setnx report-lock",
        ),
    )


def test_a_lock_that_waiters_claim_lets_one_in(cache_race: CacheRace) -> None:
    """The next, and the others go on waiting."""
    assert cache_race(three_workers(claimed_lock), preemptions=None).exhausted
