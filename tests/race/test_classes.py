"""A reduced search runs about one schedule for each class of them, whatever may happen of itself."""

from collections import Counter
from random import Random
from typing import Any, TypeAlias

import pytest

from cache_provider.testing.race import explore
from cache_provider.testing.race.footprints import Footprint
from cache_provider.testing.race.options import Option, task_of
from cache_provider.testing.race.settings import Options, Reduction
from cache_provider.testing.race.stage import Stage
from tests.race.fuzzing.comparison import Way, options_of, scenario_of
from tests.race.fuzzing.programs import Kind, Program, random_program

Trace: TypeAlias = list[tuple[Option, Footprint]]

MOST = 120
"""A program with more schedules than this is left out."""


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> list[Trace]:
    """What was done in each schedule that is begun, and what each step touched."""
    traces: list[Trace] = []
    begin, choose = Stage.__init__, Stage._choose

    def beginning(stage: Stage, *arguments: Any, **options: Any) -> None:
        begin(stage, *arguments, **options)
        traces.append([])

    def choosing(stage: Stage, options: tuple[Option, ...]) -> Option:
        option = choose(stage, options)
        traces[-1].append((option, stage.footprint(option)))
        return option

    monkeypatch.setattr(Stage, "__init__", beginning)
    monkeypatch.setattr(Stage, "_choose", choosing)
    return traces


def class_of(trace: Trace) -> frozenset[object]:
    """Return what traces share that differ only in the order of steps that commute (Mazurkiewicz)."""
    count = Counter[int]()
    steps: list[tuple[object, Footprint]] = []
    for option, touched in trace:
        count[task_of(option)] += 1
        steps.append(((option, count[task_of(option)]), touched))
    ordered = (
        (step, later)
        for position, (step, touched) in enumerate(steps)
        for later, also_touched in steps[position + 1 :]
        if not touched.commutes(also_touched)
    )
    return frozenset([*ordered, *(step for step, _ in steps)])


def begun(program: Program, kind: Kind, reduce: Reduction | None, traces: list[Trace]) -> list[Trace] | None:
    """Return all schedules that a search begins; None if it comes to no end."""
    traces.clear()
    way = Way(is_coroutine=kind == "cancelled", reduce=reduce)
    options = options_of(kind, way) | Options(max_schedules=MOST)
    is_exhausted = explore(scenario_of(program, kind, way, set()), **options).exhausted
    # The first is run once more at the end.
    return traces[:-1] if is_exhausted else None


@pytest.mark.parametrize("kind", ["plain", "guarded", "faulty", "losing", "cancelled", "timed"])
def test_a_reduced_search_begins_no_more_than_two_schedules_for_each_class(
    kind: Kind, traces: list[Trace]
) -> None:
    """Of random programs: without mishaps, with each kind of them, and where time may pass."""
    programs = [random_program(Random(f"classes {kind} {number}"), kind) for number in range(15)]
    compared: list[tuple[int, int]] = []
    for program in programs:
        if (every := begun(program, kind, None, traces)) is not None:
            classes = len(set(map(class_of, every)))
            reduced = begun(program, kind, "keys", traces) or []
            compared.append((classes, len(reduced)))
    assert compared
    assert [(classes, runs) for classes, runs in compared if not classes <= runs <= 2 * classes] == []
