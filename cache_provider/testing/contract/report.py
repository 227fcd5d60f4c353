"""The pytest plugin of a run of the contract from the command line: who is checked, and the result."""

from collections import Counter
from collections.abc import Iterator

import pytest

from cache_provider.errors import CacheError
from cache_provider.masking import masked
from cache_provider.testing.contract.every import CONTRACTS, concept_of
from cache_provider.testing.contract.repetition import Repetition

PASSED, FAILED, ABSENT = "passed", "failed", "not promised"
_OUTCOMES = (PASSED, FAILED, ABSENT)
_DOUBLE = "the double (--cache-provider-url=URL checks a server)"


def report_contract(config: pytest.Config, url: str | None) -> None:
    """Add what a run of the contract needs: where it is run, and where it is reported."""
    if url is not None:
        config.pluginmanager.register(Repetition())
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(ContractReport(url))


class ContractReport:
    """Counts the outcomes of each concept, and prints a row for each at the end.

    Args:
        url: The server that is checked; None: the double.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._checked = _DOUBLE
        self._counts: Counter[tuple[str, str]] = Counter()
        self._reasons: Counter[str] = Counter()

    def pytest_sessionstart(self) -> None:
        """Find out who is there; one that does not answer ends the run, and fails it."""
        if self._url is None:
            return
        try:
            self._checked = describe(self._url)
        except (CacheError, ImportError) as error:
            story = f"cache_provider contract: cannot check {masked(self._url)}: {error}"
            pytest.exit(story, returncode=1)

    def pytest_report_header(self) -> str:
        """Say who is checked."""
        return f"cache_provider contract: {self._checked}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test of the contract."""
        contract = concept_of(report.nodeid.partition("[")[0].rpartition("::")[2])
        if contract is None:
            return
        if report.failed:
            self._counts[contract.__name__, FAILED] += 1
        elif report.skipped:
            self._counts[contract.__name__, ABSENT] += 1
            self._reasons[_reason(report)] += 1
        elif report.when == "call":
            self._counts[contract.__name__, PASSED] += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print a row for each concept, and what was not promised."""
        terminalreporter.section(f"contract: {self._checked}")
        for line in self._rows():
            terminalreporter.write_line(line)
        for reason, count in sorted(self._reasons.items()):
            terminalreporter.write_line(f"{count} {reason}")

    def _rows(self) -> Iterator[str]:
        yield f"{'':24}" + "".join(f"{outcome:>14}" for outcome in _OUTCOMES)
        for contract in CONTRACTS:
            name = contract.__name__
            yield f"{name:24}" + "".join(f"{self._counts[name, outcome]:14}" for outcome in _OUTCOMES)


def describe(url: str) -> str:
    """Return the name and the version of the server, which must answer."""
    # It needs redis-py, and a run on the double does not.
    from cache_provider.testing.contract.remote import Remote  # noqa: PLC0415

    remote = Remote(url)
    try:
        return str(remote)
    finally:
        remote.close()


def _reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped, without the word that pytest puts before it."""
    story = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return story.removeprefix("Skipped: ")
