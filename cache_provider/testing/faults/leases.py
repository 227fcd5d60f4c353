"""Taking a lock away from its holder, on the store itself."""

from threading import Lock

from cache_provider.aio.lock import AnyLock
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter, lock_keyspace_of
from cache_provider.interface.lock import TEN_SECONDS
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.steps import Steps
from cache_provider.testing.seam.operation import Operation, is_holding
from cache_provider.threads import Thread


class HeldLocks:
    """The handles that acquired a lock and did not release it, as far as the seam saw it."""

    def __init__(self) -> None:
        self._claims: dict[tuple[AnyLock, Thread | None], Operation] = {}
        self._noting = Lock()

    def note(self, operation: Operation, result: object) -> None:
        """Remember what an operation that succeeded says about its lock."""
        if operation.lock is None:
            return
        claimant = operation.lock, operation.claimant
        with self._noting:
            if operation.name == "lock.acquire" and result:
                self._claims[claimant] = operation
            elif operation.name == "lock.release":
                self._claims.pop(claimant, None)

    def claims(self) -> list[Operation]:
        """Return the acquisitions that were not released, the newest first."""
        with self._noting:
            return list(reversed(self._claims.values()))


def _same_lock(operation: Operation) -> AnyLock:
    name = operation.key or ""
    return operation.provider.get_lock(name, TEN_SECONDS if operation.lease is None else operation.lease)


def lose(claim: Operation, *, taken_over: bool) -> Steps[bool]:
    """Remove the lock that `claim` acquired, if it is still held; tell whether it was.

    Args:
        claim: The acquisition, or another operation of the handle.
        taken_over: Let somebody else acquire it, whose lease is as long.
    """
    if claim.lock is None or not (yield from is_holding(claim.lock)):
        return False
    provider, name = claim.provider, claim.lock.name
    if isinstance(provider, (InMemoryCacheAdapter, AsyncInMemoryCacheAdapter)):
        # Without `server=` its locks are in a table of their own, which `delete` does not reach.
        lock_keyspace_of(provider).remove_many([provider.key_prefix + name])
    else:
        yield provider.delete(name)
    if taken_over:
        yield _same_lock(claim).acquire(blocking=False)
    return True
