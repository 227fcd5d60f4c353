"""Coroutines are explored as threads are, and may be cancelled."""

import asyncio
import select
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from functools import partial
from math import factorial, prod
from typing import Any

import pytest

from cache_provider.testing.race import AsyncRace, Deadlock, Failure, Result, explore
from cache_provider.testing.race.caches import AsyncRaceCache


async def bump(cache: AsyncRaceCache) -> None:
    """Add one, the wrong way."""
    value = await cache.get("n", 0)
    await cache.set("n", value + 1)


async def lost_update(r: AsyncRace) -> None:
    """Two tasks read, then write."""
    r.spawn(bump, r.cache)
    r.spawn(bump, r.cache)
    await r.join()
    assert await r.cache.get("n") == 2


async def atomic_update(r: AsyncRace) -> None:
    """Two tasks let the server add."""
    r.spawn(r.cache.incr, "n")
    r.spawn(r.cache.incr, "n")
    await r.join()
    assert await r.cache.get("n") == 2


async def lock_order(r: AsyncRace) -> None:
    """Two tasks take the same two locks in opposite orders."""

    async def take(first: str, second: str) -> None:
        async with r.cache.get_lock(first), r.cache.get_lock(second):
            await r.cache.incr("done")

    r.spawn(take, "left", "right")
    r.spawn(take, "right", "left")


def failure(result: Result) -> Failure:
    assert result.failure is not None
    return result.failure


@pytest.mark.parametrize("lengths", [(1, 1), (3, 3), (1, 1, 1)], ids=str)
def test_the_number_of_schedules_is_the_multinomial(lengths: tuple[int, ...]) -> None:
    """As for threads."""

    async def work(cache: AsyncRaceCache, length: int) -> None:
        for _ in range(length):
            await cache.get("x")

    async def scenario(r: AsyncRace) -> None:
        for length in lengths:
            r.spawn(work, r.cache, length)

    steps = [length + 1 for length in lengths]
    expected = factorial(sum(steps)) // prod(map(factorial, steps))
    assert explore(scenario, preemptions=None).schedules == expected


def test_a_lost_update_is_found() -> None:
    """With one interruption."""
    assert failure(explore(lost_update)).preemptions == 1


def test_a_lost_update_can_be_replayed() -> None:
    """By the token alone."""
    token = failure(explore(lost_update)).token
    assert explore(lost_update, replay=token).failure is not None


def test_an_atomic_update_passes_exhaustively() -> None:
    """Every order there is comes out right."""
    assert explore(atomic_update, preemptions=None).exhausted


def test_locks_taken_in_opposite_orders_are_a_deadlock() -> None:
    """Each task holds what the other waits for."""
    assert isinstance(failure(explore(lock_order)).__cause__, Deadlock)


def test_a_lock_of_asyncio_is_explored_like_any_other_code() -> None:
    """The loop tells when a task waits for it, so nothing is left out."""

    async def scenario(r: AsyncRace) -> None:
        lock = asyncio.Lock()

        async def work() -> None:
            async with lock:
                await bump(r.cache)

        r.spawn(work)
        r.spawn(work)
        await r.join()
        assert await r.cache.get("n") == 2

    assert explore(scenario, preemptions=None).exhausted


async def through_a_condition(r: AsyncRace) -> None:
    changed = asyncio.Condition()
    kept: list[int] = []

    async def put() -> None:
        async with changed:
            kept.append(await r.cache.incr("n"))
            changed.notify()

    async def get() -> None:
        async with changed:
            await changed.wait_for(lambda: kept)
            assert await r.cache.get("n") == 1

    r.spawn(put)
    r.spawn(get)


async def through_a_queue(r: AsyncRace) -> None:
    jobs: asyncio.Queue[int] = asyncio.Queue(1)

    async def put() -> None:
        for _ in range(3):
            await jobs.put(await r.cache.incr("n"))
        await jobs.join()

    async def get() -> None:
        for expected in (1, 2, 3):
            assert await jobs.get() == expected
            await r.cache.get("x")
            jobs.task_done()

    r.spawn(put)
    r.spawn(get)


