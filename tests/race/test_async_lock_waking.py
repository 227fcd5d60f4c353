"""Tasks that wait for a lock of our own adapter at the Redis door, in every order: no wake-up is lost.

As for threads, nobody looks by itself: who is not woken waits for a month of the schedule's time.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest

from cache_provider import AsyncDistributedLock, AsyncRedisCacheAdapter
from cache_provider.aio.redis import blocked, driver, lock
from cache_provider.clock import Clock
from cache_provider.testing.race import AsyncRace, explore
from cache_provider.waiting import Gate, Patience
from tests.race.waking import A_MONTH, NEVER, SCRIPTS, let_nobody_look

Work = Callable[[AsyncDistributedLock], Coroutine[Any, Any, None]]


class LoopGate(Gate):
    """A gate in the time of the schedule's loop."""

    def __init__(self) -> None:
        self._is_open = asyncio.Event()

    def wake(self) -> bool:
        self._is_open.set()
        return True

    async def wait(
        self, patience: Patience, alarm: tuple[Clock, int] | None = None, *, at_most: float = NEVER
    ) -> None:
        del alarm
        with suppress(TimeoutError):
            async with asyncio.timeout(min(at_most, patience.left())):
                await self._is_open.wait()
        self._is_open.clear()


@pytest.fixture(autouse=True)
def _time_of_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    let_nobody_look(monkeypatch)
    for module in (lock, blocked, driver):
        monkeypatch.setattr(module, "AsyncWaiter", LoopGate)


def handle(r: AsyncRace) -> AsyncDistributedLock:
    client = r.async_redis(socket_timeout=None)
    return AsyncRedisCacheAdapter(client=client).get_lock("l", timeout=A_MONTH)


async def prepared(r: AsyncRace) -> Any:
    """Return a client of a server that knows the scripts."""
    client: Any = r.async_redis()
    for script in SCRIPTS:
        await client.script_load(script.text)
    return client


async def wait(lock: AsyncDistributedLock) -> None:
    """Have the lock; of two that had it at once, the first would find its claim lost."""
    await lock.acquire()
    await lock.release()


async def wait_twice(lock: AsyncDistributedLock) -> None:
    await wait(lock)
    await wait(lock)


def contention(*works: Work) -> Callable[[AsyncRace], Coroutine[Any, Any, None]]:
    async def scenario(r: AsyncRace) -> None:
        client, began = await prepared(r), r.clock.now()
        for work in works:
            r.spawn(work, handle(r))
        await r.join()
        assert r.clock.now() == began
        assert await client.dbsize() == 0

    return scenario


@pytest.mark.parametrize("works", [(wait, wait), (wait_twice, wait), (wait, wait, wait)])
def test_no_wake_up_is_lost(works: tuple[Work, ...]) -> None:
    pytest.importorskip("lupa")
    assert explore(contention(*works), preemptions=None, reduce="states").exhausted


def test_two_tasks_lose_none_without_a_reduction_either() -> None:
    pytest.importorskip("lupa")
    assert explore(contention(wait, wait), preemptions=None).exhausted
