"""Waits are explored where the explorer sees them, and noticed where it does not."""

import _thread
import os
import queue
import threading
from contextlib import suppress
from functools import cache

import pytest

from cache_provider.testing.race import (
    Deadlock,
    Diverged,
    NothingExplored,
    Race,
    Result,
    StrayThread,
    explore,
)
from cache_provider.testing.race.caches import RaceCache
from tests.race.scenarios import Scenario, lock_order
from tests.threads import until

QUICK = 0.25
"""Real seconds after which the watchdog may call a task blocked, where one is."""


def locked_outside(r: Race) -> None:
    """Two tasks hold across operations a lock that nobody can see being made."""
    locks = [_thread.allocate_lock()]

    def work() -> None:
        with locks[0]:
            r.cache.get("x")
            r.cache.get("x")

    r.spawn(work)
    r.spawn(work)
    r.join()


def waiting_for_a_pipe(r: Race) -> None:
    """A task waits for what the other is to write."""
    reader, writer = os.pipe()

    def wait() -> None:
        r.cache.get("x")
        os.read(reader, 1)

    def fire() -> None:
        r.cache.get("x")
        os.write(writer, b"x")

    r.spawn(wait)
    r.spawn(fire)
    r.join()


def waiting_for_a_queue(r: Race) -> None:
    """The scenario itself waits for what a task is to put into a queue that is written in C."""
    results: queue.SimpleQueue[int] = queue.SimpleQueue()

    def work() -> None:
        r.cache.get("x")
        results.put(1)

    r.spawn(work)
    r.spawn(r.cache.get, "x")
    # Not without end: the explorer cannot end this thread, and the test is to leave none.
    results.get(timeout=1)


OUTSIDE = [locked_outside, waiting_for_a_pipe, waiting_for_a_queue]


@cache
def watched(scenario: Scenario) -> Result:
    return explore(scenario, watchdog=QUICK, preemptions=1)


@pytest.mark.parametrize("scenario", OUTSIDE)
def test_a_wait_outside_the_cache_is_noticed(scenario: Scenario) -> None:
    """The search ends, and says so."""
    assert watched(scenario).blocked


@pytest.mark.parametrize("scenario", OUTSIDE)
def test_a_search_with_waits_outside_the_cache_is_not_exhausted(scenario: Scenario) -> None:
    """What was given up proves nothing."""
    assert not watched(scenario).exhausted


@pytest.mark.parametrize(
    ("scenario", "line"),
    [
        (locked_outside, "with locks[0]:"),
        (waiting_for_a_pipe, "os.read(reader, 1)"),
        (waiting_for_a_queue, "results.get"),
    ],
)
def test_a_wait_outside_the_cache_is_named_with_its_line(scenario: Scenario, line: str) -> None:
    """The line of the test, not of the standard library."""
    assert any(line in blocked for blocked in watched(scenario).blocked)


def test_no_thread_is_left_behind_after_a_failure() -> None:
    """Tasks that were stopped before an operation unwind."""
    unwound: list[str] = []

    def scenario(r: Race) -> None:
        def work() -> None:
            try:
                r.cache.get("x")
                r.cache.get("x")
            finally:
                unwound.append("work")

        r.spawn(work)
        r.spawn(work)
        r.cache.get("y")
        raise ValueError

    before = set(threading.enumerate())
    explore(scenario, strategy="dfs")
    until(lambda: set(threading.enumerate()) <= before)
    assert len(unwound) % 2 == 0


def test_a_task_that_swallows_the_abort_does_not_hang_the_search() -> None:
    """It is left behind after a while."""
    is_over: list[bool] = []

    def scenario(r: Race) -> None:
        def stubborn() -> None:
            while not is_over:
                with suppress(BaseException):
                    r.cache.get("x")

        r.spawn(stubborn)
        r.spawn(r.cache.get, "x")
        r.join()

    result = explore(scenario, max_schedules=2, max_steps=20)
    is_over.append(True)
    assert result.failure is not None


def count_up_to(end: int) -> Scenario:
    """Return a scenario of a task that goes on until a counter has come to `end`, and of one that helps."""

    def scenario(r: Race) -> None:
        def work() -> None:
            while r.cache.incr("n") < end:
                pass

        r.spawn(work)
        r.spawn(r.cache.incr, "n", 50)
        r.join()

    return scenario


def test_a_schedule_that_was_cut_short_exhausts_nothing() -> None:
    """It has more steps than a schedule may have."""
    result = explore(count_up_to(60), preemptions=0, strategy="dfs", max_steps=40)
    assert (result.exhausted, bool(result.notes)) == (False, True)


def test_a_search_in_which_no_schedule_comes_to_its_end_does_not_pass() -> None:
    """After a few it is given up."""
    with pytest.raises(NothingExplored, match="no schedule came to its end"):
        explore(count_up_to(1000), max_steps=100)


def test_a_task_that_polls_gives_the_others_a_turn() -> None:
    """Even under bound 0, where nothing interrupts it."""

    def scenario(r: Race) -> None:
        def poll() -> None:
            while not r.cache.get("ready"):
                pass

        r.spawn(poll)
        r.spawn(r.cache.set, "ready", 1)
        r.join()

    assert not explore(scenario, preemptions=0, strategy="dfs").notes


