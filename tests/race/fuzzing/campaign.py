"""Many programs, one after the other, and the first at which the explorer is wrong."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from tests.race.fuzzing.comparison import Way, agree, explored, ways
from tests.race.fuzzing.interleaver import TooManyError, outcomes
from tests.race.fuzzing.programs import Kind, Program, random_program

MOST_ORDERS = 40
"""A program with more orders than this is left out: small ones show as much, and are read by people."""


class Disagreement(NamedTuple):
    """A program of which the explorer says something wrong."""

    kind: Kind
    seed: str
    way: Way
    program: Program
    missing: str
    extra: str


class Count:
    """How much a campaign has done.

    Attributes:
        programs: How many programs were compared.
    """

    def __init__(self) -> None:
        self.programs = 0


def disagreements(
    kind: Kind, seeds: Iterator[str], count: Count, *, in_every_way: bool = True
) -> Iterator[Disagreement]:
    """Yield every program of the seeds at which explorer and interleaver differ.

    Args:
        kind: What the programs are about.
        seeds: One for each program.
        count: Is told of the programs that were compared.
        in_every_way: Whether each is explored in all ways there are for its kind, or each in one, in turn.
    """
    for seed in seeds:
        program = random_program(Random(seed), kind)
        try:
            expected = outcomes(program, kind, MOST_ORDERS)
        except TooManyError:
            continue
        chosen = ways(kind)
        if not in_every_way:
            chosen = chosen[count.programs % len(chosen) :][:1]
        count.programs += 1
        for way in chosen:
            found = explored(program, kind, way)
            if not agree(expected, found):
                missing, extra = (str(sorted(some)) for some in (expected - found, found - expected))
                yield Disagreement(kind, seed, way, program, missing, extra)
