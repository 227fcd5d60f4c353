"""The race explorer: how long one schedule takes."""

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.measure import Effort, Sampler, timed
from benchmarks.roster import MINE
from benchmarks.row import Row, Section
from benchmarks.subjects import Subject
from benchmarks.targets import MICROSECONDS, AtMost
from cache_provider.testing.race import Race, explore

EXPLORER = Section(
    name="explorer",
    title="Race explorer",
    note="Two threads of three operations each on one key; every schedule has a cache, a clock and tokens of "
    "its own.",
    cast=lambda _effort: (MINE,),
)

SCHEDULES = 70
"""All orders of two threads of three operations."""

A_SCHEDULE_NS = 1e9 / 3000
"""What 3,000 schedules a second leave for each."""

A_SCHEDULE_OF_CLIENTS_NS = 1e9 / 2000
"""What 2,000 leave."""


def _three_operations(cache: Any) -> None:
    cache.get("n")
    cache.set("n", 1)
    cache.incr("n")


def _scenario(race: Race) -> None:
    race.spawn(_three_operations, race.cache, name="A")
    race.spawn(_three_operations, race.cache, name="B")
    race.join()


def _clients(race: Race) -> None:
    race.spawn(_three_operations, race.redis(), name="A")
    race.spawn(_three_operations, race.redis(), name="B")
    race.join()


def _explored(scenario: Callable[[Race], None], repetitions: int) -> None:
    for _ in range(repetitions):
        explored = explore(scenario, preemptions=None, strategy="dfs").schedules
        if explored != SCHEDULES:
            raise ValueError(f"{explored} schedules instead of {SCHEDULES}")


def _explore(_subject: Subject, effort: Effort) -> Sampler:
    return timed(partial(_explored, _scenario), operations=SCHEDULES, target_ns=effort.batch_ns)


def _explore_clients(_subject: Subject, effort: Effort) -> Sampler:
    return timed(partial(_explored, _clients), operations=SCHEDULES, target_ns=effort.batch_ns)


ROWS = (
    Row(
        section=EXPLORER,
        name="explore",
        title="one schedule",
        prepare=_explore,
        targets=(AtMost(A_SCHEDULE_NS / MICROSECONDS.scale, MICROSECONDS),),
        unit=MICROSECONDS,
    ),
    Row(
        section=EXPLORER,
        name="explore clients",
        title="one schedule, two clients of redis-py",
        prepare=_explore_clients,
        targets=(AtMost(A_SCHEDULE_OF_CLIENTS_NS / MICROSECONDS.scale, MICROSECONDS),),
        unit=MICROSECONDS,
    ),
)
