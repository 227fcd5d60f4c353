"""`AsyncCacheProviderInterface`: `CacheProviderInterface` as coroutines."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime
from inspect import isawaitable
from types import TracebackType
from typing import Any, Self, TypeAlias

from cache_provider.aio.lock import AsyncDistributedLock
from cache_provider.aio.steps import finish
from cache_provider.aio.waiting import AsyncWaiter
from cache_provider.arguments import Ttl
from cache_provider.interface.computing import Computation
from cache_provider.interface.counters import opposite
from cache_provider.interface.flight import FlightTable, Outcome
from cache_provider.interface.identity import Identity
from cache_provider.interface.lock import TEN_SECONDS
from cache_provider.interface.patterns import PAGE, Walk
from cache_provider.interface.provider import CacheProviderInterface


class AsyncCacheProviderInterface(Identity):
    """A cache that behaves like Redis, for coroutines.

    Each method is the coroutine of the `CacheProviderInterface` method of that
    name, with its arguments, results and errors; see there for what it does.
    What needs no server stays a plain call: the properties, `stats` and
    `get_lock`. An operation may be cancelled wherever it waits; whether it took
    effect is then as uncertain as after a `CacheTimeoutError`.
    """

    _flights: FlightTable

    def __new__(cls, *_args: Any, **_options: Any) -> Self:
        """Make the instance with what `get_or_set` needs, so that no adapter can forget it."""
        provider = super().__new__(cls)
        provider._flights = FlightTable(AsyncWaiter)
        return provider

    # Values

    @abstractmethod
    async def get(self, key: str, default: Any = None) -> Any:
        """Return the value under `key`, or `default`; see `CacheProviderInterface.get`."""

    @abstractmethod
    async def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        """Store `value` under `key`, replacing what was there; see `CacheProviderInterface.set`."""

    @abstractmethod
    async def setnx(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        """Store `value` only if no live key is there; see `CacheProviderInterface.setnx`."""

    @abstractmethod
    async def getset(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> Any:
        """Store `value` and return the value that was there; see `CacheProviderInterface.getset`."""

    @abstractmethod
    async def getdel(self, key: str) -> Any:
        """Remove the value under `key` and return it; see `CacheProviderInterface.getdel`."""

    @abstractmethod
    async def delete(self, key: str) -> bool:
        """Remove a key of any type; see `CacheProviderInterface.delete`."""

    @abstractmethod
    async def exists(self, key: str) -> bool:
        """Tell whether a live key of any type is there; see `CacheProviderInterface.exists`."""

    async def get_or_set(
        self,
        key: str,
        default_factory: Callable[[], Any],
        ttl: Ttl | None = None,
        *,
        lock_timeout: Ttl = TEN_SECONDS,
        wait_timeout: Ttl = 10.0,
        stale_ttl: Ttl | None = None,
    ) -> Any:
        """Return the value; on a miss compute and store it; see `CacheProviderInterface.get_or_set`.

        The factory may be a coroutine function or a plain one. A caller that is
        cancelled while it computes is replaced by one that waits.
        """
        computation = Computation(
            self,
            key,
            default_factory,
            ttl,
            lock_timeout,
            wait_timeout,
            stale_ttl,
            flights=self._flights,
            call=_outcome,
            as_stored=self.as_stored,
        )
        return (await finish(computation.run())).unwrap()

    # Counters

    @abstractmethod
    async def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        """Add `amount` to the counter; see `CacheProviderInterface.incr`."""

    async def decr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        """Subtract `amount` from the counter; see `CacheProviderInterface.decr`."""
        return await self.incr(key, opposite(key, amount), default=default, ttl=ttl)

    # Time to live

    @abstractmethod
    async def expire(self, key: str, ttl: Ttl) -> bool:
        """Give a live key a new deadline; see `CacheProviderInterface.expire`."""

    @abstractmethod
    async def expire_at(self, key: str, when: datetime | None) -> bool:
        """Give a live key a deadline on the calendar, or none; see `CacheProviderInterface.expire_at`."""

    @abstractmethod
    async def persist(self, key: str) -> bool:
        """Remove the deadline of a live key; see `CacheProviderInterface.persist`."""

    @abstractmethod
    async def ttl(self, key: str) -> int | None:
        """Return the seconds a key has left, or None or -2; see `CacheProviderInterface.ttl`."""

    @abstractmethod
    async def pttl(self, key: str) -> int | None:
        """Return the milliseconds a key has left, or None or -2; see `CacheProviderInterface.pttl`."""

    # Compare and set

    @abstractmethod
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
        """Replace a dict if one of its fields is as expected; see `CacheProviderInterface.cas_dict_field`."""

    @abstractmethod
    async def compare_and_set(
        self, key: str, expected: Any, new_value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False
    ) -> bool:
        """Replace the value if it equals `expected`; see `CacheProviderInterface.compare_and_set`."""

    @abstractmethod
    async def compare_and_delete(self, key: str, expected: Any) -> bool:
        """Remove the value if it equals `expected`; see `CacheProviderInterface.compare_and_delete`."""

    # Bulk

    @abstractmethod
    async def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values that are there, in the order asked; see `CacheProviderInterface.mget`."""

    @abstractmethod
    async def mset(self, mapping: Mapping[str, Any], ttl: Ttl | None = None) -> bool:
        """Store several values; see `CacheProviderInterface.mset`."""

    @abstractmethod
    async def mdelete(self, keys: Iterable[str]) -> int:
        """Remove several keys of any type; see `CacheProviderInterface.mdelete`."""

    @abstractmethod
    async def mexists(self, keys: Iterable[str]) -> dict[str, bool]:
        """Tell for each key whether a live one of any type is there; see `CacheProviderInterface.mexists`."""

    # Capped lists and hashes

    @abstractmethod
    async def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None = None) -> int:
        """Append to a list that keeps its newest items; see `CacheProviderInterface.push_limit`."""

    @abstractmethod
    async def list_range(self, key: str, start: int, end: int) -> list[Any]:
        """Return the items from `start` to `end`, both included; see `CacheProviderInterface.list_range`."""

    @abstractmethod
    async def hset(self, key: str, field: str, value: Any) -> bool:
        """Set a field; see `CacheProviderInterface.hset`."""

    @abstractmethod
    async def hget(self, key: str, field: str) -> Any:
        """Return a field's value, or None; see `CacheProviderInterface.hget`."""

    @abstractmethod
    async def hgetall(self, key: str) -> dict[str, Any]:
        """Return all fields and values; see `CacheProviderInterface.hgetall`."""

    @abstractmethod
    async def hdel(self, key: str, *fields: str) -> int:
        """Remove fields; see `CacheProviderInterface.hdel`."""

    # Patterns

    @abstractmethod
    async def keys(self, pattern: str = "*") -> list[str]:
        """Return all live keys that match, as they are at one moment; see `CacheProviderInterface.keys`."""

    @abstractmethod
    async def scan(self, pattern: str = "*", count: int = 100, cursor: int = 0) -> tuple[int, list[str]]:
        """Return some of the keys that match, and where to go on; see `CacheProviderInterface.scan`."""

    async def scan_iter(self, pattern: str = "*", count: int = PAGE) -> AsyncIterator[str]:
        """Iterate over the keys that match, each once; see `CacheProviderInterface.scan_iter`.

        An asynchronous generator: bad arguments are refused at its first step.
        """
        walk = Walk()
        while not walk.is_over:
            for key in walk.news(await self.scan(pattern, count, walk.cursor)):
                yield key

    async def count_keys(self, pattern: str = "*") -> int:
        """Return how many keys match, by a scan."""
        return len([key async for key in self.scan_iter(pattern)])

    async def delete_pattern(self, pattern: str) -> int:
        """Remove the keys that match, page by page; see `CacheProviderInterface.delete_pattern`."""
        walk, removed = Walk(), 0
        while not walk.is_over:
            removed += await self.mdelete(walk.page(await self.scan(pattern, PAGE, walk.cursor)))
        return removed

    # Locks

    @abstractmethod
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
        """Return a handle on a lock; see `CacheProviderInterface.get_lock`.

        Renewing is done by one task of the loop. With `cancel_on_lost=True`, and `renew`, a lock
        that is lost cancels the body of its `async with`; what comes out is `LockNotOwnedError`.
        """

    # Life

    @abstractmethod
    async def health_check(self) -> bool:
        """Tell whether the cache can be used; any failure is False, never an exception."""

    async def ping(self) -> bool:
        """Tell what `health_check` tells; see `CacheProviderInterface.ping`."""
        return await self.health_check()

    @abstractmethod
    async def flush_all(self) -> bool:
        """Remove every key and lock under this prefix; see `CacheProviderInterface.flush_all`."""

    @abstractmethod
    async def close(self) -> None:
        """End the use of this provider; see `CacheProviderInterface.close`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


AnyProvider: TypeAlias = CacheProviderInterface | AsyncCacheProviderInterface
"""A provider of either kind."""


async def _outcome(factory: Callable[[], Any]) -> Outcome:
    try:
        value = factory()
        return Outcome((await value) if isawaitable(value) else value)
    except Exception as error:  # noqa: BLE001 - it reaches every caller that waits for the outcome
        return Outcome(error=error)
