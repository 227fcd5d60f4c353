"""What baldur's synchronous cache interface asks, over any provider."""

from datetime import timedelta
from typing import Any

from baldur.interfaces import cache_provider as upstream

from cache_provider.interface.lock import TEN_SECONDS
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.interop.baldur.lock import BaldurLock
from cache_provider.interop.baldur.records import ClaimRecord, replace_where, take_over
from cache_provider.interop.providers import check_provider
from cache_provider.steps import finish


class SyncBaldurCacheProvider(upstream.CacheProviderInterface):
    """The synchronous operations, each the provider's and as atomic; `get_or_set` is baldur's own.

    Args:
        provider: Where values are kept.

    Raises:
        TypeError: `provider` is not a `CacheProviderInterface`.
    """

    def __init__(self, provider: CacheProviderInterface) -> None:
        self._provider = check_provider(provider)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} over {self._provider!r}>"

    @property
    def provider_name(self) -> str:
        """What the provider says, such as `"memory"` or `"redis"`."""
        return self._provider.provider_name

    # Values

    def get(self, key: str) -> Any | None:
        """Return the value under `key`, or None."""
        return self._provider.get(key)

    def set(self, key: str, value: Any, ttl: timedelta | None = None) -> bool:
        """Store `value` under `key`, whatever was there.

        Without a `ttl` the provider's `default_ttl` applies, and without one it lives for ever.
        """
        return self._provider.set(key, value, ttl)

    def delete(self, key: str) -> bool:
        """Remove a key of any type; tell whether a live one was there."""
        return self._provider.delete(key)

    def exists(self, key: str) -> bool:
        """Tell whether a live key of any type is there."""
        return self._provider.exists(key)

    def setnx(self, key: str, value: Any, ttl: timedelta | None = None) -> bool:
        """Store `value` only if no live key is there; tell whether it was stored."""
        return self._provider.setnx(key, value, ttl)

    # Counters and time to live

    def incr(self, key: str, amount: int = 1) -> int:
        """Add `amount` to a counter, which begins at 0; return its value."""
        return self._provider.incr(key, amount)

    def decr(self, key: str, amount: int = 1) -> int:
        """Subtract `amount` from a counter, which begins at 0; return its value."""
        return self._provider.decr(key, amount)

    def expire(self, key: str, ttl: timedelta) -> bool:
        """Give a live key a new deadline, 0 and below remove it; tell whether one was there."""
        return self._provider.expire(key, ttl)

    def ttl(self, key: str) -> int | None:
        """Return the seconds a key has left, at least 1; None if it is persistent, -2 if it is missing."""
        seconds = self._provider.ttl(key)
        # Baldur promises a positive number for a live key; rounded to the nearest it may be 0.
        return 1 if seconds == 0 else seconds

    # Records of claims

    def cas_dict_field(
        self, key: str, field: str, expected: Any, new_value: ClaimRecord, ttl: timedelta | None = None
    ) -> bool:
        """Replace the dict under `key` if one of its fields equals `expected`.

        Returns:
            False, and nothing has changed, if the key is missing, holds
            something else than a dict, or the field is missing or differs.
        """
        return finish(replace_where(self._provider, key, field, expected, new_value, ttl))

    def cas_takeover(
        self, key: str, new_record: ClaimRecord, *, stale_before: float, ttl: timedelta | None = None
    ) -> bool:
        """Replace the record of a claim that failed or is stale; of several callers one succeeds.

        Args:
            key: The key of the record.
            new_record: The whole new record.
            stale_before: A record that is `"executing"` is taken over only if
                its `started_at`, 0 if it has none, is below this.
            ttl: As in `set`.

        Returns:
            False, and nothing has changed, if the key is missing, holds
            something else than a dict, or a claim that is neither.

        Raises:
            TypeError, ValueError: An argument is not legal.
            EncodeError: The codec refuses `new_record`.
        """
        return finish(take_over(self._provider, key, new_record, stale_before, ttl))

    # Locks

    def get_lock(
        self, name: str, timeout: timedelta = TEN_SECONDS, blocking_timeout: float | None = None
    ) -> BaldurLock:
        """Return a handle on a lock; nothing is stored until it is acquired."""
        return BaldurLock(self._provider.get_lock(name, timeout, blocking_timeout))

    # Bulk

    def mget(self, keys: list[str]) -> dict[str, Any]:
        """Return the values that are there, in the order asked."""
        return self._provider.mget(keys)

    def mset(self, mapping: dict[str, Any], ttl: timedelta | None = None) -> bool:
        """Store several values, on one server all or nothing."""
        return self._provider.mset(mapping, ttl)

    def mdelete(self, keys: list[str]) -> int:
        """Remove several keys; return how many live ones went."""
        return self._provider.mdelete(keys)

    # Hashes and capped lists

    def hget(self, name: str, key: str) -> Any | None:
        """Return a field of a hash, or None."""
        return self._provider.hget(name, key)

    def hset(self, name: str, key: str, value: Any) -> bool:
        """Set a field of a hash.

        Returns:
            True, also where the field was there before.
        """
        self._provider.hset(name, key, value)
        return True

    def hgetall(self, name: str) -> dict[str, Any]:
        """Return all fields of a hash with their values."""
        return self._provider.hgetall(name)

    def push_limit(self, key: str, value: Any, max_len: int, ttl: timedelta | None = None) -> int:
        """Append to a list and keep the newest `max_len`; return the length in between."""
        return self._provider.push_limit(key, value, max_len, ttl)

    def list_range(self, key: str, start: int, end: int) -> list[Any]:
        """Return the items of a list from `start` to `end`, both included."""
        return self._provider.list_range(key, start, end)

    # Life

    def health_check(self) -> bool:
        """Tell whether the cache can be used; False, never an exception, where it cannot be reached."""
        return self._provider.health_check()

    def ping(self) -> bool:
        """Tell what `health_check` tells."""
        return self._provider.ping()

    def flush_all(self) -> bool:
        """Remove every key and lock under the provider's prefix, and nobody else's."""
        return self._provider.flush_all()

    def close(self) -> None:
        """Close the provider; may be called again."""
        self._provider.close()

    # Patterns

    def keys(self, pattern: str = "*") -> list[str]:
        """Return all live keys that match Redis' `pattern`."""
        return self._provider.keys(pattern)

    def scan(self, pattern: str = "*", count: int = 100, cursor: int = 0) -> tuple[int, list[str]]:
        """Return where to go on, 0 at the end, and some of the keys that match.

        `cursor`, which baldur's interface lacks, is where to go on; 0 begins.
        """
        return self._provider.scan(pattern, count, cursor)
