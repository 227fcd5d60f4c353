"""Imports: what a test run pays before its first test."""

import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Effort, Sampler
from benchmarks.row import Row
from benchmarks.subjects import Subject
from benchmarks.targets import MILLISECONDS, AtMost

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys, time
start = time.perf_counter_ns()
__import__(sys.argv[1])
print(time.perf_counter_ns() - start)
"""


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


ROWS = (
    Row(
        name="import",
        title="import in a fresh process",
        prepare=_import,
        targets=(AtMost(30, MILLISECONDS),),
        unit=MILLISECONDS,
    ),
)
