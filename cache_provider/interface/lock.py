"""`DistributedLock`: mutual exclusion with a lease."""

from abc import ABC, abstractmethod
from datetime import timedelta
from types import TracebackType
from typing import Self

from cache_provider.arguments import Ttl
from cache_provider.clock import monotonic
from cache_provider.errors import LockAcquisitionError, LockNotOwnedError

TEN_SECONDS = timedelta(seconds=10)
"""The lease of a lock that names none."""

NO_LOCK = "a key that is no lock"
"""What `holder` answers where the lock's key holds something else."""


class DistributedLock(ABC):
    """A handle on a lock. Two handles are two claimants, in one thread too.

    A handle, not a thread, holds a lock: it may be passed on. The lease ends by
    itself, so a crashed holder blocks others for no longer than that, and a
    slow one may lose its lock: `release` and the end of `with` say so.

    Attributes:
        name: The lock's name, without the adapter's prefix.
    """

    name: str = ""

    @abstractmethod
    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        """Claim the lock if it is free or its lease is over (Redis `SET NX PX`).

        Args:
            blocking: Whether to wait; False tries once.
            timeout: How long to wait, a `timedelta` or seconds; 0 and below try
                once. None takes the handle's `blocking_timeout`, and without
                one waits without end.

        Returns:
            Whether this call acquired it. A handle that holds the lock gets
            False: locks are not re-entrant. No order among waiters is promised.

        Raises:
            TypeError, ValueError: An argument is not legal.
        """

    @abstractmethod
    def release(self) -> None:
        """Give the lock back. A second release after a successful one does nothing.

        Raises:
            LockNotOwnedError: The lease ran out, the lock was taken over, or
                this handle never acquired it.
        """

    @abstractmethod
    def locked(self) -> bool:
        """Tell whether anybody holds the lock."""

    @abstractmethod
    def owned(self) -> bool:
        """Tell whether this handle holds the lock, its lease still running.

        The answer is old as soon as it is given: it is no permission to write.
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
        """Return the token of whoever holds the lock, `NO_LOCK` or None, where the provider can tell."""
        return None

    def __enter__(self) -> Self:
        """Acquire the lock, waiting as `blocking_timeout` says.

        Raises:
            LockAcquisitionError: It was not acquired in time.
        """
        started = monotonic()
        if not self.acquire():
            raise refusal(self.name, monotonic() - started, self.holder())
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Release the lock.

        Raises:
            LockNotOwnedError: The lease was lost before the end. Where the body
                raised, its exception stays and gets a note instead.
        """
        try:
            self.release()
        except LockNotOwnedError as lost:
            note_or_raise(lost, exc_value)


def refusal(name: str, waited: float, holder: str | None) -> LockAcquisitionError:
    """Return the error of a `with` block that did not get its lock; `waited` in real seconds."""
    held = "free again by now" if holder is None else f"held by {holder}"
    return LockAcquisitionError(
        f"lock {name!r} not acquired after {waited:.3f} s; it is {held}",
        name=name,
        waited=waited,
        holder=holder,
    )


def note_or_raise(lost: LockNotOwnedError, bodys_own: BaseException | None) -> None:
    """Raise `lost` at the end of a `with` block, or note it on the exception that ends the block already."""
    if bodys_own is None:
        raise lost
    bodys_own.add_note(f"{lost} (found when the `with` block ended)")
