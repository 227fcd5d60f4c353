"""The search runs each schedule once, and leaves none out."""

from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations
from math import factorial, prod

import pytest

from cache_provider.testing.race import Race, explore
from tests.race.scenarios import atomic_update, counting

SHAPES = [(1, 1), (2, 2), (3, 3), (4, 2), (1, 1, 1), (2, 2, 1)]


def all_orders(lengths: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield every order of the tasks' beginnings and operations, by what `itertools` knows alone."""
    steps = [task for task, length in enumerate(lengths) for _ in range(length + 1)]
    yield from set(permutations(steps))


def preemptions(order: Sequence[int]) -> int:
    """Count the steps after which another task goes on though this one could have."""
    return sum(
        before != after and before in order[position:]
        for position, (before, after) in enumerate(pairwise(order), start=1)
    )


@pytest.mark.parametrize("lengths", SHAPES, ids=str)
def test_the_number_of_schedules_is_the_multinomial(lengths: tuple[int, ...]) -> None:
    """For n and m steps there are (n+m)!/(n!·m!) orders; to begin is a step."""
    steps = [length + 1 for length in lengths]
    expected = factorial(sum(steps)) // prod(map(factorial, steps))
    assert explore(counting(lengths), preemptions=None).schedules == expected


@pytest.mark.parametrize("bound", [0, 1, 2, 3])
@pytest.mark.parametrize("lengths", [(2, 2), (3, 3), (1, 1, 1), (2, 1, 1)], ids=str)
def test_a_bound_leaves_just_the_schedules_with_fewer_interruptions(
    lengths: tuple[int, ...], bound: int
) -> None:
    """As many as a brute force over all orders counts."""
    expected = sum(preemptions(order) <= bound for order in all_orders(lengths))
    assert explore(counting(lengths), preemptions=bound, strategy="dfs").schedules == expected


@pytest.mark.parametrize("lengths", [(2, 2), (3, 3), (1, 1, 1)], ids=str)
def test_each_schedule_is_another_order(lengths: tuple[int, ...]) -> None:
    """None is run twice, and all orders that there are come up."""
    orders: list[tuple[int, ...]] = []

    def scenario(r: Race) -> None:
        order: list[int] = []

        def work(task: int, length: int) -> None:
            order.append(task)
            for _ in range(length):
                r.cache.get("x")
                order.append(task)

        for task, length in enumerate(lengths):
            r.spawn(work, task, length)
        r.join()
        orders.append(tuple(order))

    schedules = explore(scenario, preemptions=None).schedules
    assert sorted(orders[:schedules]) == sorted(all_orders(lengths))


def test_schedules_with_fewer_interruptions_come_first() -> None:
    """So the first that fails has the fewest."""
    counts: list[int] = []

    def scenario(r: Race) -> None:
        order: list[int] = []

        def work(task: int) -> None:
            order.append(task)
            for _ in range(3):
                r.cache.get("x")
                order.append(task)

        r.spawn(work, 0)
        r.spawn(work, 1)
        r.join()
        counts.append(preemptions(order))

    schedules = explore(scenario, preemptions=None).schedules
    assert counts[:schedules] == sorted(counts[:schedules])


def test_without_a_bound_the_search_is_exhausted() -> None:
    """All there is was run."""
    assert explore(atomic_update, preemptions=None).exhausted


def test_a_search_that_the_bound_ended_is_not_exhausted() -> None:
    """What has more interruptions was not run."""
    assert not explore(counting((3, 3)), preemptions=1, strategy="dfs").exhausted


def test_a_search_that_its_budget_ended_is_not_exhausted() -> None:
    """One schedule short of all."""
    assert not explore(counting((3, 3)), preemptions=None, max_schedules=69).exhausted


def test_a_budget_that_is_just_enough_exhausts_the_search() -> None:
    """The last schedule of all may be the last that is paid for."""
    assert explore(counting((3, 3)), preemptions=None, max_schedules=70).exhausted


def test_a_bound_that_left_nothing_out_exhausts_the_search() -> None:
    """Nobody else is there to interrupt."""

    def scenario(r: Race) -> None:
        r.spawn(r.cache.incr, "n")

    assert explore(scenario, preemptions=0, strategy="dfs").exhausted


def test_a_search_that_failed_is_not_exhausted() -> None:
    """It ends at the first failure."""

    def scenario(r: Race) -> None:
        r.spawn(r.cache.get, "x")
        r.join()
        raise ValueError

    assert not explore(scenario).exhausted


def test_random_priorities_never_exhaust_a_search() -> None:
    """Chance cannot know what it left out."""
    assert not explore(atomic_update, strategy="pct", max_schedules=50).exhausted


def test_what_the_bound_left_of_the_budget_is_spent_on_chance() -> None:
    """A search that cannot be exhausted goes on by random priorities."""
    assert explore(counting((5, 5)), preemptions=0, max_schedules=100).schedules == 100


def test_the_bound_rises_while_there_is_budget_until_the_search_is_exhausted() -> None:
    """Two tasks of three operations and their beginnings: eight steps, four each."""
    result = explore(counting((3, 3)))
    assert (result.schedules, result.exhausted) == (70, True)


def test_what_can_never_be_exhausted_within_the_budget_is_left_to_chance() -> None:
    """More schedules are known than may be run, so no higher bound is begun to be run."""
    assert explore(counting((5, 5)), preemptions=1, max_schedules=60).bound == 1


def test_the_result_says_up_to_which_bound_everything_was_run() -> None:
    """Even where the budget ended the search in the next."""
    assert explore(counting((3, 3)), max_schedules=10, strategy="dfs").bound == 1


def test_three_who_lock_read_and_write_have_few_states() -> None:
    """As the page says, of hundreds of thousands of schedules in which their leases may end."""

    def scenario(r: Race) -> None:
        def work() -> None:
            r.cache.get_lock("counting", timeout=5).acquire()
            r.cache.set("visits", r.cache.get("visits", 0) + 1)

        for _ in range(3):
            r.spawn(work)
        r.join()

    assert explore(scenario, clock="explored", reduce="states").schedules == 351
