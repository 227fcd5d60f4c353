"""`AsyncInstrumentedCache`: the seam, for coroutines."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from inspect import currentframe
from typing import Any, TypeVar, cast

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.lock import AsyncDistributedLock
from cache_provider.aio.renewing import renewed_lock
from cache_provider.aio.steps import finish
from cache_provider.arguments import Ttl, check_keys, check_mapping
from cache_provider.errors import CacheUnavailableError
from cache_provider.interface.lock import TEN_SECONDS
from cache_provider.testing.seam.shown import ShownCache, ShownLock

T = TypeVar("T")


class AsyncInstrumentedLock(ShownLock[AsyncDistributedLock], AsyncDistributedLock):
    """A lock whose every operation is shown to the cache's interceptors first.

    Attributes:
        lock: The provider's own handle.
    """

    @property
    def fence(self) -> int | None:
        return self.lock.fence

    @property
    def lost(self) -> bool:
        return self.lock.lost

    @property
    def is_renewed(self) -> bool:
        return self.lock.is_renewed

    @is_renewed.setter
    def is_renewed(self, is_renewed: bool) -> None:  # pyright: ignore[reportIncompatibleVariableOverride] # kept once
        self.lock.is_renewed = is_renewed

    async def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        return await self._pass("acquire", self.lock.acquire, blocking, timeout)

    async def release(self) -> None:
        await self._pass("release", self.lock.release)

    async def locked(self) -> bool:
        return await self._pass("locked", self.lock.locked)

    async def owned(self) -> bool:
        return await self._pass("owned", self.lock.owned)

    async def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        return await self._pass("extend", self.lock.extend, additional_time, replace_ttl=replace_ttl)

    # Shown to nobody: these only serve messages, and the tools themselves.

    async def holder(self) -> str | None:
        return await self.lock.holder()

    def made(self, token: str) -> bool:
        return self.lock.made(token)

    def doubt(self) -> None:
        self.lock.doubt()

    async def _pass(self, name: str, method: Callable[..., Awaitable[T]], *given: Any, **options: Any) -> T:
        passage, operation = self._operation(name, given, options)
        return cast("T", await finish(passage.steps(operation, method)))


class AsyncInstrumentedCache(ShownCache[AsyncCacheProviderInterface], AsyncCacheProviderInterface):
    """A provider that shows each primitive operation to interceptors on its way to another provider.

    Composed operations (`get_or_set`, `scan_iter`, `count_keys`,
    `delete_pattern`, `ping`) are seen as the primitive ones they consist of.

    Args:
        provider: The provider that does the work.
        *interceptors: Called with each operation; the first is the outermost.

    Attributes:
        provider: The provider that does the work.
    """

    async def get(self, key: str, default: Any = None) -> Any:
        return await self._pass("get", self.provider.get, key, default)

    async def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        return await self._pass("set", self.provider.set, key, value, ttl, keep_ttl=keep_ttl)

    async def setnx(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        return await self._pass("setnx", self.provider.setnx, key, value, ttl)

    async def getset(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> Any:
        return await self._pass("getset", self.provider.getset, key, value, ttl, keep_ttl=keep_ttl)

    async def getdel(self, key: str) -> Any:
        return await self._pass("getdel", self.provider.getdel, key)

    async def delete(self, key: str) -> bool:
        return await self._pass("delete", self.provider.delete, key)

    async def exists(self, key: str) -> bool:
        return await self._pass("exists", self.provider.exists, key)

    async def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        return await self._pass("incr", self.provider.incr, key, amount, default=default, ttl=ttl)

    async def decr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        return await self._pass("decr", self.provider.decr, key, amount, default=default, ttl=ttl)

    async def expire(self, key: str, ttl: Ttl) -> bool:
        return await self._pass("expire", self.provider.expire, key, ttl)

    async def expire_at(self, key: str, when: datetime | None) -> bool:
        return await self._pass("expire_at", self.provider.expire_at, key, when)

    async def persist(self, key: str) -> bool:
        return await self._pass("persist", self.provider.persist, key)

    async def ttl(self, key: str) -> int | None:
        return await self._pass("ttl", self.provider.ttl, key)

    async def pttl(self, key: str) -> int | None:
        return await self._pass("pttl", self.provider.pttl, key)

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
        return await self._pass(
            "cas_dict_field",
            self.provider.cas_dict_field,
            key,
            field,
            expected,
            new_value,
            ttl,
            keep_ttl=keep_ttl,
        )

    async def compare_and_set(
        self, key: str, expected: Any, new_value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False
    ) -> bool:
        return await self._pass(
            "compare_and_set",
            self.provider.compare_and_set,
            key,
            expected,
            new_value,
            ttl,
            keep_ttl=keep_ttl,
        )

    async def compare_and_delete(self, key: str, expected: Any) -> bool:
        return await self._pass("compare_and_delete", self.provider.compare_and_delete, key, expected)

    async def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        return await self._pass("mget", self.provider.mget, check_keys(keys))

    async def mset(self, mapping: Mapping[str, Any], ttl: Ttl | None = None) -> bool:
        return await self._pass("mset", self.provider.mset, check_mapping(mapping), ttl)

    async def mdelete(self, keys: Iterable[str]) -> int:
        return await self._pass("mdelete", self.provider.mdelete, check_keys(keys))

    async def mexists(self, keys: Iterable[str]) -> dict[str, bool]:
        return await self._pass("mexists", self.provider.mexists, check_keys(keys))

    async def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None = None) -> int:
        return await self._pass("push_limit", self.provider.push_limit, key, value, max_len, ttl)

    async def list_range(self, key: str, start: int, end: int) -> list[Any]:
        return await self._pass("list_range", self.provider.list_range, key, start, end)

    async def hset(self, key: str, field: str, value: Any) -> bool:
        return await self._pass("hset", self.provider.hset, key, field, value)

    async def hget(self, key: str, field: str) -> Any:
        return await self._pass("hget", self.provider.hget, key, field)

    async def hgetall(self, key: str) -> dict[str, Any]:
        return await self._pass("hgetall", self.provider.hgetall, key)

    async def hdel(self, key: str, *fields: str) -> int:
        async def remove(key: str, fields: tuple[str, ...]) -> int:
            return await self.provider.hdel(key, *fields)

        return await self._pass("hdel", remove, key, fields)

    async def keys(self, pattern: str = "*") -> list[str]:
        return await self._pass("keys", self.provider.keys, pattern)

    async def scan(self, pattern: str = "*", count: int = 100, cursor: int = 0) -> tuple[int, list[str]]:
        return await self._pass("scan", self.provider.scan, pattern, count, cursor)

    async def flush_all(self) -> bool:
        return await self._pass("flush_all", self.provider.flush_all)

    async def health_check(self) -> bool:
        try:
            return await self._pass("health_check", self.provider.health_check)
        except CacheUnavailableError:
            return False

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
                renewed_by=self._renewing,
            )
        lock = self.provider.get_lock(
            name,
            timeout,
            blocking_timeout,
            fenced=fenced,
            raise_on_release_error=raise_on_release_error,
            thread_local=thread_local,
        )
        return AsyncInstrumentedLock(self, lock, timeout, blocking_timeout)

    async def close(self) -> None:
        self._passage.watchers.closing(self.provider)
        await self.provider.close()

    async def _pass(self, name: str, method: Callable[..., Awaitable[T]], *given: Any, **options: Any) -> T:
        operation = self._passage.operation(name, given, options, currentframe())
        return cast("T", await finish(self._passage.steps(operation, method)))