async def through_a_barrier(r: AsyncRace) -> None:
    gate = asyncio.Barrier(2)

    async def work() -> None:
        await r.cache.incr("n")
        await gate.wait()
        assert await r.cache.get("n") == 2

    r.spawn(work)
    r.spawn(work)


@pytest.mark.parametrize("scenario", [through_a_condition, through_a_queue, through_a_barrier])
def test_what_coroutines_wait_for_each_other_by_is_explored_to_the_end(
    scenario: Callable[[AsyncRace], Coroutine[Any, Any, None]],
) -> None:
    """The loop tells who waits, and for how long."""
    result = explore(scenario, preemptions=None, max_schedules=20_000)
    assert (result.failure, result.exhausted) == (None, True)


def test_who_is_woken_goes_on_in_the_step_that_wakes() -> None:
    """Nobody else's step comes between, as the page says of what asyncio wakes."""
    seen = set[str]()

    async def scenario(r: AsyncRace) -> None:
        event, said = asyncio.Event(), list[str]()

        async def wake() -> None:
            await r.cache.incr("n")
            said.append("wakes")
            event.set()

        async def wait() -> None:
            said.append("comes late" if event.is_set() else "waits")
            await event.wait()
            said.append("woken")
            await r.cache.get("n")

        async def pass_by() -> None:
            await r.cache.incr("n")
            said.append("passes by")

        for task in (wake, wait, pass_by):
            r.spawn(task)
        await r.join()
        seen.add(", ".join(said))

    assert explore(scenario, preemptions=None).exhausted
    assert all("wakes, woken" in said for said in seen if "waits" in said)


def test_a_wait_that_nothing_ends_is_a_deadlock_that_names_its_line() -> None:
    """An event that nobody sets."""

    async def scenario(r: AsyncRace) -> None:
        async def work() -> None:
            await r.cache.get("x")
            await asyncio.Event().wait()

        r.spawn(work)

    assert "await asyncio.Event().wait()" in str(failure(explore(scenario)))


def opposite_orders(
    kind: Callable[[], AbstractAsyncContextManager[object]],
) -> Callable[[AsyncRace], Coroutine[Any, Any, None]]:
    """Return a scenario of two tasks that take two locks in opposite orders."""

    async def scenario(r: AsyncRace) -> None:
        left, right = kind(), kind()

        async def take(
            first: AbstractAsyncContextManager[object], second: AbstractAsyncContextManager[object]
        ) -> None:
            async with first:
                await r.cache.incr("taken")
                async with second:
                    pass

        r.spawn(take, left, right)
        r.spawn(take, right, left)

    return scenario


@pytest.mark.parametrize("kind", [asyncio.Lock, asyncio.Condition, partial(asyncio.Semaphore, 1)])
def test_a_deadlock_of_asyncios_locks_names_holders(
    kind: Callable[[], AbstractAsyncContextManager[object]],
) -> None:
    """Each waits for what the other has."""
    report = str(failure(explore(opposite_orders(kind))))
    name = getattr(kind, "func", kind).__name__
    assert f"A waits for {name}, held by B at " in report
    assert f"B waits for {name}, held by A at " in report


def test_what_was_given_back_has_no_holder() -> None:
    """Who waits for an event that nobody sets had a lock before."""

    async def scenario(r: AsyncRace) -> None:
        lock, event = asyncio.Lock(), asyncio.Event()

        async def work() -> None:
            async with lock:
                await r.cache.get("x")
            await event.wait()

        r.spawn(work)

    assert "A waits for Event at " in str(failure(explore(scenario)))


def test_tasks_that_the_code_makes_itself_take_part() -> None:
    """As `gather` does."""

    async def scenario(r: AsyncRace) -> None:
        await asyncio.gather(bump(r.cache), bump(r.cache))
        assert await r.cache.get("n") == 2

    assert isinstance(failure(explore(scenario)).__cause__, AssertionError)


