"""An object on a cache is compared with a plain one, whatever happens at the same time."""

from collections.abc import Callable
from contextlib import suppress
from itertools import product
from random import Random
from typing import Any

import pytest

from cache_provider import CacheError, CacheProviderInterface
from cache_provider.testing.race import NotLinearizable, Result, explore_object
from cache_provider.testing.race.programs import CallProgram, programs

LIMIT = 2


class PlainLimiter:
    """Lets two in; what every limiter here is to be."""

    def __init__(self) -> None:
        self.taken = 0

    def take(self) -> bool:
        self.taken += 1
        return self.taken <= LIMIT

    def give_back(self) -> None:
        self.taken -= 1


class BrokenLimiter:
    """Reads, and then writes."""

    def __init__(self, cache: CacheProviderInterface) -> None:
        self.cache = cache

    def take(self) -> bool:
        taken = self.cache.get("taken", 0) + 1
        self.cache.set("taken", taken)
        return bool(taken <= LIMIT)

    def give_back(self) -> None:
        self.cache.set("taken", self.cache.get("taken", 0) - 1)


class CountingLimiter(BrokenLimiter):
    """Lets the server count."""

    def take(self) -> bool:
        return self.cache.incr("taken") <= LIMIT

    def give_back(self) -> None:
        self.cache.decr("taken")


class LockingLimiter(BrokenLimiter):
    """Reads and writes under a lock."""

    def take(self) -> bool:
        with self.cache.get_lock("limiter"):
            return super().take()

    def give_back(self) -> None:
        with self.cache.get_lock("limiter"):
            super().give_back()


Operations = dict[str, Callable[[Any], Any]]

TAKE: Operations = {"take": lambda limiter: limiter.take()}
BOTH: Operations = {**TAKE, "give back": lambda limiter: limiter.give_back()}


def tried(make: Any, operations: Operations = TAKE, **options: Any) -> Result:
    return explore_object(make, PlainLimiter, operations, calls=2, reduce="states", **options)


def report(result: Result) -> str:
    assert result.failure is not None
    return str(result.failure)


def test_an_object_that_is_right_passes_every_schedule_of_every_scenario() -> None:
    """Up to four calls of two operations by two tasks."""
    result = tried(CountingLimiter, BOTH)
    assert (result.failure, result.exhausted) == (None, True)


def test_an_object_that_is_wrong_is_found() -> None:
    """No order of the calls gives the answers that it gave."""
    failure = tried(BrokenLimiter).failure
    assert failure is not None
    assert isinstance(failure.__cause__, NotLinearizable)


def test_a_failure_has_the_fewest_calls_there_are() -> None:
    """Three for a limit of two: with two calls each is let in, whatever happens."""
    assert report(tried(BrokenLimiter)).partition("explains it:\n")[2].count("take") == 3


def test_a_search_that_left_scenarios_out_is_not_exhausted() -> None:
    """There are 21 of up to two calls of two operations."""
    found = [tried(CountingLimiter, BOTH, scenarios=number).exhausted for number in (21, 20)]
    assert found == [True, False]


def by_hand(operations: str, tasks: int, calls: int) -> set[CallProgram]:
    """Return every program of at least two tasks, tasks that are like each other in one order only."""
    parts = [part for length in range(calls + 1) for part in product(operations, repeat=length)]
    combinations = (tuple(part for part in parts if part) for parts in product(parts, repeat=tasks))
    found = {tuple(sorted(program, key=lambda part: (-len(part), part))) for program in combinations}
    return {program for program in found if len(program) > 1}


def size(program: CallProgram) -> int:
    return sum(map(len, program))


@pytest.mark.parametrize("most", [1, 3, 7, 30, 200, 5000])
@pytest.mark.parametrize(("operations", "tasks", "calls"), [("a", 3, 2), ("ab", 2, 3), ("abc", 3, 1)])
def test_no_scenario_is_tried_before_all_with_fewer_calls(
    operations: str, tasks: int, calls: int, most: int
) -> None:
    """So nothing is left to shrink in the first that fails."""
    chosen = programs(operations, tasks=tasks, calls=calls, most=most, random=Random(0)).programs
    largest = size(chosen[-1])
    fewer = {program for program in by_hand(operations, tasks, calls) if size(program) < largest}
    assert set(chosen[: len(fewer)]) == fewer


