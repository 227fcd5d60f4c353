"""`exhausted` is said only where it is true."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Unpack

import pytest

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import (
    AsyncRace,
    Diverged,
    NothingExplored,
    Race,
    StrayThread,
    explore,
)
from cache_provider.testing.race.search import Search
from cache_provider.testing.race.settings import Options
from tests.threads import PATIENCE


def outcomes(make: Callable[[set[object]], Callable[..., Any]], **options: Unpack[Options]) -> set[object]:
    """Return what the scenario of `make` puts into the set it is given, over an exhausted search."""
    seen: set[object] = set()
    result = explore(make(seen), **(Options(preemptions=None) | options))
    assert result.exhausted
    return seen


# A reduction leaves nothing out that matters


def test_a_lost_lease_touches_the_keys_of_the_locks_that_are_lost() -> None:
    """Whether the second claim comes before or after it is not the same."""

    def make(seen: set[object]) -> Callable[[Race], None]:
        def scenario(r: Race) -> None:
            def first() -> None:
                if r.cache.get_lock("lock").acquire(blocking=False):
                    r.cache.set("step", 1)
                    seen.add(r.cache.get("owner"))

            def second() -> None:
                if r.cache.get_lock("lock").acquire(blocking=False):
                    r.cache.set("owner", "B")

            r.spawn(first)
            r.spawn(second)

        return scenario

    full = outcomes(make, lost_leases=True)
    assert outcomes(make, lost_leases=True, reduce="keys") == full == {None, "B"}


@pytest.mark.parametrize("ask", ["keys", "scan"])
def test_whoever_asks_for_keys_sees_in_what_order_they_were_made(ask: str) -> None:
    """So the order of writes to different keys matters."""

    def make(seen: set[object]) -> Callable[[Race], None]:
        def scenario(r: Race) -> None:
            r.spawn(r.cache.set, "a", 1)
            r.spawn(r.cache.set, "b", 1)
            r.join()
            seen.add(str(getattr(r.cache, ask)()))

        return scenario

    assert len(outcomes(make, reduce="keys")) == 2


def test_a_task_that_moves_the_clock_commutes_with_none() -> None:
    """A key that is set before lives shorter."""

    def make(seen: set[object]) -> Callable[[Race], None]:
        def scenario(r: Race) -> None:
            def move() -> None:
                r.cache.get("x")
                r.clock.advance(7)

            r.spawn(move)
            r.spawn(r.cache.set, "k", 1, ttl=10)
            r.join()
            seen.add(r.cache.ttl("k"))

        return scenario

    assert outcomes(make, reduce="keys") == {3, 10}


# To begin is a step


def test_who_begins_first_is_a_choice_of_threads() -> None:
    """A closer that is spawned before a user may be too late."""

    def make(seen: set[object]) -> Callable[[Race], None]:
        def scenario(r: Race) -> None:
            state = {"open": True}

            def close() -> None:
                state["open"] = False
                r.cache.set("closed", 1)

            def use() -> None:
                if state["open"]:
                    r.cache.incr("used")

            r.spawn(close)
            r.spawn(use)
            r.join()
            seen.add(r.cache.get("used"))

        return scenario

    assert outcomes(make) == {None, 1}


def test_who_gets_a_lock_of_asyncio_first_is_a_choice() -> None:
    """The last to write is either."""

    def make(seen: set[object]) -> Callable[[AsyncRace], object]:
        async def scenario(r: AsyncRace) -> None:
            lock = asyncio.Lock()

            async def write(value: int) -> None:
                async with lock:
                    await r.cache.set("x", value)

            r.spawn(write, 1)
            r.spawn(write, 2)
            await r.join()
            seen.add(await r.cache.get("x"))

        return scenario

    assert outcomes(make) == {1, 2}


def test_all_orders_at_a_semaphore_of_asyncio_are_explored() -> None:
    """Six for three tasks."""

    def make(seen: set[object]) -> Callable[[AsyncRace], object]:
        async def scenario(r: AsyncRace) -> None:
            semaphore = asyncio.Semaphore(1)
            order: list[int] = []

            async def enter(number: int) -> None:
                async with semaphore:
                    await r.cache.get("x")
                    order.append(number)

            for number in range(3):
                r.spawn(enter, number)
            await r.join()
            seen.add(tuple(order))

        return scenario

    assert len(outcomes(make)) == 6


# The same schedule does the same


def test_a_schedule_that_ends_before_its_choices_are_made_has_diverged() -> None:
    """A flag that is left from the first schedule makes the others shorter."""
    has_run: list[bool] = []

    def scenario(r: Race) -> None:
        def work() -> None:
            r.cache.get("a")
            if not has_run:
                r.cache.get("b")
                r.cache.get("c")

        r.spawn(work)
        r.spawn(work)
        r.join()
        has_run.append(True)

    with pytest.raises(Diverged, match="not deterministic"):
        explore(scenario)


def test_the_first_schedule_is_run_once_more_at_the_end() -> None:
    """What has come to be another way meanwhile is noticed where there is only one schedule, too."""
    runs: list[int] = []

    def scenario(r: Race) -> None:
        def work() -> None:
            r.cache.get("a")
            r.cache.incr(f"run {len(runs)}")

        runs.append(1)
        r.spawn(work)

    with pytest.raises(Diverged, match=r"step 2 was A's incr .*run 1.*, and is A's incr .*run 2"):
        explore(scenario)


def test_a_value_that_differs_from_run_to_run_is_noticed() -> None:
    """Though the keys are the same."""
    runs: list[int] = []

    def scenario(r: Race) -> None:
        runs.append(1)
        r.spawn(r.cache.set, "a", len(runs))

    with pytest.raises(Diverged, match="not deterministic"):
        explore(scenario)


def test_a_value_that_differs_before_a_choice_is_noticed_there() -> None:
    """The key is named, and no value is."""
    runs: list[int] = []

    def scenario(r: Race) -> None:
        runs.append(1)
        r.cache.set("seed", len(runs))
        r.spawn(r.cache.get, "a")
        r.spawn(r.cache.get, "a")

    with pytest.raises(Diverged, match="key 'test:seed' holds something else"):
        explore(scenario)


def test_a_step_that_differs_is_told_by_the_name_of_its_task() -> None:
    """With what may have decided it."""
    runs: list[int] = []

    def scenario(r: Race) -> None:
        def work() -> None:
            r.cache.incr(f"run {len(runs)}")

        runs.append(1)
        r.spawn(r.cache.get, "x")
        r.spawn(work)

    told = r"step \d was B's incr .*, and is B's incr .*Something other than the schedule decides"
    with pytest.raises(Diverged, match=told):
        explore(scenario)


def test_a_thread_that_uses_the_cache_after_its_schedule_is_refused() -> None:
    """What it does there is in no schedule."""
    may_go_on = threading.Event()
    strays: list[threading.Thread] = []

    def scenario(r: Race) -> None:
        def late() -> None:
            may_go_on.wait(PATIENCE)
            with suppress(StrayThread):
                r.cache.set("late", 1)

        if not strays:
            strays.append(threading.Thread(target=late))
            strays[0].start()
        else:
            may_go_on.set()
            strays[0].join()
        r.spawn(r.cache.get, "x")
        r.spawn(r.cache.get, "x")

    with pytest.raises(StrayThread, match="after its schedule was over"):
        explore(scenario)


def test_a_thread_that_uses_the_cache_after_the_last_schedule_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The search is not over before those have come to rest whom a schedule has left at work."""
    searched = list[str]()
    search = Search.run

    def run(self: Search) -> None:
        search(self)
        searched.append("all")

    def scenario(r: Race) -> None:
        def late() -> None:
            while not searched:
                """Be at work."""
            with suppress(StrayThread):
                r.cache.set("late", 1)

        threading.Thread(target=late, daemon=True).start()
        r.spawn(r.cache.get, "x")

    monkeypatch.setattr(Search, "run", run)
    with pytest.raises(StrayThread, match="after its schedule was over"):
        explore(scenario, max_schedules=1, watchdog=PATIENCE)


