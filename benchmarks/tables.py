"""The tables of a report: a grid of cells each, the heading first."""

from collections.abc import Sequence
from typing import TypeAlias

from benchmarks.row import Result, Section
from benchmarks.targets import TIMES, Verdict

Grid: TypeAlias = list[list[str]]

NOT_DONE = "—"
FAILED = "failed"


def targets(results: Sequence[Result]) -> Grid:
    """Return a line for each target: what was asked, what came out, and whether it holds."""
    lines = [
        [result.heading, result.row.name, verdict.target, verdict.measured, _spread(result), _holds(verdict)]
        for result in results
        for verdict in result.verdicts
    ]
    return [["work", "row", "target", "measured", "spread", "holds"], *lines]


def figures(section: Section, results: Sequence[Result]) -> Grid:
    """Return a line for each subject and a column for each row of a section.

    A cell holds the figure and its multiple of the reference's.
    """
    heading = [
        f"{result.row.name}, {result.row.unit.label}" if result.row.unit is not TIMES else result.row.name
        for result in results
    ]
    names = dict.fromkeys(name for result in results for name in (*result.figures, *result.failures))
    return [
        ["", *heading],
        *([name, *(_cell(result, name, section) for result in results)] for name in names),
    ]


def aligned(grid: Grid, words: int) -> list[str]:
    """Return the lines of a table for a terminal: `words` columns to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in grid
    ]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def markdown(grid: Grid, words: int) -> list[str]:
    """Return the lines of a Markdown table, aligned in the same way."""
    heading, *body = grid
    ruler = [*["---"] * words, *["---:"] * (len(heading) - words)]
    return ["| " + " | ".join(cells) + " |" for cells in (heading, ruler, *body)]


def _cell(result: Result, name: str, section: Section) -> str:
    if name in result.failures:
        return FAILED
    if name not in result.figures:
        return NOT_DONE
    unit = result.row.unit
    shown = unit.show(result.figures[name].figure)
    ratio = result.ratio(name, section.reference)
    if unit is TIMES:
        return unit.attach(shown)
    return shown if ratio is None or name == section.reference else f"{shown} ({_multiple(ratio)})"


def _multiple(ratio: float) -> str:
    return f"{ratio:.2f}x" if ratio < 10 else f"{ratio:,.0f}x"


def _spread(result: Result) -> str:
    ours = result.figures.get(result.row.section.ours)
    return f"{ours.spread:.0%}" if ours else ""


def _holds(verdict: Verdict) -> str:
    if verdict.holds is None:
        return "not judged"
    return "yes" if verdict.holds else "NO"
