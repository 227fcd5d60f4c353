"""Where Python runs without the GIL, it still does with all of this package imported."""

import subprocess
import sys

import pytest

from tests.test_structure import PACKAGE

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
import cache_provider
for module in pkgutil.walk_packages(cache_provider.__path__, "cache_provider."):
    try:
        importlib.import_module(module.name)
    except ImportError as missing:
        print(f"{module.name}: {missing}", file=sys.stderr)
print(sys._is_gil_enabled())
"""


@pytest.mark.skipif(not hasattr(sys, "_is_gil_enabled"), reason="this Python cannot run without the GIL")
def test_no_import_turns_the_gil_on() -> None:
    """No module of this package, and no package that one of them imports, needs it."""
    if getattr(sys, "_is_gil_enabled")():  # noqa: B009 - newer than the Pythons that are checked for types
        pytest.skip("this Python has the GIL")
    answer = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "False\n"
