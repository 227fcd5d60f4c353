"""`python -m tests.race.fuzzing --minutes 120`: programs without end, until one is found or time is up."""

import sys
from argparse import ArgumentParser
from itertools import count
from time import monotonic

from tests.race.fuzzing.campaign import Count, disagreements
from tests.race.fuzzing.programs import KINDS, Kind

_ROUND = 50


def main() -> int:
    """Compare until time is up; return 1 if the explorer was wrong."""
    parser = ArgumentParser(description="Compare the race explorer with a brute force over random programs.")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--seed", default="long", help="another one gives other programs")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only programs of this kind")
    options = parser.parse_args()
    kinds: list[Kind] = options.kind or list(KINDS)
    end = monotonic() + options.minutes * 60
    compared = Count()
    for number in count():
        kind = kinds[number % len(kinds)]
        seeds = (f"{options.seed} {kind} {number} {step}" for step in range(_ROUND))
        for found in disagreements(kind, seeds, compared):
            sys.stdout.write(f"{found}\n")
            return 1
        if monotonic() > end:
            break
    sys.stdout.write(f"{compared.programs} programs compared, no difference\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
