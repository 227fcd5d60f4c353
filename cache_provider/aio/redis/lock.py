"""`AsyncRedisDistributedLock`: a key with a token and a lease, for coroutines."""

from cache_provider.aio.lock import AsyncDistributedLock
from cache_provider.aio.redis.driver import AsyncDriver
from cache_provider.aio.steps import finish
from cache_provider.aio.waiting import AsyncWaiter
from cache_provider.arguments import Ttl
from cache_provider.redis.claim import LockTerms, ServerClaim
from cache_provider.redis.operations import Operations


class AsyncRedisDistributedLock(AsyncDistributedLock):
    """`RedisDistributedLock` for coroutines; made by `AsyncRedisCacheAdapter.get_lock`.

    Args:
        driver: What reaches the server.
        operations: The adapter's operations.
        terms: What `get_lock` was told.
    """

    def __init__(self, driver: AsyncDriver, operations: Operations, terms: LockTerms) -> None:
        self.name = terms.name
        self.fenced = terms.fenced
        self.raise_on_release_error = terms.raise_on_release_error
        self._driver = driver
        self._operations = operations
        self._claim = ServerClaim(
            operations,
            driver.run,
            driver.run_through,
            driver.run_briefly,
            driver.blocked_call,
            driver.life,
            terms,
            asks_first=driver.repeats_itself,
        )

    def __repr__(self) -> str:
        return f"<AsyncRedisDistributedLock {self._claim}>"

    @property
    def fence(self) -> int | None:
        return self._claim.fence()

    @property
    def lost(self) -> bool:
        return self._claim.lost()

    async def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        return await finish(self._claim.acquire(blocking, timeout, AsyncWaiter))

    async def release(self) -> None:
        await finish(self._claim.release())

    async def locked(self) -> bool:
        return await self._driver.run(self._operations.exists(self.name))

    async def owned(self) -> bool:
        return await finish(self._claim.owned())

    async def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        return await self._driver.run(self._claim.extension(additional_time, replace_ttl=replace_ttl))

    async def holder(self) -> str | None:
        return await self._driver.run(self._operations.holder(self.name))

    def made(self, token: str) -> bool:
        return self._claim.made(token)

    def doubt(self) -> None:
        self._claim.doubt()
