"""The results as text, Markdown and JSON."""

import dataclasses
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks import tables
from benchmarks.measure import Effort
from benchmarks.row import Result, Section
from benchmarks.subjects import FLOOR, Roster, Subject
from benchmarks.targets import TIMES

INSTALL = "pip install -e '.[bench]'"


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """One whole run.

    Attributes:
        roster: Who took part and who is missing.
        effort: How long the run took its time.
        results: The rows in the order of the tables.
    """

    roster: Roster
    effort: Effort
    results: Sequence[Result]

    def text(self) -> str:
        """Return the run as aligned tables for a terminal."""
        return "\n".join(self._lines("# {}".format, tables.aligned))

    def markdown(self) -> str:
        """Return the run as Markdown, its headings of the third level."""
        return "\n".join(self._lines("### {}\n".format, tables.markdown, bullet="- "))

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

    @property
    def failures(self) -> list[str]:
        """Who failed at work it claims to do, and how."""
        return [
            f"FAILED {name} in {result.row.name}: {reason}"
            for result in self.results
            for name, reason in result.failures.items()
        ]

    @property
    def summary(self) -> str:
        """How many targets hold, and which do not."""
        verdicts = [(result.row.name, verdict) for result in self.results for verdict in result.verdicts]
        held = sum(verdict.holds is True for _, verdict in verdicts)
        unjudged = sum(verdict.holds is None for _, verdict in verdicts)
        missed = [f"{name} ({verdict.measured})" for name, verdict in verdicts if verdict.holds is False]
        return (
            f"{held} of {len(verdicts)} targets hold"
            + f", {unjudged} not judged" * bool(unjudged)
            + f"; missed: {', '.join(missed)}" * bool(missed)
        )

    def _lines(
        self,
        heading: Callable[[str], str],
        table: Callable[[tables.Grid, int], list[str]],
        bullet: str = "",
    ) -> Iterator[str]:
        yield from (self._setting(), "")
        yield from (heading("Targets"), *table(tables.targets(self.results), 6), "", self.summary, "")
        for section, results in self._sections():
            yield from (heading(section.title), _explained(section, results), "")
            yield from (*table(tables.figures(section, results), 1), "")
        yield heading("Who took part")
        yield from (f"{bullet}{line}" for line in self._cast())
        yield ""

    def _setting(self) -> str:
        return (
            f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} "
            f"{platform.machine()}, {os.cpu_count()} CPUs. Medians of up to {self.effort.rounds} interleaved "
            "rounds, the garbage collector off. Spread: the middle half of our samples, as a share of their "
            "median."
        )

    def _sections(self) -> list[tuple[Section, list[Result]]]:
        sections: dict[str, tuple[Section, list[Result]]] = {}
        for result in self.results:
            section = result.row.section
            sections.setdefault(section.name, (section, []))[1].append(result)
        return list(sections.values())

    def _cast(self) -> Iterator[str]:
        yield from (_credit(subject) for subject in self.roster.present if not subject.is_alias)
        for name, reason in self.roster.missing.items():
            yield f"MISSING {name}: {reason}; {INSTALL}"
        yield from self.failures


def _explained(section: Section, results: Sequence[Result]) -> str:
    """Return a section's note, and what stands in brackets where anything does."""
    has_multiples = any(result.row.unit is not TIMES for result in results)
    return section.note + f" In brackets: times {section.reference}." * has_multiples


def _credit(subject: Subject) -> str:
    credit = " ".join(filter(None, (subject.distribution, subject.version)))
    return f"{subject.name}: " + "; ".join(filter(None, (credit, subject.note)))


def _row_as_data(result: Result) -> dict[str, Any]:
    section = result.row.section
    return {
        "name": result.row.name,
        "section": section.name,
        "title": result.heading,
        "base_unit": result.row.unit.base,
        "reference": section.reference,
        "figures": {
            name: {
                "figure": summary.figure,
                "median": summary.median,
                "best": summary.best,
                "quartiles": list(summary.quartiles),
                "ratio_to_floor": result.ratio(name, FLOOR),
                "ratio_to_reference": result.ratio(name, section.reference),
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
