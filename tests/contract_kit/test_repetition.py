"""A test that was held up by the machine is run again; one that failed in time is not."""

import pytest

from cache_provider.testing.contract.repetition import ATTEMPTS, LONG, Repetition

pytest_plugins = ["pytester"]

# The time that pytest itself measures, moved on by what the machine may have lost.
TEST_FILE = """
import pytest
from _pytest import timing

runs = []
lost = [0.0]

@pytest.fixture(autouse=True)
def machine(monkeypatch):
    true = timing.perf_counter
    monkeypatch.setattr(timing, "perf_counter", lambda: true() + sum(lost))

def test_it():
    runs.append(1)
    lost.append({lost})
    assert len(runs) > {failures}
"""


class Choosing(Repetition):
    """Leaves every test but `test_it` to pytest, as a suite does with those on no running server."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run one test."""
        return super().pytest_runtest_protocol(item, nextitem) if item.name == "test_it" else None


def outcomes(
    pytester: pytest.Pytester,
    lost: float,
    failures: int,
    *,
    more: str = "",
    repetition: Repetition | None = None,
) -> dict[str, int]:
    """Return what comes of a test that fails so many times, each time after so many lost seconds."""
    pytester.makepyfile(TEST_FILE.format(lost=lost, failures=failures) + more)
    repetition = repetition or Repetition()

    class Registering:
        """Adds the plugin as the run begins."""

        def pytest_configure(self, config: pytest.Config) -> None:
            """Register it."""
            config.pluginmanager.register(repetition)

    result = pytester.runpytest_inprocess(
        "-p", "no:randomly", "-p", "no:xdist", "-p", "no:asyncio", plugins=[Registering()]
    )
    return result.parseoutcomes()


def test_a_test_that_was_held_up_gets_another_chance(pytester: pytest.Pytester) -> None:
    """It passes in the end, and what came before is shown, not counted."""
    assert outcomes(pytester, LONG + 1, ATTEMPTS - 1) == {"passed": 1, "held": ATTEMPTS - 1}


def test_a_test_that_always_fails_fails(pytester: pytest.Pytester) -> None:
    """At the last attempt, however long it took."""
    assert outcomes(pytester, LONG + 1, 99)["failed"] == 1


def test_a_test_that_fails_in_time_fails_at_once(pytester: pytest.Pytester) -> None:
    """A wrong server is not asked again."""
    assert outcomes(pytester, 0, 1) == {"failed": 1}


def test_a_test_that_is_left_to_pytest_fails(pytester: pytest.Pytester) -> None:
    """However long it took, and though the test before it had attempts left."""
    other = f"\n\ndef test_that_is_left():\n    lost.append({LONG + 1})\n    assert False\n"
    assert outcomes(pytester, 0, 0, more=other, repetition=Choosing()) == {"passed": 1, "failed": 1}
