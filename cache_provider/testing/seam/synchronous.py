"""`InstrumentedCache`: a provider around a provider."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from cache_provider.arguments import Ttl, check_keys, check_mapping
from cache_provider.errors import CacheUnavailableError
from cache_provider.interface.lock import TEN_SECONDS, DistributedLock
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.interface.renewing import renewed_lock
from cache_provider.testing.seam.shown import ShownCache, ShownLock
from cache_provider.threads import HERE

T = TypeVar("T")


class InstrumentedLock(ShownLock[DistributedLock], DistributedLock):
    """A lock whose every operation is shown to the cache's interceptors first.

    Attributes:
        lock: The provider's own handle.
    """

    def __init__(
        self,
        cache: ShownCache[Any],
        lock: DistributedLock,
        lease: Ttl | None = None,
        patience: Ttl | None = None,
        *,
        thread_local: bool = True,
    ) -> None:
        super().__init__(cache, lock, lease, patience)
        self._thread_local = thread_local

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

    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        return self._pass("acquire", self.lock.acquire, blocking, timeout)

    def release(self) -> None:
        self._pass("release", self.lock.release)

    def locked(self) -> bool:
        return self._pass("locked", self.lock.locked)

    def owned(self) -> bool:
        return self._pass("owned", self.lock.owned)

    def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        return self._pass("extend", self.lock.extend, additional_time, replace_ttl=replace_ttl)

    # Shown to nobody: these only serve messages, and the tools themselves.

    def holder(self) -> str | None:
        return self.lock.holder()

    def made(self, token: str) -> bool:
        return self.lock.made(token)

    def doubt(self) -> None:
        self.lock.doubt()

    def _pass(self, name: str, method: Callable[..., T], *given: Any, **options: Any) -> T:
        passage, operation = self._operation(name, given, options)
        operation.claimant = HERE.thread if self._thread_local else None
        return passage.conduct(operation, method)


class InstrumentedCache(ShownCache[CacheProviderInterface], CacheProviderInterface):
    """A provider that shows each primitive operation to interceptors on its way to another provider.

    Composed operations (`get_or_set`, `scan_iter`, `count_keys`,
    `delete_pattern`, `ping`) are seen as the primitive ones they consist of.

    Args:
        provider: The provider that does the work.
        *interceptors: Called with each operation; the first is the outermost.

    Attributes:
        provider: The provider that does the work.
    """

    def get(self, key: str, default: Any = None) -> Any:
        return self._passage.call("get", self.provider.get, (key, default))

    def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        return self._passage.call("set", self.provider.set, (key, value, ttl), {"keep_ttl": keep_ttl})

    def setnx(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        return self._passage.call("setnx", self.provider.setnx, (key, value, ttl))

    def getset(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> Any:
        return self._passage.call("getset", self.provider.getset, (key, value, ttl), {"keep_ttl": keep_ttl})

    def getdel(self, key: str) -> Any:
        return self._passage.call("getdel", self.provider.getdel, (key,))

    def delete(self, key: str) -> bool:
        return self._passage.call("delete", self.provider.delete, (key,))

    def exists(self, key: str) -> bool:
        return self._passage.call("exists", self.provider.exists, (key,))

    def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        return self._passage.call("incr", self.provider.incr, (key, amount), {"default": default, "ttl": ttl})

    def decr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        return self._passage.call("decr", self.provider.decr, (key, amount), {"default": default, "ttl": ttl})

    def expire(self, key: str, ttl: Ttl) -> bool:
        return self._passage.call("expire", self.provider.expire, (key, ttl))

    def expire_at(self, key: str, when: datetime | None) -> bool:
        return self._passage.call("expire_at", self.provider.expire_at, (key, when))

    def persist(self, key: str) -> bool:
        return self._passage.call("persist", self.provider.persist, (key,))

    def ttl(self, key: str) -> int | None:
        return self._passage.call("ttl", self.provider.ttl, (key,))

    def pttl(self, key: str) -> int | None:
        return self._passage.call("pttl", self.provider.pttl, (key,))

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
        return self._passage.call(
            "cas_dict_field",
            self.provider.cas_dict_field,
            (key, field, expected, new_value, ttl),
            {"keep_ttl": keep_ttl},
        )

    def compare_and_set(
        self, key: str, expected: Any, new_value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False
    ) -> bool:
        return self._passage.call(
            "compare_and_set",
            self.provider.compare_and_set,
            (key, expected, new_value, ttl),
            {"keep_ttl": keep_ttl},
        )

    def compare_and_delete(self, key: str, expected: Any) -> bool:
        return self._passage.call("compare_and_delete", self.provider.compare_and_delete, (key, expected))

    def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        return self._passage.call("mget", self.provider.mget, (check_keys(keys),))

    def mset(self, mapping: Mapping[str, Any], ttl: Ttl | None = None) -> bool:
        return self._passage.call("mset", self.provider.mset, (check_mapping(mapping), ttl))

    def mdelete(self, keys: Iterable[str]) -> int:
        return self._passage.call("mdelete", self.provider.mdelete, (check_keys(keys),))

    def mexists(self, keys: Iterable[str]) -> dict[str, bool]:
        return self._passage.call("mexists", self.provider.mexists, (check_keys(keys),))

    def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None = None) -> int:
        return self._passage.call("push_limit", self.provider.push_limit, (key, value, max_len, ttl))

    def list_range(self, key: str, start: int, end: int) -> list[Any]:
        return self._passage.call("list_range", self.provider.list_range, (key, start, end))

    def hset(self, key: str, field: str, value: Any) -> bool:
        return self._passage.call("hset", self.provider.hset, (key, field, value))

    def hget(self, key: str, field: str) -> Any:
        return self._passage.call("hget", self.provider.hget, (key, field))

    def hgetall(self, key: str) -> dict[str, Any]:
        return self._passage.call("hgetall", self.provider.hgetall, (key,))

    def hdel(self, key: str, *fields: str) -> int:
        def remove(key: str, fields: tuple[str, ...]) -> int:
            return self.provider.hdel(key, *fields)

        return self._passage.call("hdel", remove, (key, fields))

    def keys(self, pattern: str = "*") -> list[str]:
        return self._passage.call("keys", self.provider.keys, (pattern,))

    def scan(self, pattern: str = "*", count: int = 100, cursor: int = 0) -> tuple[int, list[str]]:
        return self._passage.call("scan", self.provider.scan, (pattern, count, cursor))

    def flush_all(self) -> bool:
        return self._passage.call("flush_all", self.provider.flush_all, ())

    def health_check(self) -> bool:
        try:
            return self._passage.call("health_check", self.provider.health_check, ())
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
        return InstrumentedLock(self, lock, timeout, blocking_timeout, thread_local=thread_local)

    def close(self) -> None:
        self._passage.watchers.closing(self.provider)
        self.provider.close()
