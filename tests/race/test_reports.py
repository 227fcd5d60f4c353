"""A failure says what happened in terms of the user's own code, and can be run again."""

import re
from collections.abc import Callable
from typing import Any, Unpack

import pytest

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Diverged, Failure, Race, explore
from cache_provider.testing.race.settings import Options
from tests.race.scenarios import Scenario, bump, lock_order, lost_update


def report(scenario: Scenario, **options: Unpack[Options]) -> str:
    """Return the text of the failure that a search finds."""
    found = explore(scenario, **options).failure
    assert found is not None
    return str(found)


LOST = report(lost_update)


def row(number: int) -> str:
    """Return a row of the table of the lost update."""
    return next(line for line in LOST.splitlines() if line.startswith(f"{number} "))


def test_a_report_begins_with_the_exception() -> None:
    """What pytest shows in its summary is what went wrong."""
    assert LOST.startswith("AssertionError")


def test_a_table_has_a_column_for_each_task() -> None:
    """The scenario's own comes first."""
    assert re.search(r"^ +main +A +B +at$", LOST, re.MULTILINE)


def test_a_row_shows_what_was_done_and_what_it_came_to() -> None:
    """A read with its result."""
    assert "get n -> 0" in row(2)


def test_a_row_shows_the_line_of_the_source() -> None:
    """File, number and text, of the task's own code."""
    assert re.search(r'scenarios\.py:\d+  value = cache\.get\("n"\)', row(2))


def test_a_report_says_what_was_overwritten() -> None:
    """And what the writer had read before."""
    assert "A sets n over the 1 that B wrote at row 4, though A read 0 at row 2" in LOST


def appending(use: Callable[[CacheProviderInterface, list[int]], None]) -> Scenario:
    """Return a scenario whose tasks append to a list, and then use both lists for something else."""

    def append(cache: CacheProviderInterface) -> None:
        items: list[int] = cache.get("items", [])
        wanted = [*items, 1]
        use(cache, wanted)
        items.append(7)
        wanted.clear()

    def scenario(r: Race) -> None:
        r.spawn(append, r.cache)
        r.spawn(append, r.cache)
        r.join()
        assert r.cache.get("items") == [1, 1]

    return scenario


def set_alone(cache: CacheProviderInterface, items: list[int]) -> None:
    cache.set("items", items)


def set_with_others(cache: CacheProviderInterface, items: list[int]) -> None:
    cache.mset({"items": items})


@pytest.mark.parametrize("use", [set_alone, set_with_others])
def test_a_report_shows_values_as_they_were_at_the_step(
    use: Callable[[CacheProviderInterface, list[int]], None],
) -> None:
    """What was read and what was written, though the program has changed both since."""
    assert "over the [1] that B wrote at row 3, though A read [] at row 1" in report(appending(use))


def test_a_report_fits_into_a_hundred_columns() -> None:
    """Except for the token and the line that raised."""
    table = LOST.split("\n\n")[1]
    assert max(map(len, table.splitlines())) <= 100


def test_a_report_says_who_raised_and_where() -> None:
    """The innermost line of the user's code."""
    assert re.search(r"^main then raises AssertionError at \S+scenarios\.py:\d+: assert ", LOST, re.MULTILINE)


def test_a_report_of_a_deadlock_names_holders_and_lines() -> None:
    """Who waits for what, held by whom since when, and where."""
    assert re.search(
        r"^A waits for lock 'right', held by B since row \d at \S+scenarios\.py:\d+: with r\.cache",
        report(lock_order),
        re.MULTILINE,
    )


def test_a_table_shows_who_holds_which_lock() -> None:
    """In a column of its own, row by row."""
    assert re.search(r"left:A right:B", report(lock_order))


def lease(r: Race) -> None:
    """Let a lease end before the release."""

    def work() -> None:
        with r.cache.get_lock("jobs", timeout=5):
            r.cache.get("x")

    r.spawn(work)


def test_a_table_shows_when_a_lease_ends() -> None:
    """With the row of its acquisition."""
    expected = "~~ 5 s pass: the lease of lock 'jobs' ends, which A acquired at row 1 ~~"
    assert expected in report(lease, clock="explored")


