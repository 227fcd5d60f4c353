"""Where Python runs without the GIL, it still does with all of this package imported, and its door used."""

import os
import subprocess
import sys
import sysconfig

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

USE_THE_DOOR = """
import sys
from cache_provider import MemoryServer
with MemoryServer().redis() as client, client.lock("l", timeout=10):
    client.set("a", 1)
print(sys._is_gil_enabled())
"""


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has the GIL")
@pytest.mark.parametrize("program", [IMPORT_EVERYTHING, USE_THE_DOOR], ids=["imports", "redis-py's lock"])
def test_nothing_turns_the_gil_on(program: str) -> None:
    """No module of this package needs it, nor a package that one of them imports but for scripts of Lua."""
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PACKAGE.parent,
        # The suite runs with PYTHON_GIL=0, which would keep it off whatever is imported.
        env={name: value for name, value in os.environ.items() if name != "PYTHON_GIL"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "False\n"
