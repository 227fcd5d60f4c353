"""What the whole suite says before it starts, and which of its tests are slow."""

from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from cache_provider.testing.servers import ServerProcess
from tests.promises import FOUND, promised
from tests.whereabouts import reason, told

ROOT = Path(__file__).parent.parent

SLOW_PLACES = (
    "examples",
    "tests/aio/test_redis.py",
    "tests/bad_input",
    "tests/contract_kit",
    "tests/door",
    "tests/faults/test_on_a_server.py",
    "tests/interop",
    "tests/linearizability/test_random_histories.py",
    "tests/pytest_plugin",
    "tests/race/test_fixture.py",
    "tests/real",
    "tests/redis_adapter",
    "tests/servers",
    "tests/side_by_side",
    "tests/soak",
    "tests/stress",
    "tests/test_config.py",
    "tests/test_documented_tests.py",
)
"""Folders and files whose tests start servers, run pytest within a run or need their time."""

FAST = "not slow"
"""The expression of marks that asks for the fast loop."""


def pytest_configure(config: pytest.Config) -> None:
    """Let no test of the fast loop start a server unnoticed."""
    if config.option.markexpr == FAST:
        pytest.MonkeyPatch().setattr(ServerProcess, "start", _refuse)


def _refuse(_server: ServerProcess) -> NoReturn:
    """Stand in for `ServerProcess.start`."""
    pytest.fail("a test of the fast loop starts a server: its place belongs into SLOW_PLACES")


def pytest_report_header() -> list[str]:
    """Say which servers the suite runs on, and which it was promised."""
    servers = ", ".join(f"{binary.name} ({binary.source})" for binary in FOUND.values())
    return [f"servers: {servers or 'none'}; promised: {', '.join(promised()) or 'none'}"]


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say last what ran on which server, and what was left out."""
    stats = terminalreporter.stats
    passed = [report.nodeid for report in stats.get("passed", ())]
    lines = list(told(passed, [reason(report) for report in stats.get("skipped", ())]))
    if lines:
        terminalreporter.section("what ran where")
    for line in lines:
        terminalreporter.line(line)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests: `-m "not slow"` is the fast loop of CONTRIBUTING.md."""
    for item in items:
        if is_slow(item):
            item.add_marker("slow")


def is_slow(item: pytest.Item) -> bool:
    """Tell whether a test stands in a slow place or on a slow store."""
    return in_slow_place(item.path) or on_a_slow_store(item)


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
