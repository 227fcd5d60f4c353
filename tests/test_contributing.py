"""What CONTRIBUTING.md names is there: paths, commands, the group of slow tests."""

import re
import shlex
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.slowness import ROOT, SLOW_PLACES, in_slow_place

TESTS = ROOT / "tests"
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

_NAMED = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w.-]+\.(?:md|toml))`")
_LINK = re.compile(r"\]\(([^):#]+)\)")
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)

PATHS = sorted({*_NAMED.findall(PAGE), *_LINK.findall(PAGE)})
COMMANDS = [command for block in _BLOCK.findall(PAGE) for command in block.strip().split(" && ")]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_is_named_exists(path: str) -> None:
    """Who follows the page arrives."""
    assert (ROOT / path).exists()


def test_the_page_names_many_paths() -> None:
    """The expression finds what it is meant to find."""
    assert len(PATHS) > 60


@pytest.mark.parametrize("folder", sorted({path.parent.name for path in TESTS.glob("*/test_*.py")}))
def test_every_folder_of_tests_is_on_the_map(folder: str) -> None:
    """A new one answers a question too."""
    assert f"`tests/{folder}" in PAGE


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_of_this_repository(command: str) -> None:
    """Its program comes with Python, with an extra or with the repository."""
    program = shlex.split(command)[0]
    known = {"python3", ".venv/bin/pip", ".venv/bin/python", ".ci/run"}
    tools = {f".venv/bin/{tool}" for tool in [*extra("lint"), "sphinx-build"]}
    assert program in known | tools
    assert not program.startswith(".ci/") or (ROOT / program).stat().st_mode & 0o100


@pytest.mark.parametrize("name", re.findall(r"\.\[([\w,]+)\]", PAGE))
def test_the_extras_that_are_installed_exist(name: str) -> None:
    """And not under another name."""
    assert all(extra(each) for each in name.split(","))


def extra(name: str) -> list[str]:
    """Return the packages of an extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = project["optional-dependencies"].get(name, ())
    return [Requirement(each).name for each in requirements]


@pytest.mark.parametrize("place", SLOW_PLACES)
def test_a_slow_place_exists(place: str) -> None:
    """The rule names no folder that is gone."""
    assert in_slow_place((ROOT / place).resolve(strict=True))


def test_a_file_beside_the_slow_places_is_not_in_one() -> None:
    """Names are compared part by part."""
    assert not in_slow_place(TESTS / "soaking" / "test_soak.py")
