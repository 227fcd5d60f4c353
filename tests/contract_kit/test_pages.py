"""What the pages about the contract say is so."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from cache_provider.testing.contract import CONTRACTS, Capability
from cache_provider.testing.contract.capabilities import needed_by
from tests.contract_kit.nested import run_inside

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
GUARANTEES = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
CONTRACT = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")

IN_THE_KIT = re.compile(r"`(\w+Contract)\.(test_\w+)`")
IN_THE_REPOSITORY = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
ROW = re.compile(r"^\| (?!-|guarantee|difference|capability)(.*) \|$", re.MULTILINE)

TESTS = {
    f"{contract.__name__}.{name}": function
    for contract in CONTRACTS
    for name, function in vars(contract).items()
    if name.startswith("test_")
}


@cache
def names_in(file: str) -> frozenset[str]:
    """Return the names of the tests in a file of the repository."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


# docs/guarantees.md


def test_every_test_of_the_kit_that_is_named_exists() -> None:
    """No name is stale."""
    named = {".".join(found) for found in IN_THE_KIT.findall(GUARANTEES)}
    assert named - set(TESTS) == set()


def test_every_test_of_the_repository_that_is_named_exists() -> None:
    """No name is stale."""
    named = IN_THE_REPOSITORY.findall(GUARANTEES)
    assert [(file, test) for file, test in named if test not in names_in(file)] == []


def test_every_name_of_a_test_is_checked() -> None:
    """Whatever looks like a test on the page is one of the two kinds."""
    checked = IN_THE_KIT.findall(GUARANTEES) + IN_THE_REPOSITORY.findall(GUARANTEES)
    assert len(re.findall(r"\btest_\w+`", GUARANTEES)) == len(checked)


def test_every_guarantee_is_held_by_a_test() -> None:
    """No row is a promise alone."""
    rows = ROW.findall(GUARANTEES)
    assert [row for row in rows if not IN_THE_KIT.search(row) and not IN_THE_REPOSITORY.search(row)] == []


def test_the_page_has_rows() -> None:
    """The expression finds what it is meant to find."""
    assert len(ROW.findall(GUARANTEES)) > 120


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_concept_is_on_the_page(contract: type) -> None:
    """No concept goes without a guarantee."""
    assert contract.__name__ in {concept for concept, _ in IN_THE_KIT.findall(GUARANTEES)}


@pytest.mark.parametrize("capability", Capability)
def test_the_page_lists_what_needs_a_capability(capability: Capability) -> None:
    """All of it, and nothing else, beside the words that the skipped tests show."""
    beginning = f"`{capability.name}`: {capability.value} |"
    row = next(row for row in ROW.findall(GUARANTEES) if row.startswith(beginning))
    needing = {name for name, function in TESTS.items() if capability in needed_by(function)}
    assert {".".join(found) for found in IN_THE_KIT.findall(row)} == needing


# docs/contract.md


def test_the_examples_of_the_page_hold_an_adapter_to_the_contract(pytester: pytest.Pytester) -> None:
    """All of them together are a test file of a third party."""
    blocks = re.findall(r"```python\n(.*?)```", CONTRACT, re.DOTALL)
    outcome = run_inside(pytester, "\n".join(blocks), "-k", "expire or lock or label")
    assert (outcome.passed > 500, outcome.failed) == (True, set())
