"""The table of the gallery lists what is there, and says at which bound each race is found."""

import re
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
RACES: Final = sorted(path.stem for path in HERE.glob("test_*.py") if path != Path(__file__))
README: Final = (HERE / "README.md").read_text(encoding="utf-8")
ROWS: Final = dict(re.findall(r"^\| \[.+?\]\((\w+)\.py\) \|.*?\| (\d)(?: \*\w\*)? \|", README, re.MULTILINE))


def test_the_table_lists_every_race() -> None:
    """And none that is not there."""
    assert sorted(ROWS) == RACES


@pytest.mark.parametrize("race", RACES)
def test_the_table_says_at_which_bound_a_race_is_found(race: str) -> None:
    """The number that the race's own test compares with."""
    assert int(ROWS[race]) == import_module(f"examples.races.{race}").INTERRUPTIONS


def test_the_gallery_is_large_enough_to_trust_the_engine() -> None:
    """At least twelve races."""
    assert len(RACES) >= 12
