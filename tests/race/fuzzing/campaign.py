"""Many programs, one after the other, and the first at which the explorer is wrong."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from tests.race.fuzzing.comparison import Way, agree, explored, ways
from tests.race.fuzzing.interleaver import TooManyError, outcomes
from tests.race.fuzzing.programs import Kind, Program, random_program

MOST_ORDERS = 70
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


def disagreements(kind: Kind, seeds: Iterator[str], count: Count) -> Iterator[Disagreement]:
    """Yield every program of the seeds at which explorer and interleaver differ."""
    for seed in seeds:
        program = random_program(Random(seed), kind)
        try:
            expected = outcomes(program, kind, MOST_ORDERS)
        except TooManyError:
            continue
        count.programs += 1
        for way in ways(kind):
            found = explored(program, kind, way)
            if not agree(expected, found):
                missing, extra = (str(sorted(some)) for some in (expected - found, found - expected))
                yield Disagreement(kind, seed, way, program, missing, extra)
