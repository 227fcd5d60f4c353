"""The shape of a cache manager: `ICacheManager`, and one over any provider.

>>> from cache_provider.memory.adapter import InMemoryCacheAdapter
>>> manager = CacheManager(InMemoryCacheAdapter())
>>> manager.set_many([("a", 1, 60), ("b", 2, None)])
2
>>> manager.get_ttl("a"), manager.get_ttl("b")
(60, None)
"""

from collections.abc import Iterable
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

from cache_provider.arguments import Ttl, check_key, deadline_after, ttl_ms
from cache_provider.interface import CacheProviderInterface
from cache_provider.interop.providers import check_provider

__all__ = ["CacheManager", "ICacheManager"]

Entry: TypeAlias = tuple[str, Any, Ttl | None]
"""A key, its value, and how long it lives; None takes the default."""


@runtime_checkable
class ICacheManager(Protocol):
    """What code that is handed a cache manager may call; see `CacheManager` for what each does.

    `isinstance` looks at the names only, as with every runtime-checkable protocol.
    """

    def get(self, key: str) -> Any:
        """Return the value under `key`, or None."""
        ...

    def set(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        """Store a value."""
        ...

    def delete(self, key: str) -> bool:
        """Remove a key; tell whether it was there."""
        ...

    def exists(self, key: str) -> bool:
        """Tell whether a key is there."""
        ...

    def clear(self, pattern: str | None = None) -> int:
        """Remove the keys that match, by default all; return how many went."""
        ...

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values that are there."""
        ...

    def set_many(self, entries: Iterable[Entry]) -> int:
        """Store several values; return how many."""
        ...

    def delete_many(self, keys: Iterable[str]) -> int:
        """Remove several keys; return how many were there."""
        ...

    def exists_many(self, keys: Iterable[str]) -> dict[str, bool]:
        """Tell for each key whether it is there."""
        ...

    def count_keys(self, pattern: str | None = None) -> int:
        """Return how many keys match, by default all."""
        ...

    def get_or_set(self, key: str, default_value: Any, ttl: Ttl | None = None) -> Any:
        """Return the value under `key`; store `default_value` if there is none."""
        ...

    def increment(self, key: str, amount: int = 1, ttl: Ttl | None = None) -> int:
        """Add to a counter; return its new value."""
        ...

    def set_if_not_exists(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        """Store a value if the key is missing; tell whether it was."""
        ...

    def get_ttl(self, key: str) -> int | None:
        """Return the seconds a key has left, or None."""
        ...

    def expire(self, key: str, ttl: Ttl) -> bool:
        """Give a key a new deadline; tell whether it was there."""
        ...


class CacheManager:
    """An `ICacheManager` over any provider.

    Times to live are seconds or a `timedelta`, more than 0; None takes the
    provider's `default_ttl`, and without one the key stays. Errors are the
    provider's own, none is swallowed. Where nothing else is said, an argument
    that is not legal is a `TypeError` or a `ValueError`, and nothing has changed.

    Args:
        provider: Where the values are kept; it stays its owner's to close.

    Raises:
        TypeError: `provider` is no `CacheProviderInterface`.
    """

    def __init__(self, provider: CacheProviderInterface) -> None:
        self._provider = check_provider(provider)

    def __repr__(self) -> str:
        return f"CacheManager({self._provider!r})"

    # One key

    def get(self, key: str) -> Any:
        """Return the value under `key`, or None; a stored None reads the same, `exists` tells them apart.

        Raises:
            WrongTypeError: The key holds a list or a hash.
        """
        return self._provider.get(key)

    def set(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        """Store a copy of `value` under `key`, whatever was there; return True.

        Raises:
            EncodeError: The codec refuses `value`; what was stored stays.
        """
        return self._provider.set(key, value, ttl)

    def delete(self, key: str) -> bool:
        """Remove a key; tell whether it was there, its time not over."""
        return self._provider.delete(key)

    def exists(self, key: str) -> bool:
        """Tell whether a key is there, its time not over."""
        return self._provider.exists(key)

    def get_or_set(self, key: str, default_value: Any, ttl: Ttl | None = None) -> Any:
        """Return the value under `key`; if there is none, or None, store `default_value` and return a copy.

        A function is not called: for a value that must be computed there is the
        provider's own `get_or_set`.

        Raises:
            EncodeError: The codec refuses `default_value`.
        """
        return self._provider.get_or_set(key, lambda: default_value, ttl)

    def set_if_not_exists(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        """Store `value` in one step if the key is missing or its time is over; tell whether it was stored."""
        return self._provider.setnx(key, value, ttl)

    def increment(self, key: str, amount: int = 1, ttl: Ttl | None = None) -> int:
        """Add `amount`, an int64, to the counter under `key`, in one step; a missing one starts at 0.

        Args:
            key: The key.
            amount: What is added, negative too.
            ttl: How long a counter lives that this call creates; an existing
                one keeps its deadline.

        Raises:
            NotAnIntegerError: (a `ValueError`) The key holds a value that is no
                int64, such as a text or a float; it stays.
            CounterOverflowError: The result would leave int64; the counter stays.
            WrongTypeError: The key holds a list or a hash.
        """
        return self._provider.incr(key, amount, ttl=ttl)

    # Time to live

    def get_ttl(self, key: str) -> int | None:
        """Return the seconds a key has left, rounded to the nearest; None if it is missing or stays."""
        seconds = self._provider.ttl(key)
        return None if seconds is None or seconds < 0 else seconds

    def expire(self, key: str, ttl: Ttl) -> bool:
        """Give a key a new deadline; tell whether it was there. 0 and below remove it."""
        return self._provider.expire(key, ttl)

    # Several keys

    def clear(self, pattern: str | None = None) -> int:
        """Remove the keys under the provider's prefix that match a Redis pattern; return how many went.

        None removes all of them. Not atomic: a key that is written meanwhile may stay or go.
        """
        return self._provider.delete_pattern(_or_all(pattern))

    def count_keys(self, pattern: str | None = None) -> int:
        """Return how many keys under the provider's prefix match a Redis pattern; None counts all."""
        return self._provider.count_keys(_or_all(pattern))

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values that are there, in the order asked; missing keys are left out."""
        return self._provider.mget(keys)

    def set_many(self, entries: Iterable[Entry]) -> int:
        """Store several values, each with a time to live of its own.

        All entries are checked before the first is stored. Those with the same
        time to live are stored in one step, as the provider's `mset` does; the
        whole is no single step.

        Args:
            entries: Tuples of key, value and ttl. Of two for one key the later wins.

        Returns:
            How many keys were stored.

        Raises:
            EncodeError: The codec refuses a value; nothing has changed.
        """
        latest = {key: (value, ttl) for key, value, ttl in map(self._checked, _iterated(entries))}
        batches: dict[Ttl | None, dict[str, Any]] = {}
        for key, (value, ttl) in latest.items():
            batches.setdefault(ttl, {})[key] = value
        for ttl, batch in batches.items():
            self._provider.mset(batch, ttl)
        return len(latest)

    def delete_many(self, keys: Iterable[str]) -> int:
        """Remove several keys; return how many were there."""
        return self._provider.mdelete(keys)

    def exists_many(self, keys: Iterable[str]) -> dict[str, bool]:
        """Tell for each key whether it is there, its time not over."""
        return self._provider.mexists(keys)

    def _checked(self, entry: object) -> Entry:
        key, value, ttl = _parts(entry)
        if ttl is not None:
            deadline_after("ttl", self._provider.clock.now_ms(), ttl_ms("ttl", ttl))
        return check_key(key), self._provider.as_stored(key, value), ttl


def _or_all(pattern: str | None) -> str:
    return "*" if pattern is None else pattern


def _iterated(entries: object) -> Iterable[object]:
    if not isinstance(entries, Iterable):
        raise TypeError(f"entries must be an iterable of (key, value, ttl), not {entries!r}")
    return cast("Iterable[object]", entries)


def _parts(entry: object) -> Entry:
    # A text of three letters could be taken apart as well.
    if not isinstance(entry, tuple) or len(cast("tuple[object, ...]", entry)) != 3:
        raise TypeError(f"entries must be tuples of (key, value, ttl), not {entry!r}")
    return cast("Entry", entry)