def test_a_failure_shows_table_and_calls() -> None:
    """What was done, and what came of it."""
    text = report(tried(BrokenLimiter))
    assert ("get taken -> 0" in text, "  A: take -> True" in text) == (True, True)


def test_a_failure_can_be_replayed() -> None:
    """By its token alone."""
    failure = tried(BrokenLimiter).failure
    assert failure is not None
    assert tried(BrokenLimiter, replay=failure.token).failure is not None


def test_a_lock_protects_while_leases_last() -> None:
    """On a clock that stands still."""
    assert tried(LockingLimiter).failure is None


def test_a_lock_does_not_protect_where_a_lease_is_lost() -> None:
    """On request."""
    assert tried(LockingLimiter, leases=True).failure is not None


class Pair:
    """Two numbers that are the same to everybody who looks at them under the lock."""

    def __init__(self, cache: CacheProviderInterface) -> None:
        self.cache = cache

    def add(self) -> None:
        with self.cache.get_lock("pair"):
            self.cache.incr("left")
            self.cache.incr("right")

    def is_even(self) -> bool:
        with self.cache.get_lock("pair"):
            return bool(self.cache.get("left") == self.cache.get("right"))


class PlainPair:
    """Always even."""

    def add(self) -> None:
        """Add to both."""

    def is_even(self) -> bool:
        return True


def paired(**options: Any) -> Result:
    operations: Operations = {"add": lambda pair: pair.add(), "is even": lambda pair: pair.is_even()}
    return explore_object(Pair, PlainPair, operations, calls=1, **options)


def test_a_crash_leaves_what_was_done_half_done() -> None:
    """Found with crashes, and not without."""
    assert (paired().failure is None, paired(crashes=True).failure is None) == (True, False)


def test_a_task_that_crashed_gives_no_lock_back() -> None:
    """A block is left by no process that is gone."""

    class Section:
        def __init__(self, cache: CacheProviderInterface) -> None:
            self.cache = cache

        def run(self) -> bool:
            with suppress(CacheError), self.cache.get_lock("section", blocking_timeout=0):
                self.cache.get("x")
                return True
            return False

    class PlainSection:
        def run(self) -> bool:
            return True

    operations: Operations = {"run": lambda section: section.run()}
    result = explore_object(
        Section, PlainSection, operations, calls=1, crashes=True, preemptions=1, strategy="dfs"
    )
    assert "never returned: its task crashed" in report(result)


def test_an_object_of_coroutines_is_awaited() -> None:
    """On an asynchronous cache."""

    class Limiter:
        def __init__(self, cache: Any) -> None:
            self.cache = cache

        async def take(self) -> bool:
            taken = await self.cache.get("taken", 0) + 1
            await self.cache.set("taken", taken)
            return bool(taken <= LIMIT)

    assert tried(Limiter, coroutines=True).failure is not None


def test_an_exception_is_an_answer_by_its_class() -> None:
    """The model raises it as well."""

    class Refusing:
        def __init__(self, cache: Any = None) -> None:
            self.cache = cache

        def take(self) -> None:
            if self.cache is not None:
                self.cache.get("x")
            raise KeyError("x")

    assert explore_object(Refusing, Refusing, TAKE, calls=1).failure is None


@pytest.mark.parametrize(
    ("argument", "value"),
    [("tasks", 1), ("calls", 0), ("scenarios", 0), ("crashes", 1), ("operations", {}), ("make", 5)],
)
def test_an_argument_that_is_not_legal_is_named(argument: str, value: object) -> None:
    """Before anything runs."""
    arguments: dict[str, Any] = {"make": BrokenLimiter, "model": PlainLimiter, "operations": TAKE}
    call: Any = explore_object
    with pytest.raises((TypeError, ValueError), match=f"^{argument} must "):
        call(**{**arguments, argument: value})