def test_a_stray_thread_is_an_error_that_says_how_to_adopt_it() -> None:
    """Its operations would come at any time."""

    def scenario(r: Race) -> None:
        strays: list[BaseException] = []

        def call() -> None:
            try:
                r.cache.get("x")
            except StrayThread as error:
                strays.append(error)

        r.spawn(r.cache.get, "x")
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    with pytest.raises(StrayThread, match=r"start it with r\.spawn"):
        explore(scenario)


def test_a_scenario_without_tasks_explores_nothing() -> None:
    """It would pass whatever it does."""
    with pytest.raises(NothingExplored, match=r"spawned no task"):
        explore(lambda r: r.cache.get("x"))


def test_a_task_that_never_uses_the_cache_is_not_explored() -> None:
    """It may use another cache than that of the schedule."""

    def scenario(r: Race) -> None:
        r.spawn(lambda: None, name="idle")
        r.spawn(r.cache.get, "x")

    with pytest.raises(NothingExplored, match="idle"):
        explore(scenario)


def test_a_scenario_that_differs_from_run_to_run_is_refused() -> None:
    """A search that follows its own tracks would lose its way."""
    runs: list[int] = []

    def scenario(r: Race) -> None:
        runs.append(1)
        key = f"key {len(runs)}"
        for _ in range(2):
            r.spawn(lambda: (r.cache.get(key), r.cache.get(key)))

    with pytest.raises(Diverged, match="not deterministic"):
        explore(scenario)


def test_a_coroutine_function_is_refused_in_a_plain_scenario() -> None:
    """It would never run."""

    async def work() -> None:
        """Do nothing."""

    def scenario(r: Race) -> None:
        r.spawn(work)

    failure = explore(scenario).failure
    assert failure is not None
    assert isinstance(failure.__cause__, TypeError)


# Locks and time


def test_on_a_frozen_clock_leases_do_not_end() -> None:
    """So locks in opposite orders block for ever."""
    failure = explore(lock_order).failure
    assert failure is not None
    assert isinstance(failure.__cause__, Deadlock)


def test_on_an_explored_clock_no_lock_blocks_for_ever() -> None:
    """Whoever waits gets it when the lease ends."""

    def scenario(r: Race) -> None:
        r.cache.get_lock("jobs", timeout=5).acquire()
        task = r.spawn(r.cache.get_lock("jobs").acquire)
        r.join()
        assert task.result

    assert explore(scenario, clock="explored", preemptions=None).exhausted


def test_a_wait_for_a_lock_ends_with_the_callers_patience() -> None:
    """Before the lease does, which lasts longer."""

    def scenario(r: Race) -> None:
        r.cache.get_lock("jobs", timeout=5).acquire()
        task = r.spawn(r.cache.get_lock("jobs").acquire, timeout=2)
        r.join()
        assert not task.result

    assert explore(scenario, clock="explored", preemptions=0, strategy="dfs").failure is None


def test_the_patience_of_a_handle_counts_as_well() -> None:
    """`blocking_timeout` of `get_lock`, where `acquire` says nothing."""

    def scenario(r: Race) -> None:
        r.cache.get_lock("jobs", timeout=5).acquire()
        task = r.spawn(r.cache.get_lock("jobs", blocking_timeout=2).acquire)
        r.join()
        assert not task.result

    assert explore(scenario, clock="explored", preemptions=0, strategy="dfs").failure is None


def sold_twice(r: Race) -> None:
    """A lease ends inside a critical section that does not notice."""
    r.cache.set("stock", 1)
    sold: list[int] = []

    def sell() -> None:
        lock = r.cache.get_lock("lock", timeout=5)
        lock.acquire()
        if r.cache.get("stock"):
            r.cache.set("stock", 0)
            sold.append(1)

    r.spawn(sell)
    r.spawn(sell)
    r.join()
    assert len(sold) == 1


def test_a_lease_that_ends_inside_a_critical_section_is_found() -> None:
    """With one interruption by another task, and one by time."""
    failure = explore(sold_twice, clock="explored").failure
    assert failure is not None
    assert failure.preemptions <= 2


def test_a_ttl_that_ends_between_two_reads_is_found() -> None:
    """A key that was there may be gone at the next step."""

    def scenario(r: Race) -> None:
        r.cache.set("session", "Ada", ttl=30)

        def greet() -> None:
            if r.cache.exists("session"):
                assert r.cache.get("session") is not None

        r.spawn(greet)
        r.join()

    failures = [explore(scenario, clock=clock).failure is not None for clock in ("frozen", "explored")]
    assert failures == [False, True]


def test_a_task_that_is_unwound_does_not_make_its_operation() -> None:
    """What it was about to do when the schedule failed is not done."""
    caches: list[RaceCache] = []

    def scenario(r: Race) -> None:
        def fail() -> None:
            r.cache.get("y")
            raise ValueError

        caches.append(r.cache)
        r.spawn(fail)
        r.spawn(r.cache.set, "x", 1)

    explore(scenario)
    assert caches[0].get("x") is None


def test_no_real_time_counts_in_a_schedule() -> None:
    """How fast the machine is decides nothing."""
    seconds: set[float] = set()

    def scenario(r: Race) -> None:
        seconds.add(r.clock.real_seconds())
        r.spawn(r.cache.get, "x")
        r.join()
        seconds.add(r.clock.real_seconds())

    explore(scenario)
    assert len(seconds) == 1
