"""A verdict in words: what fitted, what did not, and what would have."""

from collections.abc import Iterable, Iterator, Sequence

from tests.linearizability.checker import Model, State, Verdict, linearize
from tests.linearizability.history import Operation

# A stress test's history is thousands of lines long; what went wrong is near the end of what fitted.
SHOWN = 12

HEADER = ("", "thread", "invoked", "returned", "operation", "result", "")


def assert_linearizable(history: Iterable[Operation], model: Model[State]) -> None:
    """Fail with an explanation unless the history is linearizable."""
    verdict = linearize(history, model)
    if not verdict.linearizable:
        raise AssertionError(explain(verdict))


def explain(verdict: Verdict) -> str:
    """Return the verdict as a sentence and, if it is a rejection, an aligned table.

    Args:
        verdict: What the search found out.

    Returns:
        Text for a person who looks for the bug: the end of the longest order that was found, the state it
        leads to, and the operations of which one had to come next, with what each should have returned.
    """
    placed = len(verdict.order)
    if verdict.linearizable:
        return f"linearizable: all {placed} operations fit one order"
    total = placed + len(verdict.stuck) + len(verdict.later)
    return "\n".join(
        (
            f"not linearizable: {placed} of {total} operations fit one order; none of the stuck can follow",
            *_aligned((HEADER, *_placed_rows(verdict), *_stuck_rows(verdict), *_later_rows(verdict))),
        )
    )


def _placed_rows(verdict: Verdict) -> Iterator[Sequence[str]]:
    hidden = max(0, len(verdict.order) - SHOWN)
    if hidden:
        yield ("...", "", "", "", f"{hidden} earlier operations", "", "")
    for place, operation in enumerate(verdict.order[hidden:], start=hidden + 1):
        yield (str(place), *_columns(operation), "")
    yield ("", "", "", "", "state", repr(verdict.state), "")


def _stuck_rows(verdict: Verdict) -> Iterator[Sequence[str]]:
    for operation, expected in verdict.stuck:
        yield ("stuck", *_columns(operation), f"should be {_shown(expected)}")


def _later_rows(verdict: Verdict) -> Iterator[Sequence[str]]:
    for operation in verdict.later[:SHOWN]:
        yield ("later", *_columns(operation), "")
    hidden = len(verdict.later) - SHOWN
    if hidden > 0:
        yield ("...", "", "", "", f"{hidden} later operations", "", "")


def _columns(operation: Operation) -> tuple[str, str, str, str, str]:
    return (
        str(operation.process),
        str(operation.invoked),
        str(operation.returned),
        str(operation),
        _shown(operation.result),
    )


def _shown(result: object) -> str:
    return result.__name__ if isinstance(result, type) else repr(result)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