def test_an_operation_without_a_line_of_its_own_shows_where_the_task_was_spawned() -> None:
    """A method of the cache may be the whole task."""

    def scenario(r: Race) -> None:
        r.spawn(r.cache.incr, "n")
        r.join()
        raise ValueError

    assert 'r.spawn(r.cache.incr, "n")' in report(scenario)


def test_a_scenario_whose_failure_does_not_come_back_is_called_so() -> None:
    """Something else than the schedule decides."""
    runs: list[int] = []

    def scenario(r: Race) -> None:
        r.spawn(r.cache.get, "x")
        r.join()
        runs.append(1)
        assert len(runs) > 1

    assert "NOT DETERMINISTIC" in report(scenario)


# Replays


def token_of(scenario: Scenario) -> str:
    """Return the token of the first failure."""
    found = explore(scenario).failure
    assert found is not None
    return found.token


def test_a_token_runs_its_schedule_alone() -> None:
    """One schedule, and it fails."""
    result = explore(lost_update, replay=token_of(lost_update))
    assert (result.schedules, result.failure is not None) == (1, True)


def test_a_replay_shows_the_same_table() -> None:
    """Row by row."""
    found = explore(lost_update, replay=token_of(lost_update)).failure
    assert str(found).split("\n\n")[1] == LOST.split("\n\n")[1]


def test_a_replay_exhausts_nothing() -> None:
    """Not even where it passes."""
    assert not explore(lost_update, replay=token_of(lost_update)).exhausted


def test_a_replay_of_a_mended_schedule_passes() -> None:
    """The operations are the same, what they come to is not."""

    def scenario(r: Race, start: int = 0) -> None:
        r.cache.set("n", start)
        r.spawn(bump, r.cache)
        r.spawn(bump, r.cache)
        r.join()
        assert r.cache.get("n") == start + 2 or start

    token = token_of(scenario)
    assert explore(lambda r: scenario(r, 5), replay=token).failure is None


def changed(r: Race) -> None:
    """Do as the lost update does, on another key in the end."""

    def other(r: Race) -> None:
        r.cache.get("n")
        r.cache.set("m", 1)

    r.cache.set("n", 0)
    r.spawn(bump, r.cache)
    r.spawn(other, r)
    r.join()
    r.cache.get("n")


def test_a_replay_that_diverges_says_where_and_why() -> None:
    """The row, what it was and what it is."""
    with pytest.raises(Diverged, match=r"row 4 was 'B set n' and is now 'B set m'"):
        explore(changed, replay=token_of(lost_update))


def test_a_replay_that_ends_too_soon_says_so() -> None:
    """The scenario makes fewer operations than it did."""

    def scenario(r: Race) -> None:
        r.cache.set("n", 0)
        r.spawn(bump, r.cache)
        r.spawn(bump, r.cache)

    with pytest.raises(Diverged, match=r"had 6 rows and now ends after row 5"):
        explore(scenario, replay=token_of(lost_update))


@pytest.mark.parametrize("token", ["", "nonsense", "eNqL"])
def test_what_is_no_token_is_refused(token: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValueError, match="token must be one that a failure printed"):
        explore(lost_update, replay=token)


def test_a_failure_survives_pickling() -> None:
    """As pytest-xdist and processes ask of an exception."""
    from pickle import dumps, loads  # noqa: PLC0415 - our own bytes

    failure = Failure("report", "token", 1)
    assert str(loads(dumps(failure))) == "report"


# Arguments


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("preemptions", -1),
        ("preemptions", "2"),
        ("max_schedules", 0),
        ("max_steps", 0),
        ("seed", 1.5),
        ("strategy", "bfs"),
        ("clock", "real"),
        ("reduce", "values"),
        ("watchdog", 0),
        ("faults", ["outage"]),
        ("cancellations", True),
    ],
)
def test_an_argument_that_is_not_legal_is_named(option: str, value: object) -> None:
    """Before anything runs."""
    options: Any = {option: value}
    with pytest.raises((TypeError, ValueError), match=f"^{option} must "):
        explore(lost_update, **options)


def test_two_tasks_of_one_name_are_refused() -> None:
    """A table could not tell them apart."""

    def scenario(r: Race) -> None:
        r.spawn(r.cache.get, "x", name="A")
        r.spawn(r.cache.get, "x", name="A")

    assert "ValueError: name must be unlike those of other tasks" in report(scenario)
