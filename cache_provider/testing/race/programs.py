"""Small programs of calls, the smallest first: what `explore_object` tries."""

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random
from typing import NamedTuple, TypeAlias

CallProgram: TypeAlias = tuple[tuple[str, ...], ...]
"""The names of the operations that each task calls."""


class Chosen(NamedTuple):
    """Programs that are to be tried.

    Attributes:
        programs: The programs, those with the fewest calls first.
        are_all: Whether there are no others.
    """

    programs: list[CallProgram]
    are_all: bool


def programs(operations: Sequence[str], *, tasks: int, calls: int, most: int, random: Random) -> Chosen:
    """Return programs of up to so many tasks with up to so many calls each.

    None of a size comes before all of the size below, so the first that fails has
    the fewest calls there can be. Of the size that does not fit into `most`, some
    are drawn by chance, and larger ones are left out.

    Args:
        operations: The names of the operations.
        tasks: How many tasks there are at most.
        calls: How many calls each makes at most.
        most: How many programs are returned at most.
        random: Where chance comes from.
    """
    chosen: list[CallProgram] = []
    for size in range(2, tasks * calls + 1):
        found = list(_of_size(operations, size, tasks, calls, limit=50 * most))
        left = most - len(chosen)
        if len(found) > left:
            return Chosen(chosen + random.sample(found, left), are_all=False)
        chosen += found
    return Chosen(chosen, are_all=True)


def _of_size(
    operations: Sequence[str], size: int, tasks: int, calls: int, *, limit: int
) -> Iterator[CallProgram]:
    for lengths in _splits(size, tasks, calls):
        for names in product(operations, repeat=size):
            parts = iter(names)
            program = tuple(tuple(next(parts) for _ in range(length)) for length in lengths)
            # Who is called A and who B makes no difference.
            if program == tuple(sorted(program, key=lambda part: (-len(part), part))):
                yield program
                limit -= 1
                if not limit:
                    return


def _splits(size: int, tasks: int, most: int) -> Iterator[tuple[int, ...]]:
    """Yield the ways to share so many calls among two tasks or more, the longest first."""
    for number in range(2, tasks + 1):
        for lengths in product(range(min(most, size), 0, -1), repeat=number):
            if sum(lengths) == size and list(lengths) == sorted(lengths, reverse=True):
                yield lengths
