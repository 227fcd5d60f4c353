"""The search that leaves out repetitions comes to the same outcomes as the one that does not."""

from collections.abc import Iterator, Sequence
from math import factorial, prod
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cache_provider.testing.race import Race, RaceError, explore
from tests.race.scenarios import Scenario, lock_order, lost_update

Operation = tuple[str, str]
Program = list[list[Operation]]

OPERATIONS = st.tuples(
    st.sampled_from(["get", "append", "incr", "setnx", "delete", "exists", "lock"]), st.sampled_from("ab")
)


def orders(program: Program) -> int:
    """Return in how many orders the steps of a program can run, locks let alone."""
    # A task begins, and a lock is taken and given back around a get.
    steps = [1 + sum(3 if name == "lock" else 1 for name, _ in task) for task in program]
    return factorial(sum(steps)) // prod(map(factorial, steps))


PROGRAMS: st.SearchStrategy[Program] = st.lists(
    st.lists(OPERATIONS, min_size=1, max_size=3), min_size=2, max_size=3
).filter(lambda program: orders(program) <= 4_000)


def perform(r: Race, operations: Sequence[Operation], log: list[object]) -> None:
    """Run one task's operations; note what they answer."""
    for name, key in operations:
        if name == "append":
            log.append(r.cache.push_limit(f"list:{key}", len(log), 5))
        elif name == "incr":
            log.append(r.cache.incr(f"count:{key}"))
        elif name == "setnx":
            log.append(r.cache.setnx(key, str(operations)))
        elif name == "lock":
            with r.cache.get_lock(f"lock:{key}"):
                log.append(r.cache.get(key))
        else:
            log.append(getattr(r.cache, name)(key))


def outcomes(program: Program, reduce: Literal["keys"] | None) -> tuple[set[str], int]:
    """Return everything that a program can come to, and how many schedules that took."""
    seen: set[str] = set()

    def scenario(r: Race) -> None:
        logs: list[list[object]] = [[] for _ in program]
        for operations, log in zip(program, logs, strict=True):
            r.spawn(perform, r, operations, log)
        r.join()
        keys = ["a", "b", "count:a", "count:b"]
        lists = [r.cache.list_range(f"list:{key}", 0, -1) for key in "ab"]
        seen.add(repr((logs, r.cache.mget(keys), lists)))

    result = explore(scenario, preemptions=None, max_schedules=4_000, reduce=reduce, strategy="dfs")
    assert result.exhausted
    return seen, result.schedules


@settings(max_examples=40)
@given(PROGRAMS)
# What leads to a race may begin only with what nothing in between happens before.
@example([[("get", "a"), ("setnx", "b")], [("get", "b"), ("get", "b")], [("append", "b"), ("get", "b")]])
def test_a_reduced_search_comes_to_every_outcome(program: Program) -> None:
    """For random programs: what the tasks saw, and what is left in the cache."""
    assert outcomes(program, "keys")[0] == outcomes(program, None)[0]


def test_operations_on_different_keys_need_one_schedule() -> None:
    """All orders come to the same."""
    program: Program = [[("incr", "a")] * 3, [("incr", "b")] * 3]
    assert outcomes(program, "keys")[1] == 1


def test_reads_of_one_key_need_one_schedule() -> None:
    """Reads do not disturb each other."""
    program: Program = [[("get", "a")] * 3, [("get", "a")] * 3]
    assert outcomes(program, "keys")[1] == 1


def test_writes_to_one_key_are_all_ordered() -> None:
    """Nothing is left out where everything matters."""
    program: Program = [[("incr", "a")] * 3, [("incr", "a")] * 3]
    assert outcomes(program, "keys")[1] == 20


def all_orders(lengths: list[int]) -> Iterator[tuple[int, ...]]:
    """Yield every order of the steps of tasks that have so many."""
    if not any(lengths):
        yield ()
    for task, length in enumerate(lengths):
        if length:
            left = [*lengths[:task], length - 1, *lengths[task + 1 :]]
            yield from ((task, *rest) for rest in all_orders(left))


def classes(program: Program) -> int:
    """Count the orders that differ in more than what commutes (Mazurkiewicz), by trying all of them."""
    found: set[frozenset[object]] = set()
    for order in all_orders([len(operations) for operations in program]):
        rests = [iter(enumerate(operations)) for operations in program]
        done = [(task, *next(rests[task])) for task in order]
        found.add(
            frozenset(
                (task, number, other, later)
                for position, (task, number, (name, key)) in enumerate(done)
                for other, later, (other_name, other_key) in done[position:]
                if task != other and key == other_key and not name == other_name == "get"
            )
        )
    return len(found)


MEETING: list[Program] = [
    [[("setnx", "a")]] * 4,
    [[("setnx", "a"), ("setnx", "b")], [("setnx", "b"), ("setnx", "a")], [("setnx", "a")]],
    [[("get", "a"), ("setnx", "b")], [("setnx", "a"), ("get", "b")], [("get", "a")]],
    [[("get", "a"), ("setnx", "a")]] * 2 + [[("get", "b")]],
    [[("setnx", "a")], [("setnx", "b")], [("setnx", "a"), ("setnx", "b")]],
    [[("setnx", "a"), ("setnx", "b"), ("get", "a")], [("setnx", "b"), ("get", "a")]],
]


@pytest.mark.parametrize("program", MEETING, ids=range(len(MEETING)))
def test_a_reduced_search_runs_about_one_schedule_for_each_class(program: Program) -> None:
    """Those that it begins and gives up as repetitions included."""
    runs: list[int] = []

    def scenario(r: Race) -> None:
        runs.append(1)
        for operations in program:
            r.spawn(perform, r, operations, [])

    assert explore(scenario, reduce="keys").exhausted
    # The first is run once more at the end.
    assert classes(program) <= len(runs) - 1 <= 2 * classes(program)


def find(scenario: Scenario) -> bool:
    return explore(scenario, reduce="keys").failure is not None


def test_a_reduced_search_finds_a_lost_update() -> None:
    """The order of a read and a write matters."""
    assert find(lost_update)


def test_a_reduced_search_finds_a_deadlock() -> None:
    """Locks are keys."""
    assert find(lock_order)


def test_a_reduced_search_runs_every_order_of_get_or_set() -> None:
    """Its callers share more than keys, so nothing is left out between them but who of two begins first."""

    def scenario(r: Race) -> None:
        for _ in range(2):
            r.spawn(r.cache.get_or_set, "k", lambda: 1)
        r.join()

    full = explore(scenario, preemptions=None).schedules
    assert (full, explore(scenario, preemptions=None, reduce="keys").schedules) == (50, 40)


def test_under_a_reduction_only_the_scenario_spawns() -> None:
    """Tasks of tasks would have other numbers in other orders."""

    def parent(r: Race) -> None:
        r.cache.get("x")
        r.spawn(r.cache.get, "y")

    def scenario(r: Race) -> None:
        r.spawn(parent, r)

    failure = explore(scenario, reduce="keys").failure
    assert failure is not None
    assert isinstance(failure.__cause__, RaceError)
