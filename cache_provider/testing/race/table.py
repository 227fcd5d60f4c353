"""A schedule as a table of text: one column a task, one row an operation."""

from pathlib import Path
from textwrap import wrap

from cache_provider.testing.race.recording import Row
from cache_provider.testing.race.versions import overwrites

WIDTH = 100
"""How many columns a report has."""

_GAP = 2
_NARROWEST = 12


def table(rows: list[Row]) -> str:
    """Return the rows as text of about 100 columns."""
    remarks = overwrites(rows)
    grid = _grid(rows)
    lines = [_line(cells) for cells in _fitted(grid)]
    text = [lines[0], _rule(lines)]
    for row, line in zip(rows, lines[1:], strict=True):
        text.append(_across(row, grid[-1][0]) if row.task is None else line)
        for note in (*row.notes, *remarks.get(row.number, ())):
            text += _note(note)
    return "\n".join(text)


def _grid(rows: list[Row]) -> list[list[str]]:
    """Return heads and cells: number, a column for each task, locks where there are any, the place."""
    tasks = {row.task.number: row.task.name for row in rows if row.task is not None}
    numbers = sorted(tasks)
    has_locks = any(row.held for row in rows)
    heads = ["", *(tasks[number] for number in numbers), *(["locks"] if has_locks else []), "at"]
    grid = [heads]
    for row in rows:
        mine = [row.text if row.task and row.task.number == number else "" for number in numbers]
        held = " ".join(f"{_cut(name, _NARROWEST)}:{holder}" for name, holder in row.held)
        locks = [held] if has_locks else []
        grid.append([str(row.number), *mine, *locks, "" if row.site is None else _place(row)])
    return grid


def _place(row: Row) -> str:
    if row.site is None:
        return ""
    return f"{Path(row.site.path).name}:{row.site.line}  {row.site.text}"


def _fitted(grid: list[list[str]]) -> list[list[str]]:
    """Return the cells, cut where the table would be too wide: source first, then the widest tasks."""
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    *widths, place = widths
    shortest = max(len(row[-1].partition("  ")[0]) for row in grid)
    room = WIDTH - sum(widths) - _GAP * len(widths)
    while room < shortest and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
        room += 1
    widths.append(min(place, max(room, shortest)))
    return [_fit(row, widths) for row in grid]


def _fit(row: list[str], widths: list[int]) -> list[str]:
    *cells, place = row
    *cell_widths, room = widths
    fitted = [_cut_call(cell, width).ljust(width) for cell, width in zip(cells, cell_widths, strict=True)]
    line, _, _ = place.partition("  ")
    # Half a word of source says nothing.
    return [*fitted, _cut(place, room) if room >= len(line) + _NARROWEST else line]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _cut_call(text: str, width: int) -> str:
    """Cut a call, but not what it came to."""
    call, arrow, outcome = text.partition(" -> ")
    room = width - len(arrow) - len(outcome)
    return _cut(text, width) if room < 4 or len(text) <= width else _cut(call, room) + arrow + outcome


def _line(cells: list[str]) -> str:
    number, *others = cells
    return (" " * _GAP).join([number.strip().rjust(len(number)), *others]).rstrip()


def _rule(lines: list[str]) -> str:
    return "-" * max(map(len, lines))


def _across(row: Row, highest: str) -> str:
    """Return a row that is not a task's."""
    return f"{row.number:>{len(highest)}}  ~~ {row.text} ~~"


def _note(text: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent="    ^ ", subsequent_indent="      ")
