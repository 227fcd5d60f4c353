"""The pytest plugin that tells a server's failure from a machine that was held up.

The clock of a server that is named by URL runs on. Where a test expects that
10 s are left, a second that really passed meanwhile is not a fault of the server.
"""

from collections.abc import Generator

import pytest

LONG = 0.3
"""Real seconds that a test may take before its failure says nothing; the contract is exact to 0.4 s."""

ATTEMPTS = 3

_HELD_UP = "held up"


class Repetition:
    """Runs a test again that failed and took long; at the last attempt a failure is a failure."""

    def __init__(self) -> None:
        self._attempts_left = 0
        self._was_held_up = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run a test as pytest does, as often as it takes."""
        run = item.config.pluginmanager.subset_hook_caller("pytest_runtest_protocol", remove_plugins=[self])
        for left in reversed(range(ATTEMPTS)):
            self._attempts_left, self._was_held_up = left, False
            run(item=item, nextitem=nextitem)
            if not self._was_held_up:
                break
        # A test that a subclass leaves to pytest has one attempt.
        self._attempts_left = 0
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Call a failure that took long by another name, while the test can be run again."""
        report = yield
        if report.failed and call.duration > LONG and self._attempts_left:
            # Neither passed nor failed nor skipped: nobody counts it.
            vars(report)["outcome"] = _HELD_UP
            self._was_held_up = True
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Show such a failure, and do not count it."""
        return (_HELD_UP, "H", _HELD_UP.upper()) if str(report.outcome) == _HELD_UP else None
