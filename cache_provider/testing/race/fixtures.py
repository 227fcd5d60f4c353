"""What the fixture `cache_race` hands out: `explore`, with the tokens of earlier runs."""

from collections.abc import Callable
from hashlib import sha256
from typing import Protocol, Unpack

import pytest

from cache_provider.testing.race.errors import Diverged
from cache_provider.testing.race.explorer import explore
from cache_provider.testing.race.result import Result
from cache_provider.testing.race.search import name_of
from cache_provider.testing.race.settings import Options
from cache_provider.testing.race.tokens import Token

__all__ = ["CacheRace"]

REPLAY_OPTION = "--cache-provider-replay"


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
    """

    def __init__(self, config: pytest.Config, nodeid: str) -> None:
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
            BlockedOutside: None failed, but some could not be run to their end.
        """
        __tracebackhide__ = True
        if self._replay is not None:
            return self._run_again(scenario, self._replay, options)
        self._try_what_failed_before(scenario, options)
        result = explore(scenario, **options)
        if result.failure is not None:
            self._remember(scenario, result.failure.token)
        result.check()
        return result

    def _run_again(self, scenario: Callable[..., object], token: str, options: Options) -> Result:
        __tracebackhide__ = True
        if Token.parse(token).scenario != name_of(scenario):
            pytest.skip(f"{REPLAY_OPTION} names a schedule of {Token.parse(token).scenario}")
        result = explore(scenario, **(options | Options(replay=token)))
        result.check()
        return result

    def _try_what_failed_before(self, scenario: Callable[..., object], options: Options) -> None:
        __tracebackhide__ = True
        token = self._remembered(scenario)
        if token is None:
            return
        try:
            result = explore(scenario, **(options | Options(replay=token)))
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
        name = sha256(f"{self._nodeid} {name_of(scenario)}".encode()).hexdigest()
        return f"cache_provider/races/{name[:16]}"
