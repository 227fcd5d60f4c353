"""The explorer's caches: the double behind the seam, its waits taken over."""

from collections.abc import Callable
from typing import Any

from cache_provider.aio.lock import AsyncDistributedLock
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.aio.renewing import renewed_lock as async_renewed_lock
from cache_provider.arguments import Ttl
from cache_provider.interface.flight import FlightTable
from cache_provider.interface.lock import TEN_SECONDS, DistributedLock
from cache_provider.interface.renewing import renewed_lock
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.testing.race.blocking import RaceGate
from cache_provider.testing.race.interception import Interception
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.seam import (
    AsyncInstrumentedCache,
    AsyncInstrumentedLock,
    InstrumentedCache,
    InstrumentedLock,
)


def provider_handle(lock: Any) -> Any:
    """Return the double's own handle: a renewal is not a step of a task."""
    return lock.lock


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

    def get_lock(
        self,
        name: str,
        timeout: Ttl = TEN_SECONDS,
        blocking_timeout: Ttl | None = None,
        *,
        fenced: bool = False,
        raise_on_release_error: bool = True,
        thread_local: bool = True,
        renew: bool = False,
        max_hold: Ttl | None = None,
    ) -> DistributedLock:
        if renew is not False or max_hold is not None:
            return renewed_lock(
                self,
                name,
                timeout,
                blocking_timeout,
                fenced=fenced,
                raise_on_release_error=raise_on_release_error,
                thread_local=thread_local,
                renew=renew,
                max_hold=max_hold,
                renewed_by=provider_handle,
            )
        lock = self.provider.get_lock(
            name,
            timeout,
            blocking_timeout,
            fenced=fenced,
            raise_on_release_error=raise_on_release_error,
            thread_local=thread_local,
        )
        self._stage.locks.made(lock, blocking_timeout)
        return InstrumentedLock(self, lock, timeout)


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

    def get_lock(
        self,
        name: str,
        timeout: Ttl = TEN_SECONDS,
        blocking_timeout: Ttl | None = None,
        *,
        fenced: bool = False,
        raise_on_release_error: bool = True,
        thread_local: bool = True,
        renew: bool = False,
        max_hold: Ttl | None = None,
        cancel_on_lost: bool = False,
    ) -> AsyncDistributedLock:
        if renew is not False or max_hold is not None or cancel_on_lost is not False:
            return async_renewed_lock(
                self,
                name,
                timeout,
                blocking_timeout,
                fenced=fenced,
                raise_on_release_error=raise_on_release_error,
                thread_local=thread_local,
                renew=renew,
                max_hold=max_hold,
                cancel_on_lost=cancel_on_lost,
                renewed_by=provider_handle,
            )
        lock = self.provider.get_lock(
            name,
            timeout,
            blocking_timeout,
            fenced=fenced,
            raise_on_release_error=raise_on_release_error,
            thread_local=thread_local,
        )
        self._stage.locks.made(lock, blocking_timeout)
        return AsyncInstrumentedLock(self, lock, timeout)
