"""What a search may be asked for besides finding something."""

import random
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from cache_provider import LockNotOwnedError
from cache_provider.testing.race import NotEnough, Race, explore
from tests.race.scenarios import atomic_update, counting, lost_update

# An invariant


def sell_one(r: Race) -> None:
    """Take the last piece twice, and give the second back."""

    def buy() -> None:
        if r.cache.decr("stock") < 0:
            r.cache.incr("stock")

    r.cache.set("stock", 1)
    r.spawn(buy)
    r.spawn(buy)
    r.join()
    assert r.cache.get("stock") == 0


def never_below_zero(cache: Any) -> None:
    assert cache.get("stock", 0) >= 0


def test_an_invariant_is_checked_after_every_step() -> None:
    """What the scenario itself sees in the end is right."""
    failures = [explore(sell_one, invariant=check).failure is None for check in (None, never_below_zero)]
    assert failures == [True, False]


def test_an_invariant_that_does_not_hold_names_the_task_whose_step_it_was() -> None:
    """The one that took what was not there."""
    assert "B then raises AssertionError" in str(explore(sell_one, invariant=never_below_zero).failure)


def test_a_look_of_an_invariant_is_no_step() -> None:
    """There are as many schedules with it as without."""
    full = explore(atomic_update, preemptions=None).schedules
    assert explore(atomic_update, preemptions=None, invariant=lambda cache: cache.get("n")).schedules == full


# States


def leased(r: Race) -> None:
    """Three tasks lock, read and write, and leases may end."""

    def work() -> None:
        lock = r.cache.get_lock("lock", timeout=5)
        lock.acquire()
        r.cache.set("n", r.cache.get("n", 0) + 1)

    for _ in range(3):
        r.spawn(work)
    r.join()


def test_schedules_that_lead_to_a_known_state_are_left_out() -> None:
    """Hundreds instead of hundreds of thousands, and everything was met."""
    result = explore(leased, clock="explored", reduce="states")
    assert (result.exhausted, result.schedules < 500) == (True, True)


def test_a_search_by_states_finds_what_there_is() -> None:
    """Said with few interruptions."""
    failure = explore(lost_update, reduce="states").failure
    assert failure is not None
    assert failure.preemptions == 1


# Limits and requirements


def test_a_search_ends_in_time() -> None:
    """It says so, and is not exhausted."""
    result = explore(counting((9, 9, 9)), seconds=0.2, max_schedules=1_000_000)
    assert (result.exhausted, result.notes) == (False, ("the search ended after 0.2 s",))


@pytest.mark.parametrize("require", ["exhausted", 3])
def test_a_search_that_did_not_come_as_far_as_required_does_not_pass(require: Any) -> None:
    """Though nothing failed."""
    with pytest.raises(NotEnough, match="20 schedules, all up to 1 interruption; not all"):
        explore(counting((5, 5)), require=require, max_schedules=20).check()


@pytest.mark.parametrize("require", ["exhausted", 3])
def test_a_search_that_came_as_far_as_required_passes(require: Any) -> None:
    """Everything is as far as one can come."""
    explore(counting((2, 2)), require=require).check()


def outlived(r: Race) -> None:
    """A lease outlives the patience of who waits for it, and a plain write stands behind the lock."""
    written: list[str] = []

    def work(name: str) -> None:
        lock = r.cache.get_lock("lock", timeout=5, blocking_timeout=2)
        if lock.acquire():
            seen = r.cache.get("by")
            assert seen == (written[-1] if written else None)
            r.cache.set("by", name)
            written.append(name)
            try:
                lock.release()
            except LockNotOwnedError:
                assert written[0] == name

    r.spawn(work, "A")
    r.spawn(work, "B")
    r.join()


def test_a_lease_that_outlives_the_patience_of_others_is_found_by_default() -> None:
    """The others may begin after it has ended."""
    assert explore(outlived, clock="explored").failure is not None


# What is said


def test_a_remark_shows_what_was_read_as_it_was() -> None:
    """Though the list was changed afterwards."""

    def scenario(r: Race) -> None:
        def add() -> None:
            names = r.cache.get("names")
            names.append("x")
            r.cache.set("names", names)

        r.cache.set("names", [])
        r.spawn(add)
        r.spawn(add)
        r.join()
        assert len(r.cache.get("names")) == 2

    assert "though A read [] at row 2" in str(explore(scenario).failure)


def read(r: Race) -> object:
    """Stand between the scenario and the cache."""
    return r.cache.get("x")


def test_a_row_shows_the_line_behind_a_wrapper() -> None:
    """Where it is asked for."""

    def scenario(r: Race) -> None:
        def work() -> None:
            read(r)  # behind

        r.spawn(work)
        r.join()
        raise ValueError

    shown = ["read(r)  # behind" in str(explore(scenario, stacklevel=level).failure) for level in (1, 2)]
    assert shown == [False, True]


def test_a_token_carries_the_options_that_decide_what_there_is_to_choose() -> None:
    """So the token alone is enough."""

    def scenario(r: Race) -> None:
        r.cache.set("session", 1, ttl=5)
        r.spawn(r.cache.exists, "session")
        r.join()
        assert r.cache.get("session")

    failure = explore(scenario, clock="explored").failure
    assert failure is not None
    assert explore(scenario, replay=failure.token).failure is not None


# Chance and time

CHANCE: list[Callable[[], object]] = [uuid.uuid4, secrets.token_hex, random.random]


@pytest.mark.parametrize("draw", CHANCE, ids=lambda draw: draw.__name__)
def test_what_seems_to_be_chance_is_the_same_in_every_schedule(draw: Callable[[], object]) -> None:
    """So keys may be drawn as ordinary code draws them."""

    def scenario(r: Race) -> None:
        r.spawn(lambda: r.cache.set(f"key {draw()}", 1))
        r.spawn(r.cache.get, "x")

    assert explore(scenario, preemptions=None).exhausted


def test_two_tasks_draw_different_keys() -> None:
    """Each has a source of its own."""
    drawn: list[set[str]] = []

    def scenario(r: Race) -> None:
        keys: set[str] = set()

        def work() -> None:
            keys.add(uuid.uuid4().hex)
            r.cache.get("x")

        r.spawn(work)
        r.spawn(work)
        r.join()
        drawn.append(keys)

    explore(scenario)
    assert (len(drawn[0]), len(set(map(frozenset, drawn)))) == (2, 1)


def test_the_time_of_a_scenario_is_that_of_its_clock() -> None:
    """Not the time of day."""
    seen: set[float] = set()

    def scenario(r: Race) -> None:
        r.spawn(lambda: r.cache.set("at", time.time()))
        r.join()
        seen.add(time.time() - r.clock.now().timestamp())

    explore(scenario)
    assert seen == {0.0}


def test_chance_is_itself_again_after_a_search() -> None:
    """Whoever had seeded it goes on where they were."""
    random.seed(5)
    expected = random.random()
    random.seed(5)
    explore(atomic_update)
    assert random.random() == expected
