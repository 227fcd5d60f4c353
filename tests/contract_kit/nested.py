"""Somebody else's test run, inside this one."""

from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Outcome:
    """What came of a nested run.

    Attributes:
        passed: How many tests passed.
        failed: The names of the tests that failed.
    """

    passed: int
    failed: set[str]


def run_inside(pytester: pytest.Pytester, source: str, *arguments: str) -> Outcome:
    """Run a test file in this process, which is the fastest way."""
    pytester.makepyfile(source)
    # Its signature leaves a type out.
    runner: Any = pytester
    quietly = (
        "-q",
        "-p",
        "no:randomly",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:asyncio",
        "--tb=no",
    )
    recorder: pytest.HookRecorder = runner.inline_run(*quietly, *arguments)
    passed, _, failed = recorder.listoutcomes()
    return Outcome(len(passed), {report.nodeid.partition("[")[0].rpartition("::")[2] for report in failed})
