"""Which tests are slow, by a rule; nobody marks them by hand."""

from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FAST = "not slow"
"""The expression of marks that asks for the fast loop."""

SLOW_PLACES = (
    "docs/frameworks.md",
    "docs/libraries.md",
    "docs/racing_libraries.md",
    "docs/servers.md",
    "examples/races/test_connection_pool.py",
    "examples/races/test_crashing_winner.py",
    "examples/races/test_double_spend.py",
    "examples/races/test_stampede.py",
    "examples/webhooks/tests/test_async_races.py",
    "examples/webhooks/tests/test_async_replay.py",
    "examples/webhooks/tests/test_races.py",
    "examples/webhooks/tests/test_replay.py",
    "tests/aio/test_redis.py",
    "tests/bad_input",
    "tests/benchmarks",
    "tests/calls/test_cost.py",
    "tests/contract/test_promises.py",
    "tests/contract_kit",
    "tests/door",
    "tests/faults/test_on_a_server.py",
    "tests/interop",
    "tests/linearizability/test_random_histories.py",
    "tests/pytest_plugin",
    "tests/race/test_classes.py",
    "tests/race/test_fixture.py",
    "tests/race/test_fuzzing.py",
    "tests/race/test_library_page.py",
    "tests/race/test_lock_waking.py",
    "tests/race/test_reduction.py",
    "tests/real",
    "tests/redis_adapter",
    "tests/servers",
    "tests/side_by_side",
    "tests/soak",
    "tests/stress",
    "tests/test_command_line.py",
    "tests/test_config.py",
    "tests/test_documented_tests.py",
    "tests/test_kit_names.py",
)
"""Folders and files whose tests start servers, run programs or take their time, and such pages."""


def is_slow(item: pytest.Item) -> bool:
    """Tell whether a test stands in a slow place, runs a page there, or runs on a slow store."""
    return in_slow_place(item.path) or in_slow_place(_page_of(item)) or on_a_slow_store(item)


def _page_of(item: pytest.Item) -> Path:
    page = (
        item.callspec.params.get("path")
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else None
    )
    return page if isinstance(page, Path) else item.path


@cache
def in_slow_place(path: Path) -> bool:
    """Tell whether a file of tests stands in one of the slow places."""
    return any(path.is_relative_to(ROOT / place) for place in SLOW_PLACES)


def on_a_slow_store(item: pytest.Item) -> bool:
    """Tell whether a test runs on a server, or holds coroutines to the contract."""
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return False
    given = item.callspec.params
    if "kept_on" in given:
        return (given["kept_on"], given["reached_by"]) != ("double", "threads")
    return "server" in {given.get("store"), given.get("place")}
