"""The object behind the fixture `cache_race`: `explore`, with the tokens of earlier runs."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Protocol, Unpack

import pytest

from cache_provider.testing.race.errors import Diverged
from cache_provider.testing.race.explorer import search
from cache_provider.testing.race.result import Result
from cache_provider.testing.race.search import name_of
from cache_provider.testing.race.settings import Options
from cache_provider.testing.race.tokens import Token

__all__ = ["CacheRace"]

REPLAY_OPTION = "--cache-provider-replay"


CUT_SHORT = "cache_race"
"""The name under which a test's report carries what its searches left out."""


def cut_short(reports: Iterable[pytest.TestReport]) -> list[str]:
    """Return a line for each search of a test that passed without running every schedule."""
    return [
        f"{report.nodeid}: {told}"
        for report in reports
        for name, told in report.user_properties
        if name == CUT_SHORT and report.when == "call" and report.passed
    ]


class _Memory(Protocol):
    """What is used of pytest's own cache."""

    def get(self, key: str, default: object) -> object: ...

    def set(self, key: str, value: object) -> None: ...


class CacheRace:
    """Explores scenarios for one test.

    Args:
        config: Where the option and pytest's own cache are; without that cache
            (`-p no:cacheprovider`) nothing is remembered.
        nodeid: The test.
        properties: Where to put the lines for the summary of the run.
    """

    def __init__(
        self, config: pytest.Config, nodeid: str, properties: list[tuple[str, object]] | None = None
    ) -> None:
        self._properties: list[tuple[str, object]] = [] if properties is None else properties
        self._replay: str | None = config.getoption(REPLAY_OPTION)
        self._memory: _Memory | None = getattr(config, "cache", None)
        self._nodeid = nodeid

    def __call__(self, scenario: Callable[..., object], **options: Unpack[Options]) -> Result:
        """Explore `scenario` as `explore` does, and fail the test if a schedule fails.

        The schedule that failed last time is tried first. With
        `--cache-provider-replay` only the schedule of that token is run, and a
        test of another scenario is skipped.

        Args:
            scenario: As for `explore`.
            **options: As for `explore`.

        Raises:
            Failure: A schedule fails.
            BlockedOutside: None failed, but some could not be finished.
            NotEnough: None failed, but less was explored than `require` asks for.
        """
        __tracebackhide__ = True
        if self._replay is not None:
            return self._run_again(scenario, self._replay, options)
        self._try_what_failed_before(scenario, options)
        result = self._explore(scenario, options)
        if result.failure is not None:
            self._remember(scenario, result.failure.token)
        elif not result.exhausted:
            self._properties.append((CUT_SHORT, str(result)))
        result.check()
        return result

    def _run_again(self, scenario: Callable[..., object], token: str, options: Options) -> Result:
        __tracebackhide__ = True
        if Token.parse(token).scenario != self._name(scenario):
            pytest.skip(f"{REPLAY_OPTION} names a schedule of {Token.parse(token).scenario}")
        result = self._explore(scenario, options | Options(replay=token))
        result.check()
        return result

    def _explore(self, scenario: Callable[..., object], options: Options) -> Result:
        __tracebackhide__ = True
        return search(scenario, self._name(scenario), **options)

    def _name(self, scenario: Callable[..., object]) -> str:
        """Return what tells a scenario of a test from others: a test with other parameters is another."""
        return f"{self._nodeid} {name_of(scenario)}"

    def _try_what_failed_before(self, scenario: Callable[..., object], options: Options) -> None:
        __tracebackhide__ = True
        token = self._remembered(scenario)
        if token is None:
            return
        try:
            result = self._explore(scenario, options | Options(replay=token))
        except (Diverged, ValueError):
            # The scenario is another one by now, or the token another version's.
            result = None
        if result is not None and result.failure is not None:
            result.check()
        self._remember(scenario, None)

    def _remembered(self, scenario: Callable[..., object]) -> str | None:
        if self._memory is None:
            return None
        token = self._memory.get(self._place(scenario), None)
        return token if isinstance(token, str) else None

    def _remember(self, scenario: Callable[..., object], token: str | None) -> None:
        if self._memory is not None:
            self._memory.set(self._place(scenario), token)

    def _place(self, scenario: Callable[..., object]) -> str:
        # One file for each: the workers of pytest-xdist write at the same time.
        name = sha256(self._name(scenario).encode()).hexdigest()
        return f"cache_provider/races/{name[:16]}"
