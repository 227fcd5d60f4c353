"""What goes on beside the tasks belongs to them, or is refused."""

import asyncio
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import anyio.to_thread
import pytest

from cache_provider import CacheProviderInterface, CacheTimeoutError
from cache_provider.testing.race import AsyncRace, Race, explore
from cache_provider.testing.race.settings import Options
from cache_provider.testing.seam import Operation


async def in_a_pool() -> int:
    """Do as every FastAPI endpoint does that is a plain function."""
    return await anyio.to_thread.run_sync(lambda: 1)


async def in_a_process() -> int:
    """Wait for another process."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    return await process.wait() + 1


async def in_a_thread() -> int:
    """Do as drivers of databases do that have a thread of their own."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[int] = loop.create_future()
    threading.Thread(target=lambda: loop.call_soon_threadsafe(done.set_result, 1)).start()
    return await done


Get = Callable[[str], Coroutine[Any, Any, object]]

OUTSIDE: list[Callable[[], Awaitable[int]]] = [in_a_pool, in_a_process, in_a_thread]


def using(outside: Callable[[], Awaitable[int]]) -> Callable[[AsyncRace], Coroutine[Any, Any, object]]:
    async def scenario(r: AsyncRace) -> None:
        async def work() -> None:
            await r.cache.incr("n", await outside())

        r.spawn(work)
        r.spawn(r.cache.get, "n")
        await r.join()
        assert await r.cache.get("n") == 1

    return scenario


@pytest.mark.parametrize("outside", OUTSIDE)
def test_what_is_done_outside_the_loop_belongs_to_the_task_that_waits_for_it(
    outside: Callable[[], Awaitable[int]],
) -> None:
    """Every schedule is run, and none ends in a deadlock."""
    # However long another process takes to start.
    result = explore(using(outside), preemptions=None, watchdog=20)
    assert (result.failure, result.exhausted) == (None, True)


async def gathered(get: Get) -> None:
    await asyncio.gather(get("x"), get("y"))


async def shielded(get: Get) -> None:
    await asyncio.shield(get("x"))


async def timed(get: Get) -> None:
    await asyncio.wait_for(get("x"), 1)


@pytest.mark.parametrize("operate", [gathered, shielded, timed])
def test_a_task_may_use_the_cache_through_tasks_of_its_own(
    operate: Callable[[Get], Awaitable[object]],
) -> None:
    """As `gather`, `shield` and `wait_for` make them."""

    async def scenario(r: AsyncRace) -> None:
        async def work() -> None:
            await operate(r.cache.get)

        r.spawn(work)

    assert explore(scenario).exhausted


def test_a_task_may_use_the_cache_through_a_task_group() -> None:
    """Whose tasks are named after it in a report."""

    async def scenario(r: AsyncRace) -> None:
        async def work() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(r.cache.get("x"))

        r.spawn(work)
        await r.join()
        raise ValueError

    assert "A.1" in str(explore(scenario).failure)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_that_uses_the_cache_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    """It has no other tasks, and would wait for ever."""

    def scenario(r: Race) -> None:
        def work() -> None:
            r.cache.get("x")
            if child := os.fork():
                status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                r.cache.set("status", status)
            else:
                r.cache.get("y")

        r.spawn(work)
        r.join()
        assert r.cache.get("status") == 1

    failure = explore(scenario).failure
    assert (failure, "a process that a task forked" in capfd.readouterr().err) == (None, True)


# A fault never begins a wait of real time


def lock_fault(operation: Operation) -> CacheTimeoutError | None:
    return CacheTimeoutError("") if operation.name.startswith("lock.") else None


def holding_another(r: Race, *, patience: float) -> None:
    """Wait for a lock, a limited time, while holding another."""

    def work(first: str, second: str) -> None:
        with suppress(CacheTimeoutError):
            if r.cache.get_lock(first, timeout=5).acquire(timeout=patience):
                r.cache.get_lock(second, timeout=5).acquire(timeout=patience)

    r.spawn(work, "left", "right")
    r.spawn(work, "right", "left")


@pytest.mark.parametrize("options", [{"faults": [lock_fault]}, {"lost_leases": True}], ids=["fault", "lost"])
def test_a_mishap_at_a_lock_that_is_held_does_not_block(options: Options) -> None:
    """On an explored clock."""
    scenario = partial(holding_another, patience=2)
    result = explore(scenario, **(Options(clock="explored", max_schedules=400) | options))
    assert (result.failure, result.blocked) == (None, ())


def test_a_fault_in_get_or_set_of_two_caches_does_not_block() -> None:
    """They wait for each other's lock."""

    def scenario(r: Race) -> None:
        def work(cache: CacheProviderInterface) -> None:
            with suppress(CacheTimeoutError):
                cache.get_or_set("k", lambda: 1, lock_timeout=2, wait_timeout=2)

        r.spawn(work, r.cache)
        r.spawn(work, r.make_cache())

    result = explore(scenario, clock="explored", faults=[lock_fault], max_schedules=300)
    assert (result.failure, result.blocked) == (None, ())


def test_a_claim_whose_reply_is_lost_can_be_made_again() -> None:
    """By the same handle, while time stands still: nobody waits for ever."""

    def scenario(r: Race) -> None:
        def work() -> None:
            lock = r.cache.get_lock("jobs")
            try:
                lock.acquire()
            except CacheTimeoutError:
                lock.acquire()

        r.spawn(work)

    def fault(operation: Operation) -> CacheTimeoutError | None:
        return CacheTimeoutError("") if operation.name == "lock.acquire" else None

    assert explore(scenario, faults=[fault], preemptions=None).exhausted
