"""What a run on a real server prints: where it is, and in words what could not be run there."""

from collections import Counter
from collections.abc import Iterable
from typing import cast

import pytest

from cache_provider.masking import masked

ON_A_SERVER = ", and this run is on a real server"
"""How the reason of every skip ends that is a server's."""


class ServerReport:
    """Names the server in the header, and sums up at the end what it made the tests skip.

    Args:
        url: The server.
        source: What named it.
    """

    def __init__(self, url: str, source: str) -> None:
        self._server = masked(url)
        self._source = source

    def pytest_report_header(self) -> str:
        """Say where the tests' caches live."""
        return f"cache_provider: on {self._server}, named by {self._source}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many tests were skipped for the server's sake, and why."""
        reasons = Counter(
            reason.removesuffix(ON_A_SERVER)
            for report in terminalreporter.getreports("skipped")
            if (reason := _reason(report)).endswith(ON_A_SERVER)
        )
        if not reasons:
            return
        terminalreporter.section(f"cache_provider: {_tests(reasons.total())} skipped on {self._server}")
        for reason, count in reasons.most_common():
            terminalreporter.write_line(f"{_tests(count)}: {reason}")


UNKNOWN = "cache_redis: unknown commands"
"""The name under which a test's report carries which commands the double did not know."""


def unknown_commands(reports: Iterable[pytest.TestReport]) -> list[str]:
    """Return a line for each command that a test sent and the double does not know, with its count."""
    counts: Counter[str] = Counter()
    for report in reports:
        if report.when == "teardown":
            for name, found in report.user_properties:
                if name == UNKNOWN:
                    counts.update(cast("dict[str, int]", found))
    return [
        f"{command}: {'once' if count == 1 else f'{count} times'}" for command, count in counts.most_common()
    ]


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"


def _reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped, without the word that pytest puts before it."""
    story = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return story.removeprefix("Skipped: ")
