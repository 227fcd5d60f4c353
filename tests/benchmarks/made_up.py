"""Made-up subjects, rows and samples."""

from typing import Any

from benchmarks.measure import Effort, Summary
from benchmarks.row import Prepare, Row, Section
from benchmarks.subjects import FLOOR, OURS, Store, Subject


def summary(*samples: float) -> Summary:
    return Summary(samples)


def nothing(*_arguments: object) -> None:
    pass


def subject(name: str, *, distribution: str | None = None, fails_with: Exception | None = None) -> Subject:
    def open_() -> Store:
        if fails_with is not None:
            raise fails_with
        return Store(get=nothing, set=nothing)

    return Subject(name=name, module="", distribution=distribution, note="", open=open_)


def cast(_effort: Effort) -> tuple[Subject, ...]:
    return subject(FLOOR), subject(OURS)


SECTION = Section(name="made-up", title="Made up", note="Nothing is timed.", cast=cast)


def row(prepare: Prepare, name: str = "constant") -> Row:
    return Row(section=SECTION, name=name, title=name, prepare=prepare)


def constant(figure: float) -> Row:
    def prepare(_subject: Subject, _effort: Effort) -> Any:
        return lambda: figure

    return row(prepare)
