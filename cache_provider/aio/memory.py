"""`AsyncInMemoryCacheAdapter`: the double, for coroutines."""

from asyncio import CancelledError
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.lock import AsyncDistributedLock
from cache_provider.aio.renewing import renewed_lock
from cache_provider.aio.steps import finish
from cache_provider.aio.waiting import AsyncWaiter, give_way
from cache_provider.arguments import Ttl, check_key, check_keys, check_mapping, check_name
from cache_provider.clock import Clock
from cache_provider.codecs import Codec
from cache_provider.errors import CacheError
from cache_provider.interface.lock import TEN_SECONDS
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.memory.eviction import Eviction
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.lock import InMemoryLock, attempt, tell, wait
from cache_provider.memory.server import MemoryServer
from cache_provider.stats import CacheStats


class AsyncInMemoryLock(AsyncDistributedLock):
    """A lock of the double, for coroutines; made by `AsyncInMemoryCacheAdapter.get_lock`.

    It is the same lock as `InMemoryLock` of the same full key: threads and
    tasks, of any loop, exclude and wake each other.

    Args:
        lock: The handle that decides.
    """

    def __init__(self, lock: InMemoryLock) -> None:
        self.name = lock.name
        self.fenced = lock.fenced
        self.raise_on_release_error = lock.raise_on_release_error
        self._lock = lock

    def __repr__(self) -> str:
        return repr(self._lock).replace("InMemoryLock", "AsyncInMemoryLock")

    @property
    def fence(self) -> int | None:
        return self._lock.fence

    @property
    def lost(self) -> bool:
        return self._lock.lost

    async def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        await give_way()
        decided = attempt(self._lock, blocking, timeout)
        return (
            decided if isinstance(decided, bool) else await finish(wait(self._lock, decided, AsyncWaiter()))
        )

    async def release(self) -> None:
        try:
            await give_way()
        except CancelledError as cancelled:
            self._release_all_the_same(cancelled)
            raise
        self._lock.release()

    async def locked(self) -> bool:
        await give_way()
        return self._lock.locked()

    async def owned(self) -> bool:
        await give_way()
        return self._lock.owned()

    async def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        await give_way()
        return self._lock.extend(additional_time, replace_ttl=replace_ttl)

    async def holder(self) -> str | None:
        await give_way()
        return self._lock.holder()

    def made(self, token: str) -> bool:
        return self._lock.made(token)

    def doubt(self) -> None:
        self._lock.doubt()

    def _release_all_the_same(self, cancelled: CancelledError) -> None:
        try:
            self._lock.release()
        except CacheError as met:
            cancelled.add_note(str(met))


