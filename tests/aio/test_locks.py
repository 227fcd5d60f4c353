"""Locks of coroutines on the double: waiting, waking, cancelling, on whatever loop and clock."""

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from freezegun import freeze_time

from cache_provider import (
    AsyncInMemoryCacheAdapter,
    InMemoryCacheAdapter,
    LockAcquisitionError,
    LockNotOwnedError,
    ManualClock,
    MemoryServer,
)
from cache_provider.aio.timers import REAL_TIME, Timer
from cache_provider.memory.server import keyspace_of
from tests.aio.stepping import cancel_after, cancel_everywhere, turns
from tests.threads import PATIENCE, Task, until


def caches(
    server: MemoryServer | None = None,
) -> tuple[AsyncInMemoryCacheAdapter, InMemoryCacheAdapter, MemoryServer]:
    """Return an adapter of each kind on one server, and the server."""
    server = server or MemoryServer()
    return AsyncInMemoryCacheAdapter(server=server), InMemoryCacheAdapter(server=server), server


def waiters(server: MemoryServer) -> int:
    """Return how many wait for a lock of the server."""
    return sum(map(len, keyspace_of(server).queues.values()))


async def someone_waits(server: MemoryServer) -> None:
    """Return once somebody waits."""
    while not waiters(server):  # noqa: ASYNC110 - nothing announces a waiter
        await asyncio.sleep(0)


# Waking


def test_a_release_in_a_task_wakes_a_task() -> None:
    """Nobody polls."""

    async def scenario() -> bool:
        cache, _, server = caches()
        holder = cache.get_lock("L")
        await holder.acquire()
        waiting = asyncio.ensure_future(cache.get_lock("L").acquire())
        await someone_waits(server)
        await holder.release()
        return await asyncio.wait_for(waiting, PATIENCE)

    assert asyncio.run(scenario())


def test_a_release_in_a_thread_wakes_a_task() -> None:
    """The loop is woken from outside."""

    async def scenario() -> bool:
        cache, threaded, server = caches()
        holder = threaded.get_lock("L", thread_local=False)
        holder.acquire()
        waiting = asyncio.ensure_future(cache.get_lock("L").acquire())
        await someone_waits(server)
        await asyncio.to_thread(holder.release)
        return await asyncio.wait_for(waiting, PATIENCE)

    assert asyncio.run(scenario())


def test_a_release_in_a_task_wakes_a_thread() -> None:
    """The other way round."""

    async def scenario() -> bool:
        cache, threaded, server = caches()
        holder = cache.get_lock("L")
        await holder.acquire()
        waiting = Task(threaded.get_lock("L").acquire)
        await someone_waits(server)
        await holder.release()
        return await asyncio.to_thread(waiting.result)

    assert asyncio.run(scenario())


def test_loops_in_several_threads_exclude_each_other() -> None:
    """No two of their tasks are inside at once, and all get in."""
    server = MemoryServer()
    inside: list[int] = []
    most: list[int] = []

    async def enter(cache: AsyncInMemoryCacheAdapter) -> None:
        for _ in range(20):
            async with cache.get_lock("L"):
                inside.append(1)
                most.append(len(inside))
                await asyncio.sleep(0)
                inside.pop()

    async def tasks() -> None:
        cache = AsyncInMemoryCacheAdapter(server=server)
        await asyncio.gather(*(enter(cache) for _ in range(3)))

    with ThreadPoolExecutor(4) as threads:
        for outcome in [threads.submit(lambda: asyncio.run(tasks())) for _ in range(4)]:
            outcome.result(PATIENCE)
    assert (len(most), max(most)) == (4 * 3 * 20, 1)


def test_a_waiter_whose_loop_is_gone_is_passed_over() -> None:
    """The turn goes to somebody who can take it, and that at once: no time ends this wait."""
    cache, threaded, server = caches(MemoryServer(clock=ManualClock()))
    holder = threaded.get_lock("L")
    holder.acquire()
    loop = asyncio.new_event_loop()
    abandoned = loop.create_task(cache.get_lock("L").acquire())
    loop.run_until_complete(someone_waits(server))
    loop.close()
    waiting = Task(threaded.get_lock("L").acquire)
    until(lambda: waiters(server) == 2)
    holder.release()
    assert waiting.result()
    # asyncio tells of a task that was dropped; here that was the point.
    abandoned._log_destroy_pending = False  # type: ignore[attr-defined] # no public way to say so
    del abandoned
    gc.collect()