def test_whoever_asked_for_the_search_may_look_at_a_cache_afterwards() -> None:
    """It is over, and the thread is the test's own."""
    caches: list[CacheProviderInterface] = []

    def scenario(r: Race) -> None:
        caches.append(r.cache)
        r.spawn(r.cache.set, "x", 1)

    explore(scenario)
    assert caches[0].get("x") == 1


def test_a_stray_thread_of_coroutines_is_refused() -> None:
    """It has a loop of its own, and no turn."""

    async def scenario(r: AsyncRace) -> None:
        def call() -> None:
            with suppress(StrayThread):
                asyncio.run(r.cache.set("x", 1))

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        r.spawn(r.cache.get, "x")

    with pytest.raises(StrayThread):
        explore(scenario)


# Who polls


def polling(*, is_answered: bool) -> Callable[[Race], None]:
    def scenario(r: Race) -> None:
        def poll() -> None:
            while not r.cache.get("go"):
                pass

        r.spawn(poll)
        r.spawn(r.cache.set, "go" if is_answered else "other", 1)

    return scenario


def test_a_livelock_is_reported_like_a_deadlock() -> None:
    """With the line that asks again and again."""
    failure = explore(polling(is_answered=False)).failure
    assert "A waits for another answer to get go at " in str(failure)


