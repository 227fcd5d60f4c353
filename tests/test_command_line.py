"""`python -m cache_provider` says what it can do, and does it."""

import subprocess
import sys

import pytest

import cache_provider
from cache_provider.__main__ import main


def test_without_a_command_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Each on a line of its own."""
    assert main([]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed if line.startswith("  ")] == ["serve", "contract", "version"]


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The one of the package."""
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"{cache_provider.__version__}\n"


@pytest.mark.parametrize("arguments", [["sreve"], ["contract"], ["contract", "-q"]])
def test_what_it_does_not_know_it_refuses(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With what it was asked, and with what there is."""
    assert main(arguments) == 2
    assert f"unknown: {' '.join(arguments)}\n\npython -m cache_provider" in capsys.readouterr().err


def test_the_contract_is_asked_of_the_url() -> None:
    """Nothing answers here, and the run says so."""
    command = [sys.executable, "-m", "cache_provider", "contract", "redis://localhost:1/0", "-q"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "cannot check redis://localhost:1/0" in ran.stdout
