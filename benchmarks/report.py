"""The results as text, Markdown and JSON."""

import dataclasses
import os
import platform
import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.measure import Effort
from benchmarks.row import Result
from benchmarks.subjects import FLOOR, OURS, Roster
from benchmarks.targets import TIMES, Verdict

INSTALL = "pip install -e '.[bench]'"
NOT_DONE = "—"


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """One whole run.

    Attributes:
        roster: Who took part and who is missing.
        effort: How long the run took its time.
        results: The rows in the order of the table.
    """

    roster: Roster
    effort: Effort
    results: Sequence[Result]

    def text(self) -> str:
        """Return the run as aligned columns for a terminal."""
        return "\n".join([self._setting(), "", *_aligned(self._grid()), "", *self._remarks()]) + "\n"

    def markdown(self) -> str:
        """Return the run as a Markdown table with its remarks as a list."""
        heading, *body = self._grid()
        ruler = ["---", *["---:"] * (len(heading) - 3), "---", "---"]
        table = ["| " + " | ".join(cells) + " |" for cells in (heading, ruler, *body)]
        return "\n".join([self._setting(), "", *table, "", *(f"- {line}" for line in self._remarks())]) + "\n"

    def json(self) -> dict[str, Any]:
        """Return the run as data: every sample, so that other statistics can be made of them."""
        return {
            "python": sys.version,
            "platform": platform.platform(),
            "cpus": os.cpu_count(),
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "effort": dataclasses.asdict(self.effort),
            "subjects": {
                subject.name: {"version": subject.version, "note": subject.note}
                for subject in self.roster.present
            },
            "missing": dict(self.roster.missing),
            "rows": [_row_as_data(result) for result in self.results],
        }

    def _setting(self) -> str:
        return (
            f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} "
            f"{platform.machine()}, {os.cpu_count()} CPUs; medians of up to {self.effort.rounds} interleaved "
            "rounds, the garbage collector off; 1.50x is the ratio to the floor"
        )

    def _grid(self) -> list[list[str]]:
        names = [subject.name for subject in self.roster.present]
        heading = ["work", "", *names, "spread", "target", "holds"]
        return [heading, *(_cells(result, names) for result in self.results)]

    def _remarks(self) -> list[str]:
        remarks = [
            f"{subject.name}: {' '.join(filter(None, (subject.distribution, subject.version)))}"
            f"{'; ' if subject.distribution else ''}{subject.note}"
            for subject in self.roster.present
        ]
        remarks.append(f"spread: the middle half of {OURS}'s samples, as a share of the median")
        for name, reason in self.roster.missing.items():
            remarks.append(f"MISSING {name}: {reason}; {INSTALL}")
        for result in self.results:
            for name, reason in result.failures.items():
                remarks.append(f"FAILED {name} in {result.row.name}: {reason}")
        verdicts = [verdict for result in self.results for verdict in result.verdicts]
        held = sum(verdict.holds is True for verdict in verdicts)
        unjudged = sum(verdict.holds is None for verdict in verdicts)
        remarks.append(
            f"targets: {held} of {len(verdicts)} hold" + f", {unjudged} not judged" * bool(unjudged)
        )
        return remarks


def _cells(result: Result, names: Sequence[str]) -> list[str]:
    figures = [_figure(result, name) for name in names]
    ours = result.figures.get(OURS)
    spread = f"{ours.spread:.0%}" if ours else ""
    targets = ", ".join(verdict.target for verdict in result.verdicts)
    holds = ", ".join(_holds(verdict) for verdict in result.verdicts)
    return [result.heading, result.row.unit.label, *figures, spread, targets, holds]


def _figure(result: Result, name: str) -> str:
    if name in result.failures:
        return "failed"
    if name not in result.figures:
        return NOT_DONE
    shown = result.row.unit.show(result.figures[name].figure)
    ratio = result.ratio_to_floor(name)
    if ratio is None or name == FLOOR or result.row.unit is TIMES:
        return shown
    return f"{shown} {_ratio(ratio):>6}"


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}x" if ratio < 10 else f"{ratio:,.0f}x"


def _holds(verdict: Verdict) -> str:
    if verdict.holds is None:
        return "not judged"
    return "yes" if verdict.holds else f"NO ({verdict.measured})"


def _aligned(grid: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    words = (0, len(widths) - 2, len(widths) - 1)
    lines = [
        "  ".join(
            cell.ljust(width) if place in words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in grid
    ]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def _row_as_data(result: Result) -> dict[str, Any]:
    return {
        "name": result.row.name,
        "title": result.heading,
        "base_unit": result.row.unit.base,
        "figures": {
            name: {
                "figure": summary.figure,
                "median": summary.median,
                "best": summary.best,
                "quartiles": list(summary.quartiles),
                "ratio_to_floor": result.ratio_to_floor(name),
                "samples": list(summary.samples),
            }
            for name, summary in result.figures.items()
        },
        "failures": dict(result.failures),
        "targets": [
            {"target": verdict.target, "measured": verdict.measured, "holds": verdict.holds}
            for verdict in result.verdicts
        ],
    }
