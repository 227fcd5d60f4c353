"""The names of the test kit, imported from one place."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cache_provider.testing
from cache_provider.testing import sweep

SWEPT = "sweep(lambda cache: cache.get('k'), raising=False)"


def printed_by(program: str) -> str:
    """Return what a program prints that imports everything anew."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", cache_provider.testing.__all__)
def test_each_name_can_be_imported_first(name: str) -> None:
    """Whatever was imported before it, or was not."""
    assert printed_by(f"from cache_provider.testing import {name}; print(callable({name}))") == "True\n"


def test_type_checkers_see_the_names_that_are_there_at_run_time() -> None:
    """They read the imports, the interpreter reads the table."""
    source = Path(cache_provider.testing.__file__).read_text(encoding="utf-8")
    imported = {
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == set(cache_provider.testing.__all__)


def test_importing_the_kit_loads_none_of_it() -> None:
    """Real servers are started by suites that use no fixture."""
    program = "import sys, cache_provider.testing; print('cache_provider.testing.seam' in sys.modules)"
    assert printed_by(program) == "False\n"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="has no attribute 'swep'"):
        getattr(cache_provider.testing, "swep")  # noqa: B009 - type checkers know that it is not there


@pytest.mark.parametrize(
    "imports",
    [
        "from cache_provider.testing import sweep",
        "from cache_provider.testing.sweep import sweep",
        "import cache_provider.testing.sweep; from cache_provider.testing import sweep",
        "from cache_provider.testing import sweep; import cache_provider.testing.sweep as sweep",
    ],
)
def test_sweep_can_be_called_however_it_was_imported(imports: str) -> None:
    """The package of that name stands where the function is looked for."""
    assert "of a sweep over 1 operations" in printed_by(f"{imports}; {SWEPT}")


def test_the_package_of_the_sweep_stays_a_package() -> None:
    """Its other names are there."""
    imports = "from cache_provider.testing import sweep; from cache_provider.testing.sweep import KINDS"
    assert "error before" in printed_by(f"{imports}; print(*KINDS, sep=', ')")


def test_a_sweep_from_here_sweeps() -> None:
    """A failing cell fails the test."""
    with pytest.raises(AssertionError, match="cells of a sweep over 1 operations failed"):
        sweep(lambda cache: cache.get("k"))
