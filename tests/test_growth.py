"""A new operation is missed wherever CONTRIBUTING.md says that it belongs."""

import re
from pathlib import Path

import pytest

from cache_provider.testing import contract
from cache_provider.testing.contract.operations import EVERY
from cache_provider.testing.seam import EFFECTS
from tests.side_by_side.operations import BY_NAME

CONTRACT = Path(str(contract.__file__)).parent
LISTS = {"operations.py", "every.py"}
"""Where operations are only listed, and nothing is claimed of one."""
DOCS = Path(__file__).parent.parent / "docs"

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
    page = (DOCS / "semantics.md").read_text(encoding="utf-8")
    first_cells = re.findall(r"^\| (.+?) \|", page, re.MULTILINE)
    assert any(re.search(rf"`{name}\b", cell) for cell in first_cells)


@pytest.mark.parametrize("name", EFFECTS)
def test_the_contract_claims_something_of_every_operation(name: str) -> None:
    """In the room of its concept."""
    rooms = (path for path in CONTRACT.glob("*.py") if path.name not in LISTS)
    method = re.compile(rf"\b{name.removeprefix('lock.')}\b")
    assert any(method.search(room.read_text(encoding="utf-8")) for room in rooms)


@pytest.mark.parametrize("name", EFFECTS)
def test_something_is_guaranteed_of_every_operation(name: str) -> None:
    """The page names it, in a row with the tests that hold it."""
    page = (DOCS / "guarantees.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| .*\b{name.removeprefix('lock.')}\b", page, re.MULTILINE)
