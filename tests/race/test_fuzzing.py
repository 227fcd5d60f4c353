"""The explorer comes to just the outcomes that a brute force without it comes to, over random programs.

For hours of it, each program in every way: `python -m tests.race.fuzzing --minutes 120`.
"""

from collections.abc import Callable
from typing import Any

import pytest

from cache_provider.testing.race.mishaps import CancelledBefore, LostLease
from cache_provider.testing.race.stage import Stage
from tests.race.fuzzing.campaign import Count, disagreements
from tests.race.fuzzing.programs import KINDS, Kind

PROGRAMS = 340
"""How many programs of each kind; those with many orders are left out."""


@pytest.mark.parametrize("kind", KINDS)
def test_the_explorer_comes_to_every_outcome_and_no_other(kind: Kind) -> None:
    """Unreduced, or with a reduction whose promise the programs keep, in turn."""
    seeds = (f"{kind} {number}" for number in range(PROGRAMS))
    assert next(disagreements(kind, seeds, Count(), in_every_way=False), None) is None


# What it is there for: it finds each way in which "exhausted" was once said falsely


def nothing(*_: object, **__: object) -> None:
    """Stand in for a method that notes something."""


def who_begins_is_not_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tasks run up to their first step in the order in which they were made."""
    options = Stage._options

    def in_order(stage: Stage) -> tuple[int, ...]:
        beginning = [task.number for task in stage.live if task.is_parked and not task.has_begun]
        return tuple(beginning[:1]) or options(stage)

    monkeypatch.setattr(Stage, "_options", in_order)


def a_lost_lease_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out of the footprint the locks that are lost."""
    monkeypatch.setattr(LostLease, "touch", CancelledBefore.touch)


def nobody_sees_the_order_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let writes to different keys commute though somebody asks for keys."""
    monkeypatch.setattr(Stage, "note_order", nothing)


def a_moved_clock_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let steps commute with those in which a task moves the clock."""
    monkeypatch.setattr(Stage, "_note_move", nothing)


@pytest.mark.parametrize(
    ("mistake", "kind", "seed"),
    [
        (a_lost_lease_touches_nothing, "losing", 131),
        (who_begins_is_not_a_choice, "shared", 4),
        (who_begins_is_not_a_choice, "waiting", 2),
        (nobody_sees_the_order_of_keys, "order", 4),
        (a_moved_clock_is_nobodys, "moving", 9),
    ],
)
def test_a_mistake_is_found(
    mistake: Callable[[pytest.MonkeyPatch], Any], kind: Kind, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a program of the kind that is for it, whatever else was mended since."""
    mistake(monkeypatch)
    assert next(disagreements(kind, iter([f"{kind} {seed}"]), Count()), None) is not None
