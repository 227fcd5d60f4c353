"""Calls laid out for reading, one line each."""

from collections.abc import Collection, Sequence

from cache_provider.testing.calls.call import Call

_INDENT = "  "


def listing(calls: Sequence[Call], found: Collection[Call] = ()) -> str:
    """Return one line per call: number, time, operation, outcome, source line; `>` before the marked ones."""
    if not calls:
        return f"{_INDENT}(no operation was called)"
    marked = frozenset(found)
    rows = [_row(number, call, calls[0]) for number, call in enumerate(calls, start=1)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        _line(row, widths, is_marked=not marked.isdisjoint((call, *call.commands)))
        for row, call in zip(rows, calls, strict=True)
    )


def _row(number: int, call: Call, first: Call) -> tuple[str, ...]:
    since = (call.at_ms - first.at_ms) / 1000
    return (f"{number}.", f"{since:+.3f} s", call.title(), call.outcome(), str(call.site))


def _line(row: Sequence[str], widths: Sequence[int], *, is_marked: bool) -> str:
    number, moment, *words = (
        text.rjust(width) if column < 2 else text.ljust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(["> " + number if is_marked else _INDENT + number, moment, *words]).rstrip()
