"""`DistributedLock`: mutual exclusion with a lease."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

from cache_provider.arguments import Ttl
from cache_provider.clock import monotonic
from cache_provider.errors import (
    CacheConfigurationError,
    CacheError,
    CacheUnavailableError,
    LockAcquisitionError,
    LockNotOwnedError,
)

TEN_SECONDS = timedelta(seconds=10)
"""The lease of a lock that names none."""

NO_LOCK = "a key that is not a lock"
"""What `holder` answers where the lock's key holds something else."""


class DistributedLock(ABC):
    """A handle on a lock. Two handles are two claimants, even in one thread.

    A claim belongs to the thread that made it: threads that share a handle
    exclude each other. The claim of a handle made by
    `get_lock(..., thread_local=False)` belongs to the handle, which threads may pass
    on. The lease ends by itself, so a crashed holder blocks others for no longer
    than that. A slow holder may lose its lock; `release` and the end of `with` say so.

    A claim is not lost with its reply: its handle keeps the token that it sent.
    `owned` asks the server for it, `release` releases it, and the next `acquire`
    recognises it as a success.

    Attributes:
        name: The lock's name, without the adapter's prefix.
        fenced: Whether each claim gets a number.
        raise_on_release_error: Whether the end of a `with` raises if the lease was lost
            although the body raised nothing, or only logs a warning.
        is_renewed: Whether its lease is renewed while it is held.
    """

    name: str = ""
    fenced: bool = False
    raise_on_release_error: bool = True
    is_renewed: bool = False

    @property
    def fence(self) -> int | None:
        """The number of the caller's claim, larger than that of any earlier claim on this lock.

        It is there from the claim to its release; otherwise, and without
        `fenced=True`, it is None. It does not ask the server, so a holder whose lease
        has run out still sees its old number. That is its purpose: what the
        lock protects can refuse anyone who comes with an older number.
        """
        return None

    @property
    def lost(self) -> bool:
        """Whether the lease of the current or last claim is known to have ended unreleased.

        It does not ask the server: it knows what the clock says, and what an operation of
        this handle, or its renewal, has found. It is False before a claim and after
        a release in time, and the same in every thread.
        """
        return False

    def on_lost(self, callback: Callable[["DistributedLock"], object]) -> None:
        """Call `callback(lock)` once for each claim of a renewed lock that is found lost.

        The thread that renews calls it, or the thread that moves a `ManualClock`, if
        that is what makes renewals happen. If the claim is already lost, it is called at once.
        What it raises is logged.

        Args:
            callback: What is called; it may be set before or after `acquire`.

        Raises:
            CacheConfigurationError: The lock was made without `renew=True`: nobody would find out.
            TypeError: `callback` is not callable.
        """
        del callback
        raise unwatched(self.name)

    @abstractmethod
    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        """Claim the lock if it is free or its lease is over (Redis `SET NX PX`).

        Args:
            blocking: Whether to wait; False tries once.
            timeout: How long to wait, a `timedelta` or seconds; 0 and below try
                once. None uses the handle's `blocking_timeout`; if that is None
                too, it waits forever.

        Returns:
            Whether this call acquired it. Locks are not re-entrant: a handle that
            holds the lock and asks again waits like any other. No order among
            waiters is promised.

        Raises:
            TypeError, ValueError: An argument is not legal.
        """

    @abstractmethod
    def release(self) -> None:
        """Release the lock. A second release after a successful one does nothing.

        Raises:
            LockNotOwnedError: The lease ran out, the lock was taken over, or
                the caller never acquired it.
        """

    @abstractmethod
    def locked(self) -> bool:
        """Tell whether anybody holds the lock."""

    @abstractmethod
    def owned(self) -> bool:
        """Tell whether the caller holds the lock through this handle and its lease still runs.

        The answer may be out of date at once: it does not give permission to write.
        """

    @abstractmethod
    def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        """Make the lease longer.

        Args:
            additional_time: What is added, a `timedelta` or seconds, more than 0.
            replace_ttl: Let the lease end `additional_time` from now instead.

        Returns:
            False if the lock is not this handle's any more or was made persistent.

        Raises:
            TypeError, ValueError: An argument is not legal.
        """

    def holder(self) -> str | None:
        """Return the token of the lock's holder, `NO_LOCK` or None, where the provider can tell."""
        return None

    def made(self, token: str) -> bool:
        """Tell whether a token, as `holder` returns it, is of this handle, in any thread."""
        del token
        return False

    def doubt(self) -> None:  # noqa: B027 - a handle that cannot tell never doubts
        """Take the reply to the caller's last claim or release as lost; what testing tools do."""

    def __enter__(self) -> Self:
        """Acquire the lock, waiting as `blocking_timeout` says.

        Raises:
            LockAcquisitionError: It was not acquired in time.
        """
        started = monotonic()
        try:
            acquired = self.acquire()
        except CacheUnavailableError as lost:
            # The claim may have been made, and nobody but this block could give it back.
            try:
                self.release()
            except CacheError as met:
                note_release(lost, met)
            raise
        if not acquired:
            raise refusal(self, monotonic() - started, self.holder())
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Release the lock.

        Raises:
            LockNotOwnedError: The lease was lost before the end, unless that is
                only to be logged.
            CacheError: Whatever else `release` met. Where the body raised, its
                exception stays, and gets a note instead of either.
        """
        try:
            self.release()
        except Exception as met:  # noqa: BLE001 - it is raised, logged, or noted on what is raised
            settle(self, met, exc_value)


class NamedLock(Protocol):
    """What the end of a `with` block needs to know of its lock, of either kind.

    Attributes:
        name: The lock's name.
        raise_on_release_error: Whether a lost lease is raised.
    """

    name: str
    raise_on_release_error: bool

    def made(self, token: str) -> bool:
        """Tell whether a token is of this handle."""
        ...


def refusal(lock: NamedLock, waited: float, holder: str | None) -> LockAcquisitionError:
    """Return the error of a `with` block that did not get its lock; `waited` in real seconds."""
    held = "free again by now" if holder is None else f"held by {holder}"
    if holder is not None and lock.made(holder):
        held = f"held by this handle: {holder}"
    return LockAcquisitionError(
        f"lock {lock.name!r} not acquired after {waited:.3f} s; it is {held}",
        name=lock.name,
        waited=waited,
        holder=holder,
    )


def never_acquired(name: str, *, by_thread: bool) -> LockNotOwnedError:
    """Return the error of a release by a thread or handle that holds nothing."""
    claimant = "thread" if by_thread else "handle"
    return LockNotOwnedError(f"lock {name!r} is not held by this {claimant}: it was never acquired")


def lost(name: str, holder: str | None) -> LockNotOwnedError:
    """Return the error of a release that came too late; `holder` has the lock now."""
    fate = "its lease ran out or it was removed" if holder is None else f"it is held by {holder}"
    return LockNotOwnedError(f"lock {name!r} was lost before its release: {fate}")


def unwatched(name: str) -> CacheConfigurationError:
    """Return the error of an `on_lost` that nobody would ever call."""
    return CacheConfigurationError(f"on_lost needs a lock that is renewed: get_lock({name!r}, renew=True)")


def note_release(lost: CacheUnavailableError, met: CacheError) -> None:
    """Note on a claim whose reply was lost what giving it back met, unless it had not been made."""
    if not isinstance(met, LockNotOwnedError):
        lost.add_note(f"and it could not be given back: {met}")


def settle(lock: NamedLock, met: Exception, bodys_own: BaseException | None) -> None:
    """Raise or log what the release at the end of a `with` block met; note it on what the body raised."""
    if bodys_own is not None:
        bodys_own.add_note(f"lock {lock.name!r} could not be released when the `with` block ended: {met}")
    elif lock.raise_on_release_error or not isinstance(met, LockNotOwnedError):
        raise met
    else:
        # Imported here, so that `import cache_provider` stays cheap.
        import logging  # noqa: PLC0415 - see above

        logging.getLogger(__name__).warning("%s (found when the `with` block ended)", met)
