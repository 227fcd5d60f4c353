"""The explorer's caches: the double behind the seam, its waits taken over."""

from collections.abc import Callable
from typing import Any

from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.interface.flight import FlightTable
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.testing.race.blocking import RaceGate
from cache_provider.testing.race.interception import Interception
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.seam import (
    AsyncInstrumentedCache,
    InstrumentedCache,
)


class RaceCache(InstrumentedCache):
    """A cache whose every operation is a step of a schedule.

    Args:
        provider: The double.
        interception: Where each operation stops.
        stage: The schedule; is told of locks and of calls of `get_or_set`.
        make_gate: Makes what a caller of `get_or_set` waits at.
    """

    def __init__(
        self,
        provider: InMemoryCacheAdapter,
        interception: Interception,
        stage: Stage,
        make_gate: Callable[[], RaceGate],
    ) -> None:
        super().__init__(provider, interception)
        self._stage = stage
        self._flights = FlightTable(make_gate)

    def __repr__(self) -> str:
        return f"<RaceCache prefix={self.key_prefix!r}>"

    def _renewing(self, lock: Any) -> Any:
        # A renewal is not a step of a task.
        return lock.lock

    def get_or_set(self, *arguments: Any, **options: Any) -> Any:
        self._stage.computing += 1
        try:
            value = super().get_or_set(*arguments, **options)
        except BaseException as error:
            self._stage.note_value(type(error).__name__)
            raise
        else:
            self._stage.note_value(value)
            return value
        finally:
            self._stage.computing -= 1


class AsyncRaceCache(AsyncInstrumentedCache):
    """A cache whose every operation is a step of a schedule, for coroutines.

    Args:
        provider: The double.
        interception: Where each operation stops.
        stage: The schedule; is told of locks and of calls of `get_or_set`.
        make_gate: Makes what a caller of `get_or_set` waits at.
    """

    def __init__(
        self,
        provider: AsyncInMemoryCacheAdapter,
        interception: Interception,
        stage: Stage,
        make_gate: Callable[[], RaceGate],
    ) -> None:
        super().__init__(provider, interception)
        self._stage = stage
        self._flights = FlightTable(make_gate)

    def __repr__(self) -> str:
        return f"<AsyncRaceCache prefix={self.key_prefix!r}>"

    def _renewing(self, lock: Any) -> Any:
        # A renewal is not a step of a task.
        return lock.lock

    async def get_or_set(self, *arguments: Any, **options: Any) -> Any:
        self._stage.computing += 1
        try:
            value = await super().get_or_set(*arguments, **options)
        except BaseException as error:
            self._stage.note_value(type(error).__name__)
            raise
        else:
            self._stage.note_value(value)
            return value
        finally:
            self._stage.computing -= 1
