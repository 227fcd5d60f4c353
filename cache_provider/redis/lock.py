"""`RedisDistributedLock`: a key with a token and a lease."""

from cache_provider.arguments import Ttl
from cache_provider.interface.lock import DistributedLock
from cache_provider.redis.claim import LockTerms, ServerClaim
from cache_provider.redis.driver import Driver
from cache_provider.redis.operations import Operations
from cache_provider.steps import finish
from cache_provider.waiting import Waiter


class RedisDistributedLock(DistributedLock):
    """A handle on a lock of a server; made by `RedisCacheAdapter.get_lock`.

    If a primary fails before its replica has heard of a claim, the claim is
    lost: after a failover two handles may hold one lock. Use compare-and-set,
    or a fenced lock, for anything that must not happen twice.

    Args:
        driver: What reaches the server.
        operations: The adapter's operations.
        terms: What `get_lock` was told.
    """

    def __init__(self, driver: Driver, operations: Operations, terms: LockTerms) -> None:
        self.name = terms.name
        self.fenced = terms.fenced
        self.raise_on_release_error = terms.raise_on_release_error
        self._driver = driver
        self._operations = operations
        self._claim = ServerClaim(
            operations,
            driver.run,
            driver.run,
            driver.run,
            driver.blocked_call,
            driver.life,
            terms,
            asks_first=driver.repeats_itself,
        )

    def __repr__(self) -> str:
        return f"<RedisDistributedLock {self._claim}>"

    @property
    def fence(self) -> int | None:
        return self._claim.fence()

    @property
    def lost(self) -> bool:
        return self._claim.lost()

    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        return finish(self._claim.acquire(blocking, timeout, Waiter))

    def release(self) -> None:
        finish(self._claim.release())

    def locked(self) -> bool:
        return self._driver.run(self._operations.exists(self.name))

    def owned(self) -> bool:
        return finish(self._claim.owned())

    def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        return self._driver.run(self._claim.extension(additional_time, replace_ttl=replace_ttl))

    def holder(self) -> str | None:
        return self._driver.run(self._operations.holder(self.name))

    def made(self, token: str) -> bool:
        return self._claim.made(token)

    def doubt(self) -> None:
        self._claim.doubt()
