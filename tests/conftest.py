"""What the whole suite says before it starts and when it has ended."""

from functools import cache
from importlib import metadata
from typing import NoReturn

import pytest

from cache_provider.testing.servers import ServerProcess
from cache_provider.testing.servers.movable import find_libfaketime
from tests.contract.running import RunningRepetition
from tests.promises import FOUND, promised
from tests.slowness import FAST
from tests.whereabouts import reason, told


def pytest_configure(config: pytest.Config) -> None:
    """Let no test of the fast loop start a server unnoticed, and no client read its own version anew."""
    # redis-py reads the metadata of its package for every client, twice: a third of a test on a server.
    pytest.MonkeyPatch().setattr(metadata, "version", cache(metadata.version))
    if not find_libfaketime():
        config.pluginmanager.register(RunningRepetition())
    if config.option.markexpr == FAST:
        pytest.MonkeyPatch().setattr(ServerProcess, "start", _refuse)


def _refuse(_server: ServerProcess) -> NoReturn:
    """Stand in for `ServerProcess.start`."""
    pytest.fail("a test of the fast loop starts a server: name its file in SLOW_PLACES")


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
