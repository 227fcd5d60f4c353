"""The one task of each event loop that keeps claims, and the locks of coroutines that are kept."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from math import inf
from types import TracebackType
from typing import Self
from weakref import WeakKeyDictionary

from cache_provider.aio.lock import AsyncDistributedLock
from cache_provider.aio.steps import finish, finish_at_once
from cache_provider.aio.waiting import AsyncWaiter, running_loop
from cache_provider.arguments import Ttl, ttl_ms
from cache_provider.clock import SYSTEM_CLOCK, Clock, monotonic
from cache_provider.errors import CacheError, LockNotOwnedError
from cache_provider.interface.renewal import (
    KeptHandle,
    LockMaker,
    Renewal,
    RenewalErrand,
    renewal_terms,
)
from cache_provider.waiting import Patience


class AsyncRenewedLock(KeptHandle[AsyncDistributedLock], AsyncDistributedLock):
    """A handle on a lock whose lease is renewed while it is held, for coroutines.

    Args:
        lock: The handle that claims.
        clock: What its lease is judged by.
        lease_ms: The lease in milliseconds.
        hold_ms: For how many milliseconds it is renewed; None without end.
        cancel_on_lost: Whether the body of `async with` is cancelled when the lock is lost.
        renewed_by: The handle that renewals pass by; `lock` if it is None.

    Attributes:
        lock: The handle that claims.
    """

    def __init__(
        self,
        lock: AsyncDistributedLock,
        clock: Clock,
        lease_ms: int,
        hold_ms: int | None,
        *,
        cancel_on_lost: bool,
        renewed_by: AsyncDistributedLock | None = None,
    ) -> None:
        super().__init__(lock, clock, lease_ms, hold_ms, renewed_by)
        self._cancels = cancel_on_lost
        self._loop: asyncio.AbstractEventLoop | None = None
        self._body: _Body | None = None

    @property
    def fence(self) -> int | None:
        return self.lock.fence

    @property
    def lost(self) -> bool:
        return self._is_lost or self.lock.lost

    def on_lost(self, callback: Callable[[AsyncDistributedLock], object]) -> None:
        self._heed(callback)

    async def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        acquired = await self.lock.acquire(blocking, timeout)
        if acquired:
            self._loop = running_loop()
            self._is_lost = False
            self._end_renewal()
            self._renewal = Renewal(self, self._clock, self._lease_ms, self._hold_ms)
            ASYNC_RENEWALS.add(self._renewal, self._loop)
        return acquired

    async def release(self) -> None:
        self._end_renewal()
        await self.lock.release()
        self._is_lost = False

    async def locked(self) -> bool:
        return await self.lock.locked()

    async def owned(self) -> bool:
        return await self.lock.owned()

    async def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        return await self.lock.extend(additional_time, replace_ttl=replace_ttl)

    async def holder(self) -> str | None:
        return await self.lock.holder()

    def made(self, token: str) -> bool:
        return self.lock.made(token)

    def doubt(self) -> None:
        self.lock.doubt()

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        if self._cancels:
            self._body = _Body()
            if self._is_lost:
                self._body.cancel()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        body, self._body = self._body, None
        if body is None or not await body.was_cancelled_alone(exc_value):
            await super().__aexit__(exc_type, exc_value, traceback)
            return
        lost = LockNotOwnedError(
            f"lock {self.name!r} was lost, and so the body of its `async with` was cancelled"
        )
        try:
            await self.release()
        except CacheError as met:
            lost.add_note(str(met))
        raise lost from exc_value

    # What keeps the claim

    async def renew(self, lease_ms: int) -> bool:
        """Let the lease end so many milliseconds from now; tell whether it was still the caller's."""
        return await self._renewed_by.extend(timedelta(milliseconds=lease_ms), replace_ttl=True)

    async def holds_on(self) -> bool:
        """Tell whether the claim is still there, without a lease that could be renewed."""
        return await self._renewed_by.owned()

    def note_lost(self) -> None:
        """Take note that the claim is lost, and tell who wanted to know, in the loop."""
        self._is_lost = True
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        if _is_running_here(loop):
            self._tell_all()
        else:
            loop.call_soon_threadsafe(self._tell_all)

    def _tell_all(self) -> None:
        if self._body is not None:
            self._body.cancel()
        super()._tell_all()

    def _end_renewal(self) -> None:
        if self._renewal is not None:
            ASYNC_RENEWALS.drop(self._renewal, self._loop)