def test_a_sleep_takes_no_real_time() -> None:
    """The loop's time is the schedule's."""

    async def scenario(r: AsyncRace) -> None:
        async def work() -> None:
            await asyncio.sleep(3600)
            await r.cache.get("x")

        r.spawn(work)
        await r.join()
        assert r.clock.now().hour == 1

    assert explore(scenario).exhausted


def test_a_time_out_of_asyncio_ends_a_wait() -> None:
    """Once nobody else can go on."""

    async def scenario(r: AsyncRace) -> None:
        async def work() -> None:
            await r.cache.get("x")
            async with asyncio.timeout(5):
                await asyncio.Event().wait()

        r.spawn(work)

    assert isinstance(failure(explore(scenario)).__cause__, TimeoutError)


def test_a_call_that_blocks_the_loop_is_noticed() -> None:
    """By the watchdog, with its line."""

    async def scenario(r: AsyncRace) -> None:
        async def work() -> None:
            await r.cache.get("x")
            select.select([], [], [], 0.9)

        r.spawn(work)

    assert "select.select" in explore(scenario, watchdog=0.25).blocked[0]


def test_an_executor_runs_in_the_tasks_own_step() -> None:
    """Nothing runs beside the task whose turn it is."""

    async def scenario(r: AsyncRace) -> None:
        async def work() -> None:
            await r.cache.set("n", await asyncio.to_thread(lambda: 1))

        r.spawn(work)
        await r.join()
        assert await r.cache.get("n") == 1

    assert explore(scenario).exhausted


# Cancellation


async def critical_section(r: AsyncRace) -> None:
    """Two tasks do something under a lock, which is to be free afterwards."""

    async def work() -> None:
        async with r.cache.get_lock("jobs"):
            await r.cache.incr("n")

    r.spawn(work)
    r.spawn(work)
    await r.join()
    assert not await r.cache.get_lock("jobs").locked()


def test_a_cancellation_leaves_no_lock_behind() -> None:
    """Wherever it strikes: every schedule there is."""
    assert explore(critical_section, preemptions=None, cancellations=True).exhausted


def test_a_cancellation_is_one_more_choice() -> None:
    """There are more schedules with it than without."""
    assert (
        explore(critical_section, preemptions=None, cancellations=True).schedules
        > explore(critical_section, preemptions=None).schedules
    )


async def two_steps(r: AsyncRace) -> None:
    """One task sets two keys, which are to be there together."""

    async def work() -> None:
        await r.cache.set("left", 1)
        await r.cache.set("right", 1)

    r.spawn(work)
    await r.join()
    assert await r.cache.exists("left") == await r.cache.exists("right")


def test_a_cancellation_between_two_operations_is_found() -> None:
    """Half of the work is done."""
    assert "is cancelled here" in str(failure(explore(two_steps, cancellations=True)))


def test_without_cancellations_none_strikes() -> None:
    """They are off by default."""
    assert explore(two_steps).exhausted


def test_get_or_set_recovers_from_a_cancelled_leader() -> None:
    """Whoever waits computes, and nothing is left held."""

    async def scenario(r: AsyncRace) -> None:
        async def compute() -> int:
            await r.cache.get("source")
            return 5

        tasks = [r.spawn(r.cache.get_or_set, "k", compute) for _ in range(2)]
        await r.join()
        assert 5 in [task.result for task in tasks]
        assert not await r.cache.get_lock("singleflight:lock:k").locked()

    assert explore(scenario, preemptions=None, cancellations=True, max_schedules=2000).exhausted


def test_a_release_that_another_task_cancels_is_carried_out() -> None:
    """As every provider promises; whenever the other task does it."""

    async def scenario(r: AsyncRace) -> None:
        async def work() -> None:
            async with r.cache.get_lock("jobs"):
                await r.cache.get("x")

        task = asyncio.create_task(work())
        await r.cache.get("x")
        task.cancel()
        await asyncio.wait([task])
        assert not await r.cache.get_lock("jobs").locked()
        r.spawn(r.cache.get, "x")

    assert explore(scenario, preemptions=None).exhausted
