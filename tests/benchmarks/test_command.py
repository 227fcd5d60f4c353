"""`python -m benchmarks` as its users run it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.measure import QUICK
from benchmarks.roster import SUBJECTS
from benchmarks.subjects import OURS
from benchmarks.targets import FLOOR_FACTOR

ROOT = Path(__file__).parents[2]


def benchmarks(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("benchmarks") / "out.json"
    benchmarks("--quick", "--only", "get-hit", "--json", str(path)).check_returncode()
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return data


def test_only_the_row_asked_for_is_measured(run: dict[str, Any]) -> None:
    """`--only` takes the name of a row."""
    assert [row["name"] for row in run["rows"]] == ["get-hit"]


def test_every_subject_is_there_or_missing(run: dict[str, Any]) -> None:
    """Nobody is silently dropped."""
    assert {*run["subjects"], *run["missing"]} == {subject.name for subject in SUBJECTS}


def test_every_subject_that_is_there_has_figures(run: dict[str, Any]) -> None:
    """Each stores and reads a text, asynchronous ones and servers too."""
    assert set(run["rows"][0]["figures"]) == set(run["subjects"])


def test_every_sample_is_written(run: dict[str, Any]) -> None:
    """So that other statistics can be made of them."""
    assert len(run["rows"][0]["figures"][OURS]["samples"]) == QUICK.rounds


def test_each_target_has_a_verdict(run: dict[str, Any]) -> None:
    """In the order of the row."""
    assert [target["target"] for target in run["rows"][0]["targets"]] == [
        f"≤ {1.4 * FLOOR_FACTOR:g}x floor",
        "ahead of every peer",
    ]


def test_an_unknown_name_is_refused() -> None:
    """A typing error does not measure nothing."""
    assert "invalid choice: 'get-hits'" in benchmarks("--only", "get-hits").stderr
