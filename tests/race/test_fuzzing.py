"""The explorer comes to just the outcomes that a brute force without it comes to, over random programs.

For hours of it: `python -m tests.race.fuzzing --minutes 120`.
"""

import pytest

from tests.race.fuzzing.campaign import Count, disagreements
from tests.race.fuzzing.programs import KINDS, Kind

PROGRAMS = 260
"""How many programs of each kind; those with many orders are left out."""


@pytest.mark.parametrize("kind", KINDS)
def test_the_explorer_comes_to_every_outcome_and_no_other(kind: Kind) -> None:
    """Unreduced, and with every reduction whose promise the programs keep."""
    seeds = (f"{kind} {number}" for number in range(PROGRAMS))
    assert next(disagreements(kind, seeds, Count()), None) is None
