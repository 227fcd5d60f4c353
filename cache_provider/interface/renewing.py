"""The one thread of the process that keeps claims, and the locks of threads that are kept."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread

from cache_provider.arguments import Ttl, ttl_ms
from cache_provider.clock import SYSTEM_CLOCK, Clock, monotonic
from cache_provider.exclusion import Mutex, exclusive
from cache_provider.forking import heed_forks
from cache_provider.interface.lock import DistributedLock, never_acquired
from cache_provider.interface.renewal import (
    KeptHandle,
    LockMaker,
    Renewal,
    RenewalErrand,
    renewal_terms,
)
from cache_provider.steps import finish
from cache_provider.threads import HERE
from cache_provider.threads import Thread as Caller
from cache_provider.waiting import Patience, Waiter

LINGER = 0.2
"""Real seconds for which the thread waits for another claim, and sleeps at the most.

To start one takes longer than to claim; and nobody wakes it when a claim is given back.
"""


class RenewedLock(KeptHandle[DistributedLock], DistributedLock):
    """A handle on a lock whose lease is renewed while it is held.

    Args:
        lock: The handle that claims; its claim is its own, and not a thread's.
        clock: What its lease is judged by.
        lease_ms: The lease in milliseconds.
        hold_ms: For how many milliseconds it is renewed; None without end.
        thread_local: Whether a claim belongs to the thread that made it.
        renewed_by: The handle that renewals pass by; `lock` if it is None.

    Attributes:
        lock: The handle that claims.
    """

    def __init__(
        self,
        lock: DistributedLock,
        clock: Clock,
        lease_ms: int,
        hold_ms: int | None,
        *,
        thread_local: bool,
        renewed_by: DistributedLock | None = None,
    ) -> None:
        super().__init__(lock, clock, lease_ms, hold_ms, renewed_by)
        self._thread_local = thread_local
        self._claimant: Caller | None = None

    @property
    def fence(self) -> int | None:
        return self.lock.fence if self._is_callers() else None

    @property
    def lost(self) -> bool:
        return self._is_lost or self.lock.lost

    def on_lost(self, callback: Callable[[DistributedLock], object]) -> None:
        self._heed(callback)

    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        acquired = self.lock.acquire(blocking, timeout)
        if acquired:
            self._claimant = HERE.thread
            self._is_lost = False
            self._end_renewal()
            self._renewal = Renewal(self, self._clock, self._lease_ms, self._hold_ms)
            RENEWALS.add(self._renewal)
        return acquired

    def release(self) -> None:
        if self._claimant is not None and not self._is_callers():
            raise never_acquired(self.name, by_thread=True)
        self._end_renewal()
        self.lock.release()
        self._is_lost = False

    def locked(self) -> bool:
        return self.lock.locked()

    def owned(self) -> bool:
        return self._is_callers() and self.lock.owned()

    def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        return self.lock.extend(additional_time, replace_ttl=replace_ttl) if self._is_callers() else False

    def holder(self) -> str | None:
        return self.lock.holder()

    def made(self, token: str) -> bool:
        return self.lock.made(token)

    def doubt(self) -> None:
        self.lock.doubt()

    # What keeps the claim

    def renew(self, lease_ms: int) -> bool:
        """Let the lease end so many milliseconds from now; tell whether it was still the caller's."""
        return self._renewed_by.extend(timedelta(milliseconds=lease_ms), replace_ttl=True)

    def holds_on(self) -> bool:
        """Tell whether the claim is still there, without a lease that could be renewed."""
        return self._renewed_by.owned()

    def note_lost(self) -> None:
        """Take note that the claim is lost, and tell who wanted to know."""
        self._is_lost = True
        self._tell_all()

    def _is_callers(self) -> bool:
        return not self._thread_local or self._claimant is HERE.thread

    def _end_renewal(self) -> None:
        if self._renewal is not None:
            RENEWALS.drop(self._renewal)


