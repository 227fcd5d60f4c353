"""`RedisDistributedLock`: a key with a token and a lease."""

from cache_provider.arguments import Ttl
from cache_provider.interface.lock import DistributedLock
from cache_provider.redis.claim import ServerClaim
from cache_provider.redis.driver import Driver
from cache_provider.redis.operations import Operations
from cache_provider.steps import finish
from cache_provider.waiting import Waiter


class RedisDistributedLock(DistributedLock):
    """A handle on a lock of a server; made by `RedisCacheAdapter.get_lock`.

    A primary that fails before its replica has heard of a claim takes the claim
    with it: after a failover two handles may hold one lock. What must not
    happen twice needs a compare-and-set on what it changes.

    Args:
        driver: What reaches the server.
        operations: The adapter's operations.
        name: The lock's name, without prefix.
        lease_ms: The lease in milliseconds.
        blocking_ms: How long `acquire` waits in milliseconds, None without end.
    """

    def __init__(
        self, driver: Driver, operations: Operations, name: str, lease_ms: int, blocking_ms: int | None
    ) -> None:
        self.name = name
        self._driver = driver
        self._operations = operations
        self._claim = ServerClaim(operations, driver.run, driver.run, name, lease_ms, blocking_ms)

    def __repr__(self) -> str:
        return f"<RedisDistributedLock {self._claim}>"

    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        """Claim the lock if it is free or its lease is over; see `DistributedLock.acquire`."""
        return finish(self._claim.acquire(blocking, timeout, Waiter))

    def release(self) -> None:
        """Give the lock back; see `DistributedLock.release`."""
        self._driver.require_open()
        finish(self._claim.release())

    def locked(self) -> bool:
        """Tell whether anybody holds the lock."""
        return self._driver.run(self._operations.exists(self.name))

    def owned(self) -> bool:
        """Tell whether this handle holds the lock, its lease still running."""
        return finish(self._claim.owned())

    def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        """Make the lease longer; see `DistributedLock.extend`."""
        return self._driver.run(self._claim.extension(additional_time, replace_ttl=replace_ttl))

    def holder(self) -> str | None:
        """Return the token of whoever holds the lock, or None."""
        return self._driver.run(self._operations.holder(self.name))
