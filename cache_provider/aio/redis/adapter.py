"""`AsyncRedisCacheAdapter`: a Redis or Valkey server behind the asynchronous interface."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from redis.asyncio import Redis, RedisCluster

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.lock import AsyncDistributedLock
from cache_provider.aio.redis.driver import FAMILY, AsyncDriver
from cache_provider.aio.redis.lock import AsyncRedisDistributedLock
from cache_provider.aio.renewing import renewed_lock
from cache_provider.arguments import Ttl
from cache_provider.codecs import Codec
from cache_provider.errors import CacheClosedError, CacheConfigurationError, CacheError
from cache_provider.interface.lock import TEN_SECONDS
from cache_provider.redis.clients import accept_client, open_client
from cache_provider.redis.identity import RedisIdentity


class AsyncRedisCacheAdapter(RedisIdentity[AsyncDriver], AsyncCacheProviderInterface):
    """`RedisCacheAdapter` for coroutines: the same operations, sent the same way.

    An adapter made from `url` may be used from several event loops: each gets
    a client of its own, which is closed when the loop shuts down its asynchronous
    generators, as `asyncio.run` does at its end; `close`, called on a loop, closes
    that loop's. Such an adapter can be pickled, as `RedisCacheAdapter` can.
    `stats` and `flush_all` are those of `RedisCacheAdapter`, too.

    Args:
        url: `redis://`, `rediss://`, `unix://`, `redis+sentinel://` or `redis+cluster://`.
        client: A ready client of `redis.asyncio` instead, made with
            `decode_responses=False`; `close` leaves it open.
        key_prefix: Goes before every key on the server.
        cache_name: The label in logs and statistics.
        codec: How values become bytes; `JsonCodec()` by default.
        default_ttl: The ttl of writes that create a value and give none.

    Raises:
        TypeError, ValueError: An argument is not legal.
        CacheConfigurationError: Not exactly one of `url` and `client` is given,
            the URL cannot work, or the client is of another kind or decodes
            answers.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        client: "Redis | RedisCluster | None" = None,
        key_prefix: str = "",
        cache_name: str = "redis",
        codec: Codec | None = None,
        default_ttl: Ttl | None = None,
    ) -> None:
        super().__init__(url, key_prefix, cache_name, codec, default_ttl)
        self._driver = _driver(url, client)

    # Each operation is a program of `Operations`; see there for the commands.

    async def get(self, key: str, default: Any = None) -> Any:
        return await self._driver.run(self._operations.get(key, default))

    async def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        return await self._driver.run(self._operations.set(key, value, ttl, keep_ttl))

    async def setnx(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        return await self._driver.run(self._operations.setnx(key, value, ttl))

    async def getset(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> Any:
        return await self._driver.run(self._operations.getset(key, value, ttl, keep_ttl))

    async def getdel(self, key: str) -> Any:
        return await self._driver.run(self._operations.getdel(key))

    async def delete(self, key: str) -> bool:
        return await self._driver.run(self._operations.delete(key))

    async def exists(self, key: str) -> bool:
        return await self._driver.run(self._operations.exists(key))

    async def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        return await self._driver.run(self._operations.incr(key, amount, default, ttl))

    async def expire(self, key: str, ttl: Ttl) -> bool:
        return await self._driver.run(self._operations.expire(key, ttl))

    async def expire_at(self, key: str, when: datetime | None) -> bool:
        if when is None:
            return await self.persist(key)
        return await self._driver.run(self._operations.expire_at(key, when))

    async def persist(self, key: str) -> bool:
        return await self._driver.run(self._operations.persist(key))

    async def ttl(self, key: str) -> int | None:
        return await self._driver.run(self._operations.ttl(key))

    async def pttl(self, key: str) -> int | None:
        return await self._driver.run(self._operations.pttl(key))

    async def cas_dict_field(
        self,
        key: str,
        field: str,
        expected: Any,
        new_value: dict[str, Any],
        ttl: Ttl | None = None,
        *,
        keep_ttl: bool = False,
    ) -> bool:
        return await self._driver.run(
            self._operations.cas_dict_field(key, field, expected, new_value, ttl, keep_ttl)
        )

    async def compare_and_set(
        self, key: str, expected: Any, new_value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False
    ) -> bool:
        return await self._driver.run(
            self._operations.compare_and_set(key, expected, new_value, ttl, keep_ttl)
        )

    async def compare_and_delete(self, key: str, expected: Any) -> bool:
        return await self._driver.run(self._operations.compare_and_delete(key, expected))

    async def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        return await self._driver.run(self._operations.mget(keys))

    async def mset(self, mapping: Mapping[str, Any], ttl: Ttl | None = None) -> bool:
        return await self._driver.run(self._operations.mset(mapping, ttl))

    async def mdelete(self, keys: Iterable[str]) -> int:
        return await self._driver.run(self._operations.mdelete(keys))

    async def mexists(self, keys: Iterable[str]) -> dict[str, bool]:
        return await self._driver.run(self._operations.mexists(keys))

    async def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None = None) -> int:
        return await self._driver.run(self._operations.push_limit(key, value, max_len, ttl))

    async def list_range(self, key: str, start: int, end: int) -> list[Any]:
        return await self._driver.run(self._operations.list_range(key, start, end))

    async def hset(self, key: str, field: str, value: Any) -> bool:
        return await self._driver.run(self._operations.hset(key, field, value))

    async def hget(self, key: str, field: str) -> Any:
        return await self._driver.run(self._operations.hget(key, field))

    async def hgetall(self, key: str) -> dict[str, Any]:
        return await self._driver.run(self._operations.hgetall(key))

    async def hdel(self, key: str, *fields: str) -> int:
        return await self._driver.run(self._operations.hdel(key, fields))

    async def keys(self, pattern: str = "*") -> list[str]:
        return await self._driver.run(self._operations.keys(pattern))

    async def scan(self, pattern: str = "*", count: int = 100, cursor: int = 0) -> tuple[int, list[str]]:
        return await self._driver.run(self._operations.scan(pattern, count, cursor))

    def get_lock(
        self,
        name: str,
        timeout: Ttl = TEN_SECONDS,
        blocking_timeout: Ttl | None = None,
        *,
        fenced: bool = False,
        raise_on_release_error: bool = True,
        thread_local: bool = True,
        renew: bool = False,
        max_hold: Ttl | None = None,
        cancel_on_lost: bool = False,
    ) -> AsyncDistributedLock:
        if renew is not False or max_hold is not None or cancel_on_lost is not False:
            return renewed_lock(
                self,
                name,
                timeout,
                blocking_timeout,
                fenced=fenced,
                raise_on_release_error=raise_on_release_error,
                thread_local=thread_local,
                renew=renew,
                max_hold=max_hold,
                cancel_on_lost=cancel_on_lost,
            )
        terms = self._lock_terms(
            name,
            timeout,
            blocking_timeout,
            fenced=fenced,
            raise_on_release_error=raise_on_release_error,
            thread_local=thread_local,
        )
        # A handle of coroutines has its claim for itself.
        terms = replace(terms, thread_local=False)
        return AsyncRedisDistributedLock(self._driver, self._operations, terms)

    async def health_check(self) -> bool:
        try:
            return await self._driver.run(self._operations.ping())
        except CacheClosedError:
            raise
        except CacheError:
            return False

    async def flush_all(self) -> bool:
        return await self._driver.run(self._operations.flush_all())

    async def close(self) -> None:
        self._driver.life.end(f"cache {self._cache_name!r} is closed")
        await self.disconnect()

    async def disconnect(self) -> None:
        """Close the connections of the running loop; this adapter's next operation there opens new ones.

        A client that was passed in is left open.
        """
        await self._driver.disconnect()


def _driver(url: str | None, client: "Redis | RedisCluster | None") -> AsyncDriver:
    if url is not None and client is None:
        # Made once and thrown away, so that a wrong URL is refused here and not at the first use.
        open_client(url, FAMILY)
        return AsyncDriver(make=lambda: open_client(url, FAMILY))
    if client is None or url is not None:
        raise CacheConfigurationError("exactly one of url and client must be given")
    return AsyncDriver(shared=accept_client(client, FAMILY))
