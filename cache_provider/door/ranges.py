"""Positions in a sequence, from its start or, negative, from its end."""

from collections.abc import Iterator
from itertools import islice

from cache_provider.memory.payload import Items


def clamp(start: int, end: int, length: int) -> tuple[int, int]:
    """Return where a range with both ends included starts, and what lies behind it."""
    first = start if start >= 0 else max(0, length + start)
    behind = (end if end >= 0 else length + end) + 1
    behind = min(behind, length)
    return (0, 0) if first >= behind else (first, behind)


def part_of(items: Items, first: int, behind: int) -> list[bytes]:
    """Return some items of a list, walking from its nearer end."""
    if first == 0 and behind == len(items):
        return list(items)
    if first <= len(items) - behind:
        return list(islice(items, first, behind))
    length = len(items)
    tail: Iterator[bytes] = islice(reversed(items), length - behind, length - first)
    return list(tail)[::-1]