class Renewals:
    """The claims of this process's threads that are kept, and the thread that keeps them.

    It starts with the first claim, and goes when there has been none for a
    while. Where a clock that is moved keeps claims by itself, there is none.
    """

    def __init__(self) -> None:
        self._after_fork()
        heed_forks(self)

    def _after_fork(self) -> None:
        """Forget the parent's claims: it is the parent who keeps them."""
        self._mutex = Mutex()
        self._kept: set[Renewal] = set()
        self._gate: Waiter | None = None
        # When the thread looks next, in real time.
        self._planned = 0.0
        self._idle_since = monotonic()

    def add(self, renewal: Renewal) -> None:
        """Keep a claim until it is given back or lost."""
        if not renewal.clock.attend(RenewalErrand(renewal, finish)):
            self._begin(renewal)

    @exclusive("_mutex")
    def _begin(self, renewal: Renewal) -> None:
        self._kept.add(renewal)
        if self._gate is None:
            self._gate = Waiter()
            Thread(target=self._keep, args=(self._gate,), name="cache-provider-renewals", daemon=True).start()
        elif renewal.wakes(self._planned):
            self._gate.wake()

    @exclusive("_mutex")
    def drop(self, renewal: Renewal) -> None:
        """Keep a claim no longer; the thread finds out by itself."""
        renewal.end()
        self._kept.discard(renewal)

    def _keep(self, gate: Waiter) -> None:
        """Do what is due, until there is nothing any more."""
        for_ever = Patience(SYSTEM_CLOCK, None)
        try:
            while (seconds := self._seconds_to_the_next()) is not None:
                gate.wait(for_ever, at_most=seconds)
                for renewal in self._due():
                    finish(renewal.steps())
        finally:
            self._note_gone(gate)

    @exclusive("_mutex")
    def _note_gone(self, gate: Waiter) -> None:
        """Let the next claim start another thread, also where this one was ended from outside."""
        if self._gate is gate:
            self._gate = None

    @exclusive("_mutex")
    def _due(self) -> list[Renewal]:
        due = [renewal for renewal in self._kept if not renewal.is_over and renewal.is_due()]
        return sorted(due, key=lambda renewal: renewal.due_ms)

    @exclusive("_mutex")
    def _seconds_to_the_next(self) -> float | None:
        """Return the real seconds until something is due; None, and the thread ends, if nothing has been."""
        self._kept = {renewal for renewal in self._kept if not renewal.is_over}
        now = monotonic()
        if self._kept:
            self._idle_since = now
        left = min([LINGER, *(renewal.seconds_left() for renewal in self._kept)])
        if now - self._idle_since >= LINGER:
            self._gate = None
            return None
        self._planned = now + left
        return left


RENEWALS = Renewals()
"""Those of this process."""


def renewed_lock(
    cache: LockMaker,
    name: str,
    timeout: Ttl,
    blocking_timeout: Ttl | None,
    *,
    thread_local: bool,
    renew: bool,
    max_hold: Ttl | None,
    renewed_by: Callable[[DistributedLock], DistributedLock] | None = None,
    **terms: bool,
) -> DistributedLock:
    """Return a handle on a lock of `cache` whose lease is renewed, made of one that is not.

    Args:
        cache: The cache.
        name: As in `get_lock`.
        timeout: As in `get_lock`.
        blocking_timeout: As in `get_lock`.
        thread_local: As in `get_lock`.
        renew: As in `get_lock`.
        max_hold: As in `get_lock`.
        renewed_by: Returns the handle that renewals pass by; by default the one that claims.
        **terms: As in `get_lock`.
    """
    # The claim is this handle's; whose thread it is, the one around it knows.
    is_shared = False if thread_local is True else thread_local
    lock: DistributedLock = cache.get_lock(name, timeout, blocking_timeout, thread_local=is_shared, **terms)
    hold_ms = renewal_terms(cache.clock, renew, max_hold)
    lock.is_renewed = True
    return RenewedLock(
        lock,
        cache.clock,
        ttl_ms("timeout", timeout),
        hold_ms,
        thread_local=thread_local,
        renewed_by=None if renewed_by is None else renewed_by(lock),
    )