def test_a_livelock_is_found_in_the_first_schedule() -> None:
    """No schedule is run to its thousandth step before."""
    assert explore(polling(is_answered=False)).schedules == 1


def test_a_livelock_can_be_replayed() -> None:
    """Its token says who polls."""
    failure = explore(polling(is_answered=False)).failure
    assert failure is not None
    assert explore(polling(is_answered=False), replay=failure.token).failure is not None


def test_who_polls_is_not_run_while_nothing_has_changed() -> None:
    """So there are few schedules, and all of them are run."""
    result = explore(polling(is_answered=True), preemptions=None)
    assert (result.exhausted, result.schedules) == (True, 6)


def test_who_asks_the_same_a_few_times_is_not_taken_for_polling() -> None:
    """It comes to an end by itself."""

    def scenario(r: Race) -> None:
        def ask() -> None:
            for _ in range(30):
                r.cache.get("go")

        r.spawn(ask)

    assert explore(scenario).exhausted


def test_who_polls_a_limited_number_of_times_is_no_livelock() -> None:
    """Where nothing else is left to happen it goes on to its end."""

    def scenario(r: Race) -> None:
        def ask() -> None:
            for _ in range(200):
                if r.cache.get("go"):
                    return

        r.spawn(ask)
        r.spawn(r.cache.get, "x")

    assert explore(scenario, preemptions=None).exhausted


def test_two_that_wait_for_each_other_by_polling_are_a_livelock() -> None:
    """Nobody sets what the other asks for."""

    async def scenario(r: AsyncRace) -> None:
        async def wait(mine: str, other: str) -> None:
            while not await r.cache.exists(other):  # noqa: ASYNC110 - that is what is tested
                await asyncio.sleep(0.1)
            await r.cache.set(mine, 1)

        r.spawn(wait, "a", "b")
        r.spawn(wait, "b", "a")

    assert "Livelock: " in str(explore(scenario).failure)


def test_a_spin_for_a_lock_waits_until_it_is_given_back() -> None:
    """A claim that fails changes nothing."""

    def scenario(r: Race) -> None:
        def work() -> None:
            while not r.cache.setnx("lock", 1):
                pass
            r.cache.incr("n")
            r.cache.delete("lock")

        r.spawn(work)
        r.spawn(work)
        r.join()
        assert r.cache.get("n") == 2

    assert explore(scenario, preemptions=None).exhausted


def test_a_search_of_which_nothing_is_known_never_passes() -> None:
    """Every schedule is cut short, and that is no success."""

    def scenario(r: Race) -> None:
        def for_ever() -> None:
            while True:
                r.cache.incr("n")

        r.spawn(for_ever)

    with pytest.raises(NothingExplored):
        explore(scenario, max_steps=50)
