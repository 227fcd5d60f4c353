"""Starts: what a test run pays before its first test."""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
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
    note="Processor time, bytecode compiled before. import: in a fresh process; import-double: up to the "
    "class that a test makes, which the package itself imports on first use. plugin: what ours adds "
    "to `pytest --collect-only` of an empty folder that loads no other plugin.",
    cast=lambda _effort: SUBJECTS,
)

PROGRAM = """
import sys, time
start = time.process_time_ns()
getattr(__import__(sys.argv[1]), sys.argv[2], None)
print(time.process_time_ns() - start)
"""

PYTEST = (sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider")
WITH_IT = ("-p", "cache_provider.pytest_plugin")

NOTHING_COLLECTED = 5
"""The exit status of a pytest that found no test."""

STARTS_A_SAMPLE = 4


def _import(subject: Subject, _effort: Effort) -> Sampler:
    return _importing(subject.module)


def _first_use(subject: Subject, _effort: Effort) -> Sampler | None:
    return _importing(subject.module, "InMemoryCacheAdapter") if subject.name == OURS else None


def _importing(module: str, name: str = "") -> Sampler:
    command = [sys.executable, "-c", PROGRAM, module, name]
    environment = _environment(_folder())

    def sample() -> float:
        # From the checkout's root, so that its own packages are found without being installed.
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, text=True)
        return float(done.stdout.splitlines()[-1])

    # The first import compiles to bytecode: not what a second run pays.
    sample()
    return sample


def _plugin(subject: Subject, _effort: Effort) -> Sampler | None:
    if subject.name != OURS:
        return None
    folder = _folder()
    environment = {**_environment(_folder()), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}

    def start(*options: str) -> int:
        return _start(folder, environment, *options)

    def sample() -> float:
        # In turns; whatever else goes on only adds to a start, so the quickest is the start itself.
        starts = [(start(*WITH_IT), start()) for _ in range(STARTS_A_SAMPLE)]
        return float(min(with_it for with_it, _ in starts) - min(without for _, without in starts))

    # The first start compiles to bytecode.
    start(*WITH_IT)
    return sample


def _folder() -> str:
    """Return an empty folder, which goes with the row."""
    folder = tempfile.TemporaryDirectory()
    close_later(folder.cleanup)
    return folder.name


def _start(folder: str, environment: Mapping[str, str], *options: str) -> int:
    """Return the nanoseconds of processor time of a pytest that collects nothing."""
    before = _processor_ns()
    done = subprocess.run([*PYTEST, *options], cwd=folder, env=environment, capture_output=True, check=False)
    elapsed = _processor_ns() - before
    if done.returncode != NOTHING_COLLECTED:
        raise ValueError(f"pytest ended with {done.returncode}: {done.stdout.decode()[-500:]}")
    return elapsed


def _processor_ns() -> int:
    """Return the processor time of all processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((used.ru_utime + used.ru_stime) * 1e9)


def _environment(bytecode: str) -> dict[str, str]:
    """Return the environment without what a surrounding pytest may have put there.

    Bytecode is kept in the folder `bytecode`, though the surroundings may say that none is to be written.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "PYTHONPYCACHEPREFIX": bytecode}


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
        name="import-double",
        title="from cache_provider import InMemoryCacheAdapter",
        prepare=_first_use,
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
