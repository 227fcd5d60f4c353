"""`AsyncDistributedLock`: mutual exclusion with a lease, for coroutines."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeAlias

from cache_provider.arguments import Ttl
from cache_provider.clock import monotonic
from cache_provider.errors import CacheError, CacheUnavailableError
from cache_provider.interface.lock import DistributedLock, note_release, refusal, settle, unwatched


class AsyncDistributedLock(ABC):
    """A handle on a lock; what each method does is said at `DistributedLock`.

    A handle, not a task, holds a lock: tasks that share one wait for each
    other, any of them may release it, and it may be passed on, to a thread with
    a loop of its own too. A cancellation at any point leaves no claim
    and no waiter behind: a claim that was just made is given back, and a
    release that has begun is carried out. It is raised soon all the
    same: an answer that a server does not give at once is not waited for.

    Attributes:
        name: The lock's name, without the adapter's prefix.
        fenced: As of `DistributedLock`.
        raise_on_release_error: As of `DistributedLock`.
        is_renewed: As of `DistributedLock`.
    """

    name: str = ""
    fenced: bool = False
    raise_on_release_error: bool = True
    is_renewed: bool = False

    @property
    def fence(self) -> int | None:
        """The number of the handle's claim; see `DistributedLock.fence`."""
        return None

    @property
    def lost(self) -> bool:
        """Whether the lease of the last claim is known to have ended; see `DistributedLock.lost`."""
        return False

    def on_lost(self, callback: Callable[["AsyncDistributedLock"], object]) -> None:
        """Call `callback(lock)`, in the loop, for each claim found lost; see `DistributedLock.on_lost`."""
        del callback
        raise unwatched(self.name)

    @abstractmethod
    async def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        """Claim the lock; see `DistributedLock.acquire`. Waiting blocks nobody but the calling task."""

    @abstractmethod
    async def release(self) -> None:
        """Give the lock back; see `DistributedLock.release`. A cancellation does not stop that."""

    @abstractmethod
    async def locked(self) -> bool:
        """Tell whether anybody holds the lock."""

    @abstractmethod
    async def owned(self) -> bool:
        """Tell whether this handle holds the lock, its lease still running; see `DistributedLock.owned`."""

    @abstractmethod
    async def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        """Make the lease longer; see `DistributedLock.extend`."""

    async def holder(self) -> str | None:
        """Return the token of the lock's holder; see `DistributedLock.holder`."""
        return None

    def made(self, token: str) -> bool:
        """Tell whether a token is of this handle; see `DistributedLock.made`."""
        del token
        return False

    def doubt(self) -> None:  # noqa: B027 - a handle that cannot tell never doubts
        """Take the reply to the last claim or release as lost; see `DistributedLock.doubt`."""

    async def __aenter__(self) -> Self:
        """Acquire the lock, waiting as `blocking_timeout` says.

        Raises:
            LockAcquisitionError: It was not acquired in time.
        """
        started = monotonic()
        try:
            acquired = await self.acquire()
        except CacheUnavailableError as lost:
            # The claim may have been made, and nobody but this block could give it back.
            try:
                await self.release()
            except CacheError as met:
                note_release(lost, met)
            raise
        if not acquired:
            raise refusal(self, monotonic() - started, await self.holder())
        return self

    async def __aexit__(
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
            await self.release()
        except Exception as met:  # noqa: BLE001 - it is raised, logged, or noted on what is raised
            settle(self, met, exc_value)


AnyLock: TypeAlias = DistributedLock | AsyncDistributedLock
"""A handle of either kind."""
