"""`AsyncDistributedLock`: mutual exclusion with a lease, for coroutines."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from cache_provider.arguments import Ttl
from cache_provider.clock import monotonic
from cache_provider.errors import LockNotOwnedError
from cache_provider.interface.lock import note_or_raise, refusal


class AsyncDistributedLock(ABC):
    """A handle on a lock; what each method does is said at `DistributedLock`.

    A handle, not a task, holds a lock: it may be passed on, to a thread with a
    loop of its own too. A cancellation, wherever it strikes, leaves no claim
    and no waiter behind: a claim that was just made is given back, and a
    release that has begun is carried out.

    Attributes:
        name: The lock's name, without the adapter's prefix.
    """

    name: str = ""

    @abstractmethod
    async def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        """Claim the lock; see `DistributedLock.acquire`. Waiting blocks nobody but the calling task."""

    @abstractmethod
    async def release(self) -> None:
        """Give the lock back; see `DistributedLock.release`."""

    @abstractmethod
    async def locked(self) -> bool:
        """Tell whether anybody holds the lock."""

    @abstractmethod
    async def owned(self) -> bool:
        """Tell whether this handle holds the lock, its lease still running."""

    @abstractmethod
    async def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        """Make the lease longer; see `DistributedLock.extend`."""

    async def holder(self) -> str | None:
        """Return the token of whoever holds the lock; see `DistributedLock.holder`."""
        return None

    async def __aenter__(self) -> Self:
        """Acquire the lock, waiting as `blocking_timeout` says.

        Raises:
            LockAcquisitionError: It was not acquired in time.
        """
        started = monotonic()
        if not await self.acquire():
            raise refusal(self.name, monotonic() - started, await self.holder())
        return self

    async def __aexit__(
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
            await self.release()
        except LockNotOwnedError as lost:
            note_or_raise(lost, exc_value)
