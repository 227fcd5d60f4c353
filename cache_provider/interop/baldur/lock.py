"""`BaldurLock`: baldur's `DistributedLock` over any lock of this package."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import Self

from baldur.interfaces import cache_provider as upstream

from cache_provider.errors import LockAcquisitionError, LockNotOwnedError
from cache_provider.interface.lock import DistributedLock


class BaldurLock(upstream.DistributedLock):
    """A handle on a lock; made by `BaldurCacheProvider.get_lock`.

    It does what the lock under it does, and raises baldur's `LockNotOwnedError`
    and `LockAcquisitionError` in place of this package's, which are their causes.

    Args:
        lock: The handle that decides.

    Attributes:
        name: The lock's name, without the provider's prefix.
    """

    def __init__(self, lock: DistributedLock) -> None:
        self.name = lock.name
        self._lock = lock

    def __repr__(self) -> str:
        return f"<BaldurLock over {self._lock!r}>"

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Claim the lock if it is free or its lease is over; see `DistributedLock.acquire`.

        Args:
            blocking: Whether to wait; False tries once.
            timeout: How many seconds to wait; 0 and below try once. None takes
                the handle's `blocking_timeout`, and without one waits forever.
        """
        return self._lock.acquire(blocking, timeout)

    def release(self) -> None:
        """Give the lock back. A second release after a successful one does nothing.

        Raises:
            baldur.interfaces.cache_provider.LockNotOwnedError: The lease ran
                out, the lock was taken over, or this handle never acquired it.
        """
        with _upstream_errors():
            self._lock.release()

    def locked(self) -> bool:
        """Tell whether anybody holds the lock."""
        return self._lock.locked()

    def owned(self) -> bool:
        """Tell whether this handle holds the lock, its lease still running."""
        return self._lock.owned()

    def extend(self, additional_time: timedelta) -> bool:
        """Add to the lease; False if the lock is not this handle's any more."""
        return self._lock.extend(additional_time)

    def __enter__(self) -> Self:
        """Acquire the lock, waiting as `blocking_timeout` says.

        Raises:
            baldur.interfaces.cache_provider.LockAcquisitionError: It was not
                acquired in time; the message names the lock, the wait and the holder.
        """
        with _upstream_errors():
            self._lock.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Release the lock.

        Raises:
            baldur.interfaces.cache_provider.LockNotOwnedError: The lease was
                lost before the end. Where the body raised, its exception stays
                and gets a note instead.
        """
        with _upstream_errors():
            self._lock.__exit__(exc_type, exc_val, exc_tb)


@contextmanager
def _upstream_errors() -> Generator[None]:
    try:
        yield
    except LockNotOwnedError as lost:
        raise upstream.LockNotOwnedError(str(lost)) from lost
    except LockAcquisitionError as late:
        raise upstream.LockAcquisitionError(str(late)) from late
