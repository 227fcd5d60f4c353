"""Known races are found with the fewest interruptions there are, and their mended versions pass."""

from functools import partial
from typing import Unpack

import pytest

from cache_provider.testing.race import Deadlock, Failure, Race, explore
from cache_provider.testing.race.settings import Options
from tests.race.scenarios import Scenario, atomic_update, bump, lock_order, lost_update


def failure_of(scenario: Scenario, **options: Unpack[Options]) -> Failure:
    """Return the failure that a search finds."""
    found = explore(scenario, **options).failure
    assert found is not None
    return found


def three_tasks(r: Race) -> None:
    """Fail only if a first task is interrupted by a second, and that one by a third."""

    def first() -> None:
        r.cache.set("a", 1)
        r.cache.set("b", 1)

    def second() -> None:
        if r.cache.get("a") and not r.cache.get("b"):
            r.cache.set("between", 1)
            r.cache.set("between", 0)

    def third() -> None:
        r.cache.set("seen", r.cache.get("between"))

    for function in (first, second, third):
        r.spawn(function)
    r.join()
    assert r.cache.get("seen") != 1


def test_a_lost_update_is_found() -> None:
    """The exception that the scenario raised is the cause of the failure."""
    assert isinstance(failure_of(lost_update).__cause__, AssertionError)


def test_a_lost_update_takes_one_interruption() -> None:
    """It is not found under bound 0, and the first under bound 1 has one."""
    assert failure_of(lost_update).preemptions == 1


def test_without_interruptions_no_update_is_lost() -> None:
    """One task after the other, in either order, is right."""
    assert explore(lost_update, preemptions=0, strategy="dfs").failure is None


def test_an_atomic_update_passes_exhaustively() -> None:
    """Every order there is comes out right."""
    result = explore(atomic_update, preemptions=None)
    assert (result.exhausted, result.failure) == (True, None)


def test_a_bug_of_three_tasks_takes_two_interruptions() -> None:
    """The second inside the first, the third inside the second."""
    assert failure_of(three_tasks).preemptions == 2


def test_a_bug_of_two_interruptions_is_not_found_with_one() -> None:
    """The bound is a bound."""
    assert explore(three_tasks, preemptions=1, strategy="dfs").failure is None


def test_chance_finds_a_bug_of_two_interruptions() -> None:
    """Random priorities alone, within a small budget."""
    assert failure_of(three_tasks, strategy="pct").__cause__ is not None


def test_locks_taken_in_opposite_orders_are_a_deadlock() -> None:
    """Each task holds what the other waits for."""
    assert isinstance(failure_of(lock_order).__cause__, Deadlock)


def test_locks_taken_in_one_order_pass_exhaustively() -> None:
    """Nobody waits for ever."""

    def scenario(r: Race) -> None:
        def take() -> None:
            with r.cache.get_lock("left"), r.cache.get_lock("right"):
                r.cache.incr("done")

        r.spawn(take)
        r.spawn(take)
        r.join()
        assert r.cache.get("done") == 2

    assert explore(scenario, preemptions=None).exhausted


def check_then_act(r: Race, *, checks_in_one_step: bool) -> None:
    """Two tasks each do something that is to be done once."""
    done: list[int] = []

    def act() -> None:
        if checks_in_one_step:
            if r.cache.setnx("done", 1):
                done.append(1)
        elif not r.cache.exists("done"):
            r.cache.set("done", 1)
            done.append(1)

    r.spawn(act)
    r.spawn(act)
    r.join()
    assert done == [1]


def test_check_then_act_is_found() -> None:
    """Both tasks see nothing, and both act."""
    assert failure_of(lambda r: check_then_act(r, checks_in_one_step=False)).preemptions == 1


def test_setnx_instead_of_check_then_act_passes_exhaustively() -> None:
    """The check and the act are one operation."""
    assert explore(lambda r: check_then_act(r, checks_in_one_step=True), preemptions=None).exhausted


@pytest.mark.parametrize("seed", range(5))
def test_what_chance_finds_is_shown_with_few_interruptions(seed: int) -> None:
    """What it did after the last that matters is left out."""

    def scenario(r: Race) -> None:
        def noise() -> None:
            for _ in range(8):
                r.cache.get("x")

        r.cache.set("n", 0)
        for task in (noise, partial(bump, r.cache), partial(bump, r.cache), noise):
            r.spawn(task)
        r.join()
        assert r.cache.get("n") == 2

    assert failure_of(scenario, strategy="pct", preemptions=8, seed=seed).preemptions == 1


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_same_call_gives_the_same_result_twice(seed: int) -> None:
    """Token and number of schedules alike."""
    results = [explore(three_tasks, strategy="pct", seed=seed) for _ in range(2)]
    tokens = [(result.schedules, result.failure and result.failure.token) for result in results]
    assert tokens[0] == tokens[1]


def test_the_tokens_of_locks_are_the_same_in_every_schedule() -> None:
    """What a lock's key holds is no random value."""
    seen: set[str | None] = set()

    def scenario(r: Race) -> None:
        r.spawn(r.cache.get, "x")
        lock = r.cache.get_lock("jobs")
        lock.acquire()
        seen.add(lock.holder())
        r.join()

    explore(scenario, preemptions=None)
    assert len(seen) == 1
