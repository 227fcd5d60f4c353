"""The longest common subsequence of two texts, as LCS finds it."""

from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
Match: TypeAlias = tuple[Span, Span, int]


def longest_common_subsequence(left: bytes, right: bytes) -> tuple[bytes, list[Match]]:
    """Return the subsequence, and the runs it consists of, the last first."""
    lengths = _lengths(left, right)
    common = bytearray()
    matches: list[Match] = []
    row, column = len(left), len(right)
    run: list[int] | None = None
    while row and column:
        if left[row - 1] == right[column - 1]:
            common.append(left[row - 1])
            if run is not None and run[0] == row and run[1] == column:
                run[0], run[1] = row - 1, column - 1
            else:
                _end(run, matches)
                run = [row - 1, column - 1, row - 1, column - 1]
            row, column = row - 1, column - 1
        elif lengths[row - 1][column] > lengths[row][column - 1]:
            row -= 1
        else:
            column -= 1
    _end(run, matches)
    return bytes(reversed(common)), matches


def _end(run: list[int] | None, matches: list[Match]) -> None:
    if run is not None:
        first_left, first_right, last_left, last_right = run
        matches.append(((first_left, last_left), (first_right, last_right), last_left - first_left + 1))


def _lengths(left: bytes, right: bytes) -> list[list[int]]:
    """Return the length of the subsequence of each pair of heads."""
    lengths = [[0] * (len(right) + 1)]
    for byte in left:
        above, line = lengths[-1], [0]
        for column, other in enumerate(right, 1):
            line.append(above[column - 1] + 1 if byte == other else max(above[column], line[-1]))
        lengths.append(line)
    return lengths
