"""A new operation is missed wherever CONTRIBUTING.md says that it belongs."""

import re
from pathlib import Path

import pytest

from cache_provider.testing.contract.operations import EVERY
from cache_provider.testing.seam import EFFECTS
from tests.side_by_side.operations import BY_NAME

ON_KEYS = [name for name in EFFECTS if not name.startswith("lock.")]


@pytest.mark.parametrize("name", ON_KEYS)
def test_the_contract_asks_every_operation_what_it_asks_of_all(name: str) -> None:
    """After an outage, on an expired key, on a closed provider."""
    assert name in EVERY


@pytest.mark.parametrize("name", ON_KEYS)
def test_the_double_and_a_server_are_compared_in_every_operation(name: str) -> None:
    """The state machine draws from this table."""
    assert name in BY_NAME


@pytest.mark.parametrize("name", ON_KEYS)
def test_the_page_of_semantics_has_a_row_for_every_operation(name: str) -> None:
    """What it answers, and what it does to a deadline."""
    page = (Path(__file__).parent.parent / "docs" / "semantics.md").read_text(encoding="utf-8")
    first_cells = re.findall(r"^\| (.+?) \|", page, re.MULTILINE)
    assert any(re.search(rf"`{name}\b", cell) for cell in first_cells)
