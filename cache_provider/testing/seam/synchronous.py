"""`InstrumentedCache`: a provider around a provider."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, cast

from cache_provider.arguments import Ttl, check_keys, check_mapping
from cache_provider.errors import CacheUnavailableError
from cache_provider.interface.lock import TEN_SECONDS, DistributedLock
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.stats import CacheStats
from cache_provider.steps import finish
from cache_provider.testing.seam.operation import Interceptor, Operation, passing

T = TypeVar("T")


class InstrumentedLock(DistributedLock):
    """A lock whose every operation is shown to the cache's interceptors first.

    Attributes:
        lock: The provider's own handle.
    """

    def __init__(self, cache: "InstrumentedCache", lock: DistributedLock, lease: Ttl | None = None) -> None:
        self.name = lock.name
        self.lock = lock
        self._cache = cache
        self._lease = lease

    def __repr__(self) -> str:
        return repr(self.lock)

    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        """Claim the lock if it is free or its lease is over."""
        return self._pass("acquire", self.lock.acquire, blocking=blocking, timeout=timeout)

    def release(self) -> None:
        """Give the lock back."""
        self._pass("release", self.lock.release)

    def locked(self) -> bool:
        """Tell whether anybody holds the lock."""
        return self._pass("locked", self.lock.locked)

    def owned(self) -> bool:
        """Tell whether this handle holds the lock, its lease still running."""
        return self._pass("owned", self.lock.owned)

    def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        """Make the lease longer."""
        return self._pass(
            "extend", self.lock.extend, additional_time=additional_time, replace_ttl=replace_ttl
        )

    def holder(self) -> str | None:
        """Return the token of whoever holds the lock; shown to nobody, it only serves messages."""
        return self.lock.holder()

    def _pass(self, name: str, method: Callable[..., T], **arguments: Any) -> T:
        operation = Operation(f"lock.{name}", arguments, self._cache.provider, self.lock, self._lease)
        call = partial(method, **arguments)
        return cast("T", finish(passing(self._cache.interceptors, operation, call)))


class InstrumentedCache(CacheProviderInterface):
    """A provider that shows each primitive operation to interceptors on its way to another provider.

    Composed operations (`get_or_set`, `scan_iter`, `count_keys`,
    `delete_pattern`, `ping`) are seen as the primitive ones they are made of.

    Args:
        provider: The provider that does the work.
        *interceptors: Who is shown the operations; the first is the outermost.

    Attributes:
        provider: The provider that does the work.
        interceptors: Who is shown the operations.
    """

    def __init__(self, provider: CacheProviderInterface, *interceptors: Interceptor) -> None:
        self.provider = provider
        self.interceptors = interceptors
        self.clock = provider.clock
        self.default_ttl_ms = provider.default_ttl_ms

    def __repr__(self) -> str:
        return f"<InstrumentedCache of {self.provider!r}>"

    @property
    def provider_name(self) -> str:
        """The kind of provider that does the work."""
        return self.provider.provider_name

    @property
    def cache_name(self) -> str:
        """The label of the provider that does the work."""
        return self.provider.cache_name

    @property
    def key_prefix(self) -> str:
        """What stands before every key on the server."""
        return self.provider.key_prefix

    def stats(self) -> CacheStats:
        """Return what the provider counted so far."""
        return self.provider.stats()

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value under `key`, or `default`."""
        return self._pass("get", self.provider.get, key=key, default=default)

    def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        """Store `value` under `key`, whatever was there."""
        return self._pass("set", self.provider.set, key=key, value=value, ttl=ttl, keep_ttl=keep_ttl)

    def setnx(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        """Store `value` only if no live key is there."""
        return self._pass("setnx", self.provider.setnx, key=key, value=value, ttl=ttl)

    def delete(self, key: str) -> bool:
        """Remove a key of any type."""
        return self._pass("delete", self.provider.delete, key=key)

    def exists(self, key: str) -> bool:
        """Tell whether a live key of any type is there."""
        return self._pass("exists", self.provider.exists, key=key)

    def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        """Add `amount` to the counter."""
        return self._pass("incr", self.provider.incr, key=key, amount=amount, default=default, ttl=ttl)

    def decr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        """Subtract `amount` from the counter."""
        return self._pass("decr", self.provider.decr, key=key, amount=amount, default=default, ttl=ttl)

    def expire(self, key: str, ttl: Ttl) -> bool:
        """Give a live key a new deadline."""
        return self._pass("expire", self.provider.expire, key=key, ttl=ttl)

    def expire_at(self, key: str, when: datetime | None) -> bool:
        """Give a live key a deadline on the calendar, or with None no deadline."""
        return self._pass("expire_at", self.provider.expire_at, key=key, when=when)

    def persist(self, key: str) -> bool:
        """Remove the deadline of a live key; tell whether it had one."""
        return self._pass("persist", self.provider.persist, key=key)

    def ttl(self, key: str) -> int | None:
        """Return the seconds a key has left, rounded to the nearest."""
        return self._pass("ttl", self.provider.ttl, key=key)

    def pttl(self, key: str) -> int | None:
        """Return the milliseconds a key has left."""
        return self._pass("pttl", self.provider.pttl, key=key)

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
        """Replace the dict under `key` if one of its fields equals `expected`."""
        return self._pass(
            "cas_dict_field",
            self.provider.cas_dict_field,
            key=key,
            field=field,
            expected=expected,
            new_value=new_value,
            ttl=ttl,
            keep_ttl=keep_ttl,
        )

    def compare_and_set(
        self, key: str, expected: Any, new_value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False
    ) -> bool:
        """Replace the value under `key` if it equals `expected`."""
        return self._pass(
            "compare_and_set",
            self.provider.compare_and_set,
            key=key,
            expected=expected,
            new_value=new_value,
            ttl=ttl,
            keep_ttl=keep_ttl,
        )

    def compare_and_delete(self, key: str, expected: Any) -> bool:
        """Remove the value under `key` if it equals `expected`."""
        return self._pass("compare_and_delete", self.provider.compare_and_delete, key=key, expected=expected)

    def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values that are there, in the order asked."""
        return self._pass("mget", self.provider.mget, keys=check_keys(keys))

    def mset(self, mapping: Mapping[str, Any], ttl: Ttl | None = None) -> bool:
        """Store several values."""
        return self._pass("mset", self.provider.mset, mapping=check_mapping(mapping), ttl=ttl)

    def mdelete(self, keys: Iterable[str]) -> int:
        """Remove several keys of any type; return how many live ones went."""
        return self._pass("mdelete", self.provider.mdelete, keys=check_keys(keys))

    def mexists(self, keys: Iterable[str]) -> dict[str, bool]:
        """Tell for each key whether a live one of any type is there."""
        return self._pass("mexists", self.provider.mexists, keys=check_keys(keys))

    def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None = None) -> int:
        """Append `value` and keep the newest `max_len` items, in one step."""
        return self._pass(
            "push_limit", self.provider.push_limit, key=key, value=value, max_len=max_len, ttl=ttl
        )

    def list_range(self, key: str, start: int, end: int) -> list[Any]:
        """Return the items from `start` to `end`, both included."""
        return self._pass("list_range", self.provider.list_range, key=key, start=start, end=end)

    def hset(self, key: str, field: str, value: Any) -> bool:
        """Set a field; tell whether it is new."""
        return self._pass("hset", self.provider.hset, key=key, field=field, value=value)

    def hget(self, key: str, field: str) -> Any:
        """Return a field's value, or None."""
        return self._pass("hget", self.provider.hget, key=key, field=field)

    def hgetall(self, key: str) -> dict[str, Any]:
        """Return all fields and values."""
        return self._pass("hgetall", self.provider.hgetall, key=key)

    def hdel(self, key: str, *fields: str) -> int:
        """Remove fields; return how many were there."""

        def remove(key: str, fields: tuple[str, ...]) -> int:
            return self.provider.hdel(key, *fields)

        return self._pass("hdel", remove, key=key, fields=fields)

    def keys(self, pattern: str = "*") -> list[str]:
        """Return all live keys that match, as they are at one moment."""
        return self._pass("keys", self.provider.keys, pattern=pattern)

    def scan(self, pattern: str = "*", count: int = 100, cursor: int = 0) -> tuple[int, list[str]]:
        """Return some of the keys that match, and where to go on."""
        return self._pass("scan", self.provider.scan, pattern=pattern, count=count, cursor=cursor)

    def flush_all(self) -> bool:
        """Remove every key and lock under this provider's prefix, and nobody else's."""
        return self._pass("flush_all", self.provider.flush_all)

    def health_check(self) -> bool:
        """Tell whether the cache can be used."""
        try:
            return self._pass("health_check", self.provider.health_check)
        except CacheUnavailableError:
            return False

    def get_lock(
        self, name: str, timeout: Ttl = TEN_SECONDS, blocking_timeout: Ttl | None = None
    ) -> DistributedLock:
        """Return a handle on a lock; nothing is stored until it is acquired."""
        return InstrumentedLock(self, self.provider.get_lock(name, timeout, blocking_timeout), timeout)

    def close(self) -> None:
        """Close the provider."""
        self.provider.close()

    def as_stored(self, key: str, value: Any) -> Any:
        """Return `value` as `get` would return it after a `set`."""
        return self.provider.as_stored(key, value)

    def _pass(self, name: str, method: Callable[..., T], **arguments: Any) -> T:
        operation = Operation(name, arguments, self.provider)
        call = partial(method, **arguments)
        return cast("T", finish(passing(self.interceptors, operation, call)))