class AsyncInMemoryCacheAdapter(AsyncCacheProviderInterface):
    """`InMemoryCacheAdapter` for coroutines.

    Before its one atomic step each operation lets the other tasks run once, as
    waiting for a server would: races that a real server shows, this shows too.
    Adapters of both kinds given the same `server=` see the same keys and locks.

    Args:
        key_prefix: Goes before every key on the server.
        cache_name: The label in logs and statistics.
        server: The server to use; by default one of its own.
        codec: How values become bytes; `JsonCodec()` by default.
        clock: The clock of its own server; the system's by default.
        default_ttl: The ttl of writes that create a value and give none.
        max_size: How many entries its own server holds at most; None for no bound.
        eviction: What to evict when it is full, `"lru"` or `"fifo"`.

    Raises:
        TypeError, ValueError: An argument is not legal.
        CacheConfigurationError: `clock`, `max_size` or `eviction` together with
            `server`, to which they belong.
    """

    def __init__(
        self,
        key_prefix: str = "test:",
        cache_name: str = "memory",
        *,
        server: MemoryServer | None = None,
        codec: Codec | None = None,
        clock: Clock | None = None,
        default_ttl: Ttl | None = None,
        max_size: int | None = None,
        eviction: Eviction = "lru",
    ) -> None:
        self._memory = InMemoryCacheAdapter(
            key_prefix,
            cache_name,
            server=server,
            codec=codec,
            clock=clock,
            default_ttl=default_ttl,
            max_size=max_size,
            eviction=eviction,
        )
        self.clock = self._memory.clock
        self.default_ttl_ms = self._memory.default_ttl_ms

    def __repr__(self) -> str:
        return repr(self._memory).replace("InMemoryCacheAdapter", "AsyncInMemoryCacheAdapter")

    @property
    def provider_name(self) -> str:
        return self._memory.provider_name

    @property
    def cache_name(self) -> str:
        return self._memory.cache_name

    @property
    def key_prefix(self) -> str:
        return self._memory.key_prefix

    def stats(self) -> CacheStats:
        return self._memory.stats()

    # Each operation: take over what the caller may change while others run, let
    # them run, then do what the synchronous adapter does.

    async def get(self, key: str, default: Any = None) -> Any:
        await give_way()
        return self._memory.get(key, default)

    async def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        value = self.as_stored(key, value)
        await give_way()
        return self._memory.set(key, value, ttl, keep_ttl=keep_ttl)

    async def setnx(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        value = self.as_stored(key, value)
        await give_way()
        return self._memory.setnx(key, value, ttl)

    async def getset(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> Any:
        value = self.as_stored(key, value)
        await give_way()
        return self._memory.getset(key, value, ttl, keep_ttl=keep_ttl)

    async def getdel(self, key: str) -> Any:
        await give_way()
        return self._memory.getdel(key)

    async def delete(self, key: str) -> bool:
        await give_way()
        return self._memory.delete(key)

    async def exists(self, key: str) -> bool:
        await give_way()
        return self._memory.exists(key)

    async def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        await give_way()
        return self._memory.incr(key, amount, default=default, ttl=ttl)

    async def expire(self, key: str, ttl: Ttl) -> bool:
        await give_way()
        return self._memory.expire(key, ttl)

    async def expire_at(self, key: str, when: datetime | None) -> bool:
        await give_way()
        return self._memory.expire_at(key, when)

    async def persist(self, key: str) -> bool:
        await give_way()
        return self._memory.persist(key)

    async def ttl(self, key: str) -> int | None:
        await give_way()
        return self._memory.ttl(key)

    async def pttl(self, key: str) -> int | None:
        await give_way()
        return self._memory.pttl(key)

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
        check_key(key)
        check_name("field", field)
        new_value = self.as_stored(key, new_value)
        await give_way()
        return self._memory.cas_dict_field(key, field, expected, new_value, ttl, keep_ttl=keep_ttl)

    async def compare_and_set(
        self, key: str, expected: Any, new_value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False
    ) -> bool:
        new_value = self.as_stored(key, new_value)
        await give_way()
        return self._memory.compare_and_set(key, expected, new_value, ttl, keep_ttl=keep_ttl)

    async def compare_and_delete(self, key: str, expected: Any) -> bool:
        await give_way()
        return self._memory.compare_and_delete(key, expected)

    async def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        keys = check_keys(keys)
        await give_way()
        return self._memory.mget(keys)

    async def mset(self, mapping: Mapping[str, Any], ttl: Ttl | None = None) -> bool:
        mapping = {key: self.as_stored(key, value) for key, value in check_mapping(mapping).items()}
        await give_way()
        return self._memory.mset(mapping, ttl)

    async def mdelete(self, keys: Iterable[str]) -> int:
        keys = check_keys(keys)
        await give_way()
        return self._memory.mdelete(keys)

    async def mexists(self, keys: Iterable[str]) -> dict[str, bool]:
        keys = check_keys(keys)
        await give_way()
        return self._memory.mexists(keys)

    async def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None = None) -> int:
        value = self.as_stored(key, value)
        await give_way()
        return self._memory.push_limit(key, value, max_len, ttl)

    async def list_range(self, key: str, start: int, end: int) -> list[Any]:
        await give_way()
        return self._memory.list_range(key, start, end)

    async def hset(self, key: str, field: str, value: Any) -> bool:
        check_key(key)
        check_name("field", field)
        value = self.as_stored(key, value)
        await give_way()
        return self._memory.hset(key, field, value)

    async def hget(self, key: str, field: str) -> Any:
        await give_way()
        return self._memory.hget(key, field)

    async def hgetall(self, key: str) -> dict[str, Any]:
        await give_way()
        return self._memory.hgetall(key)

    async def hdel(self, key: str, *fields: str) -> int:
        await give_way()
        return self._memory.hdel(key, *fields)

    async def keys(self, pattern: str = "*") -> list[str]:
        await give_way()
        return self._memory.keys(pattern)

    async def scan(self, pattern: str = "*", count: int = 100, cursor: int = 0) -> tuple[int, list[str]]:
        await give_way()
        return self._memory.scan(pattern, count, cursor)

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
        lock = self._memory.get_lock(
            name,
            timeout,
            blocking_timeout,
            fenced=fenced,
            raise_on_release_error=raise_on_release_error,
            thread_local=thread_local,
        )
        # The double's locks are of this class; a subclass need not say so.
        double = cast("InMemoryLock", lock)
        return AsyncInMemoryLock(
            tell(double, raise_on_release_error=raise_on_release_error, thread_local=False)
        )

    async def health_check(self) -> bool:
        await give_way()
        return self._memory.health_check()

    async def flush_all(self) -> bool:
        await give_way()
        return self._memory.flush_all()

    async def close(self) -> None:
        self._memory.close()

    # What only a double has needs no loop, so that fixtures can call it too.

    def set_health_status(self, healthy: bool) -> None:
        """Make `health_check` and `ping` answer `healthy`, and change nothing else."""
        self._memory.set_health_status(healthy)

    def cleanup_expired(self) -> int:
        """Remove the expired entries of the server that nobody touched; return how many were removed."""
        return self._memory.cleanup_expired()

    def get_store_size(self) -> int:
        """Return the number of live entries of the server, of every prefix; locks do not count."""
        return self._memory.get_store_size()

    def clear_all(self) -> None:
        """Empty the whole server: all prefixes and all locks."""
        self._memory.clear_all()

    def as_stored(self, key: str, value: Any) -> Any:
        return self._memory.as_stored(key, value)


def lock_keyspace_of(cache: InMemoryCacheAdapter | AsyncInMemoryCacheAdapter) -> Keyspace:
    """Return where a double's locks are held; its every use raises once that is closed."""
    # It stands here for the rest of the package, which keeps its hands off what is private.
    if isinstance(cache, AsyncInMemoryCacheAdapter):
        cache = cache._memory  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return cache._locks.keyspace  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
