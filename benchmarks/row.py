"""A row of measurements: some work, who can do it, and what came out."""

import enum
import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.measure import Effort, Sampler, Summary, interleave
from benchmarks.resources import close_all
from benchmarks.subjects import OURS, Subject
from benchmarks.targets import NANOSECONDS, Target, Unit, Verdict

Prepare: TypeAlias = Callable[[Subject, Effort], Sampler | None]
"""Makes everything ready for a subject's samples; None if the subject does not do this work."""


class Pace(enum.Enum):
    """How many rounds a row deserves."""

    USUAL = enum.auto()
    SLOW = enum.auto()
    """One sample takes a tenth of a second or so."""
    RARE = enum.auto()
    """One sample takes a second or so."""
    ONCE = enum.auto()
    """Every sample is the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows that share a table.

    Attributes:
        name: What `--only` calls all of them.
        title: The table's heading.
        note: How its figures come about, in a sentence or two.
        cast: Who takes part.
        ours: The subject that is held to the targets.
        reference: The subject whose figures the others' are shown as multiples of.
    """

    name: str
    title: str
    note: str
    cast: Callable[[Effort], Sequence[Subject]]
    ours: str = OURS
    reference: str = OURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kind of work.

    Attributes:
        name: What `--only` calls it.
        section: Where it is shown, and who takes part.
        title: What it is called in full; `{some}` and `{many}` stand for the sizes of the effort.
        prepare: Makes the samplers.
        targets: What our figure is held to.
        unit: How the figures are shown.
        pace: How many rounds the work deserves.
        calmest: Whether the best sample speaks for all, instead of the median.
    """

    name: str
    section: Section
    title: str
    prepare: Prepare
    targets: tuple[Target, ...] = ()
    unit: Unit = NANOSECONDS
    pace: Pace = Pace.USUAL
    calmest: bool = False

    def heading(self, effort: Effort) -> str:
        """Return the title with the sizes this effort uses."""
        return self.title.format(some=count(effort.some), many=count(effort.many))

    def rounds(self, effort: Effort) -> int:
        """Return how many turns each subject takes."""
        match self.pace:
            case Pace.USUAL:
                return effort.rounds
            case Pace.SLOW:
                return effort.slow_rounds
            case Pace.RARE:
                return effort.rare_rounds
            case Pace.ONCE:
                return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came out of a row; a subject that does not do this work is in neither mapping.

    Attributes:
        row: The work.
        heading: The row's title as measured.
        figures: The samples by subject.
        failures: By subject, why it could not be measured though it claims to do the work.
    """

    row: Row
    heading: str
    figures: Mapping[str, Summary]
    failures: Mapping[str, str]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """How the targets came out."""
        return tuple(target.judge(self.figures, self.row.section.ours) for target in self.row.targets)

    def ratio(self, name: str, to: str) -> float | None:
        """Return a subject's figure as a multiple of another's, None where either is missing."""
        if name not in self.figures or to not in self.figures:
            return None
        return self.figures[name].ratio_to(self.figures[to])


def measure(
    row: Row, subjects: Iterable[Subject], effort: Effort, *, progress: Callable[[str], object]
) -> Result:
    """Measure everybody who does the work of `row`, in turns.

    Args:
        row: The work.
        subjects: Who takes part.
        effort: How long to take.
        progress: Told in a few words what is going on.
    """
    failures: dict[str, str] = {}

    def fail(name: str, error: Exception) -> None:
        failures[name] = f"{type(error).__name__}: {error}"

    samplers: dict[str, Sampler] = {}
    for subject in subjects:
        progress(f"preparing {subject.name}")
        try:
            sampler = row.prepare(subject, effort)
        except Exception as error:  # noqa: BLE001 - a peer may fail in any way; it is reported, not hidden
            fail(subject.name, error)
        else:
            if sampler is not None:
                samplers[subject.name] = sampler
    rounds = row.rounds(effort)
    figures = interleave(
        samplers,
        rounds,
        on_round=lambda number: progress(f"round {number}/{rounds}"),
        on_failure=fail,
        calmest=row.calmest,
    )
    # What this row filled must not be a burden on the next one's memory.
    samplers.clear()
    close_all()
    gc.collect()
    return Result(row=row, heading=row.heading(effort), figures=figures, failures=failures)


def count(number: int) -> str:
    """Return a round number of entries in short: 10k, 1M."""
    return f"{number // 1_000_000}M" if number >= 1_000_000 else f"{number // 1_000}k"