# Times


def test_a_wait_ends_when_its_time_is_over() -> None:
    """In real time, where nothing moves the clock."""

    async def scenario() -> bool:
        cache, threaded, _ = caches()
        threaded.get_lock("L").acquire()
        return await cache.get_lock("L").acquire(timeout=0.01)

    assert asyncio.run(scenario()) is False


def test_a_lease_that_ends_on_a_manual_clock_wakes_the_waiter() -> None:
    """Without any real time passing."""

    async def scenario() -> bool:
        clock = ManualClock()
        cache, threaded, server = caches(MemoryServer(clock=clock))
        threaded.get_lock("L", timeout=30).acquire()
        waiting = asyncio.ensure_future(cache.get_lock("L").acquire())
        await someone_waits(server)
        clock.advance(30)
        return await asyncio.wait_for(waiting, PATIENCE)

    assert asyncio.run(scenario())


def test_a_clock_that_jumps_by_itself_completes_a_wait_at_once() -> None:
    """`autojump` works for tasks as for threads."""

    async def scenario() -> bool:
        cache, threaded, _ = caches(MemoryServer(clock=ManualClock(autojump=True)))
        threaded.get_lock("L", timeout=timedelta(days=1)).acquire()
        return await cache.get_lock("L").acquire()

    assert asyncio.run(scenario())


def test_a_wait_ends_though_time_is_frozen() -> None:
    """The loop's own clock stands still; the wait's real time does not."""

    async def scenario() -> bool:
        cache, threaded, _ = caches()
        threaded.get_lock("L", timeout=timedelta(days=1)).acquire()
        return await cache.get_lock("L").acquire(timeout=0.01)

    with freeze_time("2030-01-01"):
        assert asyncio.run(scenario()) is False


def test_a_lease_that_ends_in_frozen_time_wakes_the_waiter() -> None:
    """freezegun tells nobody that it moved; the waiter finds out."""

    async def scenario() -> bool:
        cache, threaded, server = caches()
        threaded.get_lock("L", timeout=30).acquire()
        waiting = asyncio.ensure_future(cache.get_lock("L").acquire())
        await someone_waits(server)
        frozen.tick(timedelta(seconds=30))
        return await waiting

    with freeze_time("2030-01-01") as frozen:
        assert asyncio.run(scenario())


def test_a_release_wakes_a_waiter_in_frozen_time() -> None:
    """Waking needs no clock."""

    async def scenario() -> bool:
        cache, threaded, server = caches()
        holder = threaded.get_lock("L", thread_local=False)
        holder.acquire()
        waiting = asyncio.ensure_future(cache.get_lock("L").acquire())
        await someone_waits(server)
        await asyncio.to_thread(holder.release)
        return await waiting

    with freeze_time("2030-01-01"):
        assert asyncio.run(scenario())


# Cancelling


async def held(server: MemoryServer) -> tuple[bool, int]:
    """Return whether the lock is held, and how many wait for it."""
    return InMemoryCacheAdapter(server=server).get_lock("L").locked(), waiters(server)


def test_a_cancelled_acquisition_of_a_free_lock_leaves_nothing() -> None:
    """Wherever it is struck, there is no claim and no waiter."""
    left: list[tuple[bool, int]] = []

    async def scenario(number: int) -> bool:
        cache, _, server = caches()
        struck = await cancel_after(number, cache.get_lock("L").acquire())
        if struck:
            left.append(await held(server))
        return struck

    assert asyncio.run(cancel_everywhere(scenario)) == len(left) > 0
    assert set(left) == {(False, 0)}


def test_a_cancelled_wait_leaves_no_waiter() -> None:
    """Wherever it is struck, the holder's release finds nobody waiting."""

    async def scenario(number: int) -> tuple[bool, int]:
        cache, threaded, server = caches()
        holder = threaded.get_lock("L")
        holder.acquire()
        await cancel_after(number, cache.get_lock("L").acquire())
        holder.release()
        return await held(server)

    assert {asyncio.run(scenario(number)) for number in range(10)} == {(False, 0)}


