"""The matrix of a sweep, laid out for the eye."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from cache_provider.testing.sweep.cells import Cell
from cache_provider.testing.sweep.kinds import FaultKind
from cache_provider.testing.sweep.tape import Passed

_NOT_APPLICABLE = "·"
_LONGEST_KEY = 32

Table = list[list[str]]


def draw(passed: Sequence[Passed], kinds: Sequence[FaultKind], cells: Iterable[Cell]) -> str:
    """Return one row an operation, one column a kind.

    A cell is `ok` or the check that failed. With pairs of faults it stands for
    all pairs that begin there.
    """
    verdicts: dict[tuple[int, FaultKind], Counter[str]] = {}
    for cell in cells:
        verdicts.setdefault(cell.plan[0], Counter())[cell.verdict] += 1
    headings = [kind.partition(" ") for kind in kinds]
    table: Table = [
        ["", "", "", "", *(first for first, _, _ in headings)],
        ["#", "operation", "key", "line", *(second for _, _, second in headings)],
    ]
    for index, operation in enumerate(passed):
        table.append([*_row_head(index, operation), *(_cell(verdicts, index, kind) for kind in kinds)])
    return _aligned(table)


def by_cause(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Return cells together that failed in the same words, in the order of the first of each."""
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.verdict, cell.story), []).append(cell)
    return list(groups.values())


def explain(cells: Sequence[Cell]) -> str:
    """Return what was wrong in cells that failed for one cause, and how to run the first again."""
    first = cells[0]
    told = [line.strip() for line in first.story.splitlines()]
    if len(cells) == 1:
        head = [f"{first.name}: {first.verdict}", *first.aims]
        again = "run only this"
    else:
        head = [
            f"{len(cells)} cells: {first.verdict}",
            *(f"{cell.name}: {'; '.join(cell.aims)}" for cell in cells),
        ]
        again = "run only the first"
    return "\n    ".join([*head, *told, f'{again}: sweep(..., only="{first.name}")'])


def _row_head(index: int, operation: Passed) -> list[str]:
    keys = ", ".join(operation.keys)
    shown = keys if len(keys) <= _LONGEST_KEY else f"{keys[: _LONGEST_KEY - 1]}…"
    return [
        str(index + 1),
        operation.name,
        shown,
        f"{PurePath(operation.site.path).name}:{operation.site.line}",
    ]


def _cell(verdicts: Mapping[tuple[int, FaultKind], Counter[str]], index: int, kind: FaultKind) -> str:
    counts = verdicts.get((index, kind))
    if counts is None:
        return _NOT_APPLICABLE
    failed = {verdict: count for verdict, count in counts.items() if verdict != "ok"}
    if not failed:
        return "ok" if counts.total() == 1 else f"{counts.total()} ok"
    if counts.total() == 1:
        return next(iter(failed)).upper()
    return " ".join(f"{count} {verdict.upper()}" for verdict, count in failed.items())


def _aligned(table: Table) -> str:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in table)
    return "\n".join(line.rstrip() for line in lines)