class _Body:
    """The body of an `async with`, which may be cancelled from outside; made by its task."""

    def __init__(self) -> None:
        task = asyncio.current_task()
        assert task is not None, "only a task enters `async with`"
        self._task = task
        self._asked_before = task.cancelling()
        self._is_cancelled = False

    def cancel(self) -> None:
        """Cancel it."""
        self._is_cancelled = True
        self._task.cancel()

    async def was_cancelled_alone(self, raised: BaseException | None) -> bool:
        """Tell whether it ended by this cancellation and none of anybody else's; take it back."""
        if not self._is_cancelled:
            return False
        is_over = isinstance(raised, asyncio.CancelledError)
        if not is_over:
            # It was cancelled after its last step: what is still to come must not end the release.
            is_over = await _absorb() and raised is None
        return self._task.uncancel() <= self._asked_before and is_over


async def _absorb() -> bool:
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        return True
    return False


def _is_running_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


class AsyncRenewals:
    """The claims of coroutines that are kept, by loop, and the task of each loop that keeps them.

    It starts with the loop's first claim and ends with the last. Where a
    clock that is moved keeps claims by itself, there is none.
    """

    def __init__(self) -> None:
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Keeping] = WeakKeyDictionary()

    def add(self, renewal: Renewal, loop: asyncio.AbstractEventLoop) -> None:
        """Keep a claim until it is given back or lost, or its loop ends."""
        if renewal.clock.attend(RenewalErrand(renewal, finish_at_once)):
            return
        keeping = self._loops.get(loop)
        if keeping is None or keeping.task.done():
            keeping = self._loops[loop] = _Keeping()
        keeping.kept.add(renewal)
        if renewal.wakes(keeping.planned):
            keeping.gate.wake()

    def drop(self, renewal: Renewal, loop: asyncio.AbstractEventLoop | None) -> None:
        """Keep a claim no longer; the loop's task ends with its last."""
        renewal.end()
        keeping = None if loop is None else self._loops.get(loop)
        if keeping is not None:
            keeping.kept.discard(renewal)
            if not keeping.kept:
                keeping.gate.wake()


class _Keeping:
    """What one loop keeps; made while it runs.

    Attributes:
        kept: The renewals.
        gate: Where its task waits.
        planned: When its task looks next, in real time.
        task: Its task.
    """

    def __init__(self) -> None:
        self.kept: set[Renewal] = set()
        self.planned = inf
        self.gate = AsyncWaiter()
        self.task = asyncio.ensure_future(self._keep())

    async def _keep(self) -> None:
        await asyncio.sleep(0)
        for_ever = Patience(SYSTEM_CLOCK, None)
        while self._look():
            seconds = min(renewal.seconds_left() for renewal in self.kept)
            self.planned = monotonic() + seconds
            await self.gate.wait(for_ever, at_most=seconds)
            for renewal in sorted(self.kept, key=lambda renewal: renewal.due_ms):
                if not renewal.is_over and renewal.is_due():
                    await finish(renewal.steps())

    def _look(self) -> bool:
        """Tell whether there is anything to keep."""
        self.kept = {renewal for renewal in self.kept if not renewal.is_over}
        return bool(self.kept)


ASYNC_RENEWALS = AsyncRenewals()
"""Those of this process."""


def renewed_lock(
    cache: LockMaker,
    name: str,
    timeout: Ttl,
    blocking_timeout: Ttl | None,
    *,
    renew: bool,
    max_hold: Ttl | None,
    cancel_on_lost: bool,
    renewed_by: Callable[[AsyncDistributedLock], AsyncDistributedLock] | None = None,
    **terms: bool,
) -> AsyncDistributedLock:
    """Return a handle on a lock of `cache` whose lease is renewed, made of one that is not.

    Args:
        cache: The cache.
        name: As in `get_lock`.
        timeout: As in `get_lock`.
        blocking_timeout: As in `get_lock`.
        renew: As in `get_lock`.
        max_hold: As in `get_lock`.
        cancel_on_lost: As in `get_lock`.
        renewed_by: Returns the handle that renewals pass by; by default the one that claims.
        **terms: As in `get_lock`.
    """
    lock: AsyncDistributedLock = cache.get_lock(name, timeout, blocking_timeout, **terms)
    hold_ms = renewal_terms(cache.clock, renew, max_hold, ("cancel_on_lost", cancel_on_lost))
    lock.is_renewed = True
    return AsyncRenewedLock(
        lock,
        cache.clock,
        ttl_ms("timeout", timeout),
        hold_ms,
        cancel_on_lost=cancel_on_lost,
        renewed_by=None if renewed_by is None else renewed_by(lock),
    )
