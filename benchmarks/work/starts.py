"""Starts: what a test run pays before its first test."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Effort, Sampler
from benchmarks.resources import close_later
from benchmarks.roster import SUBJECTS
from benchmarks.row import Pace, Row, Section
from benchmarks.subjects import OURS, Subject
from benchmarks.targets import MILLISECONDS, AtMost

ROOT = Path(__file__).parents[2]

STARTS = Section(
    name="starts",
    title="Starts",
    note="import: in a fresh process. plugin: what ours adds to `pytest --collect-only` of an empty folder, "
    "beside the same with `-p no:cache_provider`; the quicker of a few starts each.",
    cast=lambda _effort: SUBJECTS,
)

PROGRAM = """
import sys, time
start = time.perf_counter_ns()
__import__(sys.argv[1])
print(time.perf_counter_ns() - start)
"""

PYTEST = (sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider")
WITHOUT = ("-p", "no:cache_provider")

NOTHING_COLLECTED = 5
"""The exit status of a pytest that found no test."""

STARTS_A_SAMPLE = 4


def _import(subject: Subject, _effort: Effort) -> Sampler:
    sample = _importing(subject.module)
    # The first import compiles to bytecode: not what a second run pays.
    sample()
    return sample


def _importing(module: str) -> Sampler:
    command = [sys.executable, "-c", PROGRAM, module]

    def sample() -> float:
        # From the checkout's root, so that its own packages are found without being installed.
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
        return float(done.stdout.splitlines()[-1])

    return sample


def _plugin(subject: Subject, _effort: Effort) -> Sampler | None:
    if subject.name != OURS:
        return None
    folder = tempfile.TemporaryDirectory()
    close_later(folder.cleanup)

    def sample() -> float:
        # In turns; other processes only ever add to a start, so the quickest is the start itself.
        starts = [(_start(folder.name), _start(folder.name, *WITHOUT)) for _ in range(STARTS_A_SAMPLE)]
        return float(min(with_it for with_it, _ in starts) - min(without for _, without in starts))

    # The first start compiles to bytecode.
    _start(folder.name)
    return sample


def _start(folder: str, *options: str) -> int:
    """Return the nanoseconds of a pytest that collects nothing."""
    start = time.perf_counter_ns()
    done = subprocess.run(
        [*PYTEST, *options], cwd=folder, env=_environment(), capture_output=True, check=False
    )
    elapsed = time.perf_counter_ns() - start
    if done.returncode != NOTHING_COLLECTED:
        raise ValueError(f"pytest ended with {done.returncode}: {done.stdout.decode()[-500:]}")
    return elapsed


def _environment() -> dict[str, str]:
    """Return the environment without what a surrounding pytest may have put there."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


ROWS = (
    Row(
        section=STARTS,
        name="import",
        title="import in a fresh process",
        prepare=_import,
        targets=(AtMost(30, MILLISECONDS),),
        unit=MILLISECONDS,
        pace=Pace.SLOW,
    ),
    Row(
        section=STARTS,
        name="plugin",
        title="the plugin's addition to the start of pytest",
        prepare=_plugin,
        targets=(AtMost(15, MILLISECONDS),),
        unit=MILLISECONDS,
        pace=Pace.RARE,
    ),
)
