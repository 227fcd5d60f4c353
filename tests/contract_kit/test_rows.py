"""A test that goes through a table says, when it fails, which row it was at."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cache_provider.testing import contract
from cache_provider.testing.contract.rows import about

MODULES = sorted(Path(contract.__file__).parent.glob("*.py"))


def is_about_a_row(node: ast.AST) -> bool:
    """Tell whether a statement is `with about(row):`, alone or among others."""
    return isinstance(node, ast.With) and ast.unparse(node.items[0]).startswith("about(")


def is_a_check(node: ast.AST) -> bool:
    """Tell whether a statement fails where a provider is wrong."""
    return isinstance(node, ast.Assert) or (
        isinstance(node, ast.With) and "pytest.raises" in ast.unparse(node)
    )


def unnamed_checks(node: ast.AST, *, in_a_table: bool = False) -> Iterator[int]:
    """Yield the lines of the checks in loops that no `about` is around; `for _` only repeats."""
    for child in ast.iter_child_nodes(node):
        if is_about_a_row(child):
            continue
        if in_a_table and is_a_check(child):
            yield child.lineno  # type: ignore[attr-defined]
        table = isinstance(child, ast.For) and ast.unparse(child.target) != "_"
        yield from unnamed_checks(child, in_a_table=in_a_table or table)


def test_a_failure_says_at_which_row_it_happened() -> None:
    """As a note, which pytest shows below the error."""
    with pytest.raises(ZeroDivisionError) as caught, about("the row"):
        raise ZeroDivisionError
    assert caught.value.__notes__ == ["at the row 'the row'"]


def test_every_check_in_a_table_says_its_row() -> None:
    """One row in a hundred would otherwise be found by trying all."""
    found = {path.name: [*unnamed_checks(ast.parse(path.read_text("utf-8")))] for path in MODULES}
    assert {name: lines for name, lines in found.items() if lines} == {}
