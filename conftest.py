"""Fixtures for the suite, the examples and the documentation."""

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from cache_provider import InMemoryLock
from tests.slowness import FAST, in_slow_place, is_slow

pytest_plugins = ["pytester"]

# No deadline for one example: a starved machine is no failure.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even look at what the fast loop leaves out: to collect it takes as long as to run the rest."""
    return True if config.option.markexpr == FAST and in_slow_place(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests: `-m "not slow"` is the fast loop of README and CONTRIBUTING."""
    for item in items:
        if is_slow(item):
            item.add_marker("slow")


def pytest_collection_finish() -> None:
    """Let what was collected be no garbage to look through: each full collection would walk all the tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def tiny_switch_interval() -> Iterator[None]:
    """Switch threads every 10 µs: at the default of 5 ms most races never happen."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.fixture(autouse=True)
def _no_locks_left_in_the_process() -> Iterator[None]:
    """Give every test an empty table of process-wide locks."""
    yield
    InMemoryLock.clear_all_locks()


@pytest.fixture(autouse=True)
def _results_of_celery_may_be_asked_for() -> Iterator[None]:
    """Take back what Celery notes for the whole process: tasks of threads that overlap leave it set."""
    yield
    if (state := sys.modules.get("celery._state")) is not None:
        state._set_task_join_will_block(False)  # noqa: SLF001 - there is no public way