def test_a_cancelled_waiter_hands_its_turn_on() -> None:
    """Woken and cancelled at once, it does not take the turn with it."""

    async def scenario() -> bool:
        cache, threaded, server = caches()
        holder = threaded.get_lock("L")
        holder.acquire()
        first = asyncio.ensure_future(cache.get_lock("L").acquire())
        await someone_waits(server)
        second = asyncio.ensure_future(cache.get_lock("L").acquire())
        await turns(3)
        holder.release()
        first.cancel()
        return await asyncio.wait_for(second, PATIENCE)

    assert asyncio.run(scenario())


def test_a_cancelled_block_gives_its_lock_back() -> None:
    """Wherever it is struck, from entering to leaving."""
    left: list[tuple[bool, int]] = []

    async def block(cache: AsyncInMemoryCacheAdapter) -> None:
        async with cache.get_lock("L"):
            await turns(3)

    async def scenario(number: int) -> bool:
        cache, _, server = caches()
        struck = await cancel_after(number, block(cache))
        left.append(await held(server))
        return struck

    assert asyncio.run(cancel_everywhere(scenario)) > 3
    assert set(left) == {(False, 0)}


def test_a_cancelled_release_of_a_lost_lock_stays_a_cancellation() -> None:
    """What else was wrong is noted on it."""

    async def scenario() -> list[str]:
        cache, threaded, _ = caches()
        lock = cache.get_lock("L")
        await lock.acquire()
        threaded.delete("L")
        releasing = asyncio.ensure_future(lock.release())
        await asyncio.sleep(0)
        releasing.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await releasing
        return list(caught.value.__notes__)

    assert "was lost before its release" in asyncio.run(scenario())[0]


def test_a_timeout_of_asyncio_ends_a_wait() -> None:
    """`asyncio.timeout` works, and leaves no waiter."""

    async def scenario() -> tuple[bool, int]:
        cache, threaded, server = caches()
        holder = threaded.get_lock("L")
        holder.acquire()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await cache.get_lock("L").acquire()
        holder.release()
        return await held(server)

    assert asyncio.run(scenario()) == (False, 0)


# The block


def test_a_block_that_gets_no_lock_says_who_holds_it() -> None:
    """Name, wait and holder, as in a thread."""

    async def scenario() -> None:
        cache, threaded, _ = caches()
        threaded.get_lock("L").acquire()
        async with cache.get_lock("L", blocking_timeout=0):
            pass

    with pytest.raises(LockAcquisitionError, match=r"lock 'L' not acquired after 0\.\d+ s; it is held by"):
        asyncio.run(scenario())


def test_a_block_that_lost_its_lock_says_so() -> None:
    """Its end raises."""

    async def scenario() -> None:
        cache, threaded, _ = caches()
        async with cache.get_lock("L"):
            threaded.delete("L")

    with pytest.raises(LockNotOwnedError, match="lock 'L' was lost"):
        asyncio.run(scenario())


def test_a_block_keeps_its_own_exception() -> None:
    """The lost lock is a note on it."""

    async def scenario() -> None:
        cache, threaded, _ = caches()
        async with cache.get_lock("L"):
            threaded.delete("L")
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        asyncio.run(scenario())
    assert "lock 'L' was lost" in caught.value.__notes__[0]


# What waiting costs


def test_waits_that_end_early_leave_no_timers() -> None:
    """A wait for a day that was cut short is not remembered for a day."""

    async def scenario() -> int:
        # On a clock that wakes its waiters, the timer is for the whole wait.
        cache, threaded, server = caches(MemoryServer(clock=ManualClock()))
        for _ in range(300):
            holder = threaded.get_lock("L", timeout=timedelta(days=1))
            holder.acquire()
            waiting = asyncio.ensure_future(cache.get_lock("L").acquire(timeout=timedelta(days=1)))
            await someone_waits(server)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            holder.release()
        # The thread takes them in their order: when this one rings it knows of all.
        rung = threading.Event()
        REAL_TIME.after(0, rung.set)
        assert rung.wait(PATIENCE)
        # Not `isinstance`, which asks an object for its class and so wakes what others made lazy.
        return sum(type(thing) is Timer for thing in gc.get_objects())

    assert asyncio.run(scenario()) < 200
