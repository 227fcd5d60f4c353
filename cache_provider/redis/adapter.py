"""`RedisCacheAdapter`: a Redis or Valkey server behind the interface."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cache_provider.arguments import Ttl
from cache_provider.codecs import Codec
from cache_provider.errors import CacheClosedError, CacheConfigurationError, CacheError
from cache_provider.interface.lock import TEN_SECONDS, DistributedLock
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.interface.renewing import renewed_lock
from cache_provider.redis.clients import (
    THREADED,
    Client,
    Opened,
    accept_client,
    open_client,
)
from cache_provider.redis.driver import Driver
from cache_provider.redis.identity import RedisIdentity
from cache_provider.redis.lock import RedisDistributedLock


class RedisCacheAdapter(RedisIdentity[Driver], CacheProviderInterface):
    """A server behind the interface: one node, Sentinel or Cluster, Redis 6.2 and newer or Valkey.

    An operation whose effect may have happened is never sent twice by a client
    made from `url`: reads are repeated a few times with growing pauses, writes
    only if they did not leave this process. A client that is passed in keeps
    its own retries; make it with `retry=Retry(NoBackoff(), 0)` for the same.

    `stats` tells what this adapter did; evictions and expirations are the
    server's to count, and 0 here. `flush_all` is `SCAN` and `UNLINK`, never
    `FLUSHDB`.

    On a Cluster `mset`, `mget` and `mdelete` go key by key and are not atomic,
    and `scan` walks one primary after another: its promise holds while the
    primaries stay the same.

    One that was made from `url` can be pickled, and so sent to another process;
    it makes a client of its own there. The pickle holds the URL's password.

    Args:
        url: `redis://`, `rediss://`, `unix://`, `redis+sentinel://` or `redis+cluster://`.
        client: A ready client of redis-py instead, made with
            `decode_responses=False`; `close` leaves it open.
        key_prefix: Goes before every key on the server.
        cache_name: The label in logs and statistics.
        codec: How values become bytes; `JsonCodec()` by default.
        default_ttl: The ttl of writes that create a value and give none.

    Raises:
        TypeError, ValueError: An argument is not legal.
        CacheConfigurationError: Not exactly one of `url` and `client` is given,
            the URL cannot work, or the client is of another kind, decodes
            answers or keeps some of them itself.
        CacheUnavailableError: A Cluster, which is asked for its nodes at once,
            cannot be reached.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        client: Client | None = None,
        key_prefix: str = "",
        cache_name: str = "redis",
        codec: Codec | None = None,
        default_ttl: Ttl | None = None,
    ) -> None:
        super().__init__(url, key_prefix, cache_name, codec, default_ttl)
        self._driver = Driver(_opened(url, client))

    # Each operation is a program of `Operations`; see there for the commands.

    def get(self, key: str, default: Any = None) -> Any:
        return self._driver.run(self._operations.get(key, default))

    def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        return self._driver.run(self._operations.set(key, value, ttl, keep_ttl))

    def setnx(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        return self._driver.run(self._operations.setnx(key, value, ttl))

    def getset(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> Any:
        return self._driver.run(self._operations.getset(key, value, ttl, keep_ttl))

    def getdel(self, key: str) -> Any:
        return self._driver.run(self._operations.getdel(key))

    def delete(self, key: str) -> bool:
        return self._driver.run(self._operations.delete(key))

    def exists(self, key: str) -> bool:
        return self._driver.run(self._operations.exists(key))

    def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        return self._driver.run(self._operations.incr(key, amount, default, ttl))

    def expire(self, key: str, ttl: Ttl) -> bool:
        return self._driver.run(self._operations.expire(key, ttl))

    def expire_at(self, key: str, when: datetime | None) -> bool:
        return self.persist(key) if when is None else self._driver.run(self._operations.expire_at(key, when))

    def persist(self, key: str) -> bool:
        return self._driver.run(self._operations.persist(key))

    def ttl(self, key: str) -> int | None:
        return self._driver.run(self._operations.ttl(key))

    def pttl(self, key: str) -> int | None:
        return self._driver.run(self._operations.pttl(key))

    def cas_dict_field(
        self,
        key: str,
        field: str,
        expected: Any,
        new_value: dict[str, Any],
        ttl: Ttl | None = None,
        *,
        keep_ttl: bool = False,
    ) -> bool:
        return self._driver.run(
            self._operations.cas_dict_field(key, field, expected, new_value, ttl, keep_ttl)
        )

    def compare_and_set(
        self, key: str, expected: Any, new_value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False
    ) -> bool:
        return self._driver.run(self._operations.compare_and_set(key, expected, new_value, ttl, keep_ttl))

    def compare_and_delete(self, key: str, expected: Any) -> bool:
        return self._driver.run(self._operations.compare_and_delete(key, expected))

    def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        return self._driver.run(self._operations.mget(keys))

    def mset(self, mapping: Mapping[str, Any], ttl: Ttl | None = None) -> bool:
        return self._driver.run(self._operations.mset(mapping, ttl))

    def mdelete(self, keys: Iterable[str]) -> int:
        return self._driver.run(self._operations.mdelete(keys))

    def mexists(self, keys: Iterable[str]) -> dict[str, bool]:
        return self._driver.run(self._operations.mexists(keys))

    def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None = None) -> int:
        return self._driver.run(self._operations.push_limit(key, value, max_len, ttl))

    def list_range(self, key: str, start: int, end: int) -> list[Any]:
        return self._driver.run(self._operations.list_range(key, start, end))

    def hset(self, key: str, field: str, value: Any) -> bool:
        return self._driver.run(self._operations.hset(key, field, value))

    def hget(self, key: str, field: str) -> Any:
        return self._driver.run(self._operations.hget(key, field))

    def hgetall(self, key: str) -> dict[str, Any]:
        return self._driver.run(self._operations.hgetall(key))

    def hdel(self, key: str, *fields: str) -> int:
        return self._driver.run(self._operations.hdel(key, fields))

    def keys(self, pattern: str = "*") -> list[str]:
        return self._driver.run(self._operations.keys(pattern))

    def scan(self, pattern: str = "*", count: int = 100, cursor: int = 0) -> tuple[int, list[str]]:
        return self._driver.run(self._operations.scan(pattern, count, cursor))

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
    ) -> DistributedLock:
        if renew is not False or max_hold is not None:
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
            )
        terms = self._lock_terms(
            name,
            timeout,
            blocking_timeout,
            fenced=fenced,
            raise_on_release_error=raise_on_release_error,
            thread_local=thread_local,
        )
        return RedisDistributedLock(self._driver, self._operations, terms)

    def health_check(self) -> bool:
        try:
            return self._driver.run(self._operations.ping())
        except CacheClosedError:
            raise
        except CacheError:
            return False

    def flush_all(self) -> bool:
        return self._driver.run(self._operations.flush_all())

    def close(self) -> None:
        self._driver.life.end(f"cache {self._cache_name!r} is closed")
        self._driver.disconnect()


def _opened(url: str | None, client: Client | None) -> Opened:
    if url is not None and client is None:
        return open_client(url, THREADED)
    if client is None or url is not None:
        raise CacheConfigurationError("exactly one of url and client must be given")
    return accept_client(client, THREADED)


def client_of(cache: RedisCacheAdapter) -> Client:
    """Return the client of redis-py that an adapter sends by."""
    # It stands here for the rest of the package, which keeps its hands off what is private.
    return cache._driver.client  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
