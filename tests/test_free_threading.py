"""Where Python runs without the GIL, it still does with all of this package imported, and its door used."""

import os
import re
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

RUN_A_SCRIPT = """
import sys
from cache_provider import MemoryServer
with MemoryServer().redis() as client:
    client.eval("return 1", 0)
print(sys._is_gil_enabled())
"""

without_the_gil = pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has the GIL"
)


def answer_to(program: str) -> "subprocess.CompletedProcess[str]":
    """Run a program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=PACKAGE.parent,
        # The suite runs with PYTHON_GIL=0, which would keep it off whatever is imported.
        env={name: value for name, value in os.environ.items() if name != "PYTHON_GIL"},
        capture_output=True,
        text=True,
        check=True,
    )


@without_the_gil
@pytest.mark.parametrize("program", [IMPORT_EVERYTHING, USE_THE_DOOR], ids=["imports", "redis-py's lock"])
def test_nothing_turns_the_gil_on(program: str) -> None:
    """No module of this package needs it, nor a package that one of them imports but for scripts of Lua."""
    assert answer_to(program).stdout == "False\n"


@without_the_gil
def test_the_first_script_turns_the_gil_on_and_python_says_why() -> None:
    """The page on threads names the one package that does not declare that it can do without."""
    pytest.importorskip("lupa")
    answer = answer_to(RUN_A_SCRIPT)
    warned = re.search("GIL.* has been enabled to load module '(lupa)", answer.stderr)
    assert (answer.stdout, warned and warned.group(1)) == ("True\n", "lupa")
