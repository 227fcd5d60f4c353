"""The shape of a cache manager: `ICacheManager`, and one over any provider.

>>> import asyncio
>>> from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
>>> async def scenario() -> tuple[int, int | None]:
...     manager = CacheManager(AsyncInMemoryCacheAdapter())
...     return await manager.set_many([("a", 1, 60), ("b", 2, None)]), await manager.get_ttl("a")
>>> asyncio.run(scenario())
(2, 60)
"""

from collections.abc import Iterable
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.arguments import Ttl, deadline_after, ttl_ms
from cache_provider.interop.providers import check_async_provider

__all__ = ["CacheManager", "ICacheManager"]

Item: TypeAlias = tuple[str, Any, Ttl | None]
"""A key, its value, and how long it lives; None takes the default."""


@runtime_checkable
class ICacheManager(Protocol):
    """What code that is handed a cache manager may call; see `CacheManager` for what each does.

    `isinstance` looks at the names only, as with every runtime-checkable protocol.
    """

    async def get(self, key: str) -> Any:
        """Return the value under `key`, or None."""
        ...

    async def set(self, key: str, value: Any, ttl: int | None = None) -> bool:
        """Store a value."""
        ...

    async def delete(self, key: str) -> bool:
        """Remove a key; tell whether it was there."""
        ...

    async def exists(self, key: str) -> bool:
        """Tell whether a key is there."""
        ...

    async def clear(self, pattern: str | None = None) -> int:
        """Remove the keys that match, by default all; return how many were removed."""
        ...

    async def get_many(self, keys: list[str]) -> dict[str, Any]:
        """Return the values that are there."""
        ...

    async def set_many(self, items: list[tuple[str, Any, int | None]]) -> int:
        """Store several values; return how many."""
        ...

    async def delete_many(self, keys: list[str]) -> int:
        """Remove several keys; return how many were there."""
        ...

    async def exists_many(self, keys: list[str]) -> dict[str, bool]:
        """Tell for each key whether it is there."""
        ...

    async def count_keys(self, pattern: str) -> int:
        """Return how many keys match."""
        ...

    async def get_or_set(self, key: str, default_value: Any, ttl: int | None = None) -> Any:
        """Return the value under `key`; store `default_value` if there is none."""
        ...

    async def increment(self, key: str, amount: int = 1) -> int:
        """Add to a counter; return its new value."""
        ...

    async def set_if_not_exists(self, key: str, value: Any, ttl: int | None = None) -> bool:
        """Store a value if the key is missing; tell whether it was."""
        ...

    async def get_ttl(self, key: str) -> int | None:
        """Return the seconds a key has left, or None."""
        ...

    async def expire(self, key: str, ttl: int) -> bool:
        """Give a key a new deadline; tell whether it was there."""
        ...


class CacheManager:
    """An `ICacheManager` over any asynchronous provider.

    Times to live are seconds or a `timedelta`, more than 0; None takes the
    provider's `default_ttl`, and without one the key stays. Errors are the
    provider's own, none is swallowed. Where nothing else is said, an argument
    that is not legal is a `TypeError` or a `ValueError`, and nothing has changed.

    Args:
        provider: Where the values are kept; closing it is left to its owner.

    Raises:
        TypeError: `provider` is not an `AsyncCacheProviderInterface`; a synchronous
            one would stop the event loop.
    """

    def __init__(self, provider: AsyncCacheProviderInterface) -> None:
        self._provider = check_async_provider(provider)

    def __repr__(self) -> str:
        return f"CacheManager({self._provider!r})"

    # One key

    async def get(self, key: str) -> Any:
        """Return the value under `key`, or None; a stored None reads the same, `exists` tells them apart.

        Raises:
            WrongTypeError: The key holds a list or a hash.
        """
        return await self._provider.get(key)

    async def set(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        """Store a copy of `value` under `key`, replacing what was there; return True.

        Raises:
            EncodeError: The codec refuses `value`; what was stored stays.
        """
        return await self._provider.set(key, value, ttl)

    async def delete(self, key: str) -> bool:
        """Remove a key; tell whether it was there, its time not over."""
        return await self._provider.delete(key)

    async def exists(self, key: str) -> bool:
        """Tell whether a key is there, its time not over."""
        return await self._provider.exists(key)

    async def get_or_set(self, key: str, default_value: Any, ttl: Ttl | None = None) -> Any:
        """Return the value under `key`; if there is none, or None, store `default_value` and return a copy.

        A function is not called: for a value that must be computed there is the
        provider's own `get_or_set`.

        Raises:
            EncodeError: The codec refuses `default_value`.
        """
        default_value = self._provider.as_stored(key, default_value)
        return await self._provider.get_or_set(key, lambda: default_value, ttl)

    async def set_if_not_exists(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        """Store `value` in one step if the key is missing or its time is over; tell whether it was stored."""
        return await self._provider.setnx(key, value, ttl)

    async def increment(self, key: str, amount: int = 1, ttl: Ttl | None = None) -> int:
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
        return await self._provider.incr(key, amount, ttl=ttl)

    # Time to live

    async def get_ttl(self, key: str) -> int | None:
        """Return the seconds a key has left, rounded to the nearest; None if it is missing or stays."""
        seconds = await self._provider.ttl(key)
        return None if seconds is None or seconds < 0 else seconds

    async def expire(self, key: str, ttl: Ttl) -> bool:
        """Give a key a new deadline; tell whether it was there. 0 and below remove it."""
        return await self._provider.expire(key, ttl)

    # Several keys

    async def clear(self, pattern: str | None = None) -> int:
        """Remove the keys under the provider's prefix that match a Redis pattern; return how many did.

        None removes all of them. Not atomic: a key that is written meanwhile may stay or go.
        """
        return await self._provider.delete_pattern(_or_all(pattern))

    async def count_keys(self, pattern: str | None = None) -> int:
        """Return how many keys under the provider's prefix match a Redis pattern; None counts all."""
        return await self._provider.count_keys(_or_all(pattern))

    async def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values that are there, in the order asked; missing keys are left out."""
        return await self._provider.mget(keys)

    async def set_many(self, items: Iterable[Item]) -> int:
        """Store several values, each with a time to live of its own.

        All items are checked before the first is stored. Those with the same
        time to live are stored in one step, as the provider's `mset` does; the
        whole is not a single step.

        Args:
            items: Tuples of key, value and ttl. Of two for one key the later wins.

        Returns:
            How many keys were stored.

        Raises:
            EncodeError: The codec refuses a value; nothing has changed.
        """
        latest = {key: (value, ttl) for key, value, ttl in map(self._checked, _iterated(items))}
        batches: dict[Ttl | None, dict[str, Any]] = {}
        for key, (value, ttl) in latest.items():
            batches.setdefault(ttl, {})[key] = value
        for ttl, batch in batches.items():
            await self._provider.mset(batch, ttl)
        return len(latest)

    async def delete_many(self, keys: Iterable[str]) -> int:
        """Remove several keys; return how many were there."""
        return await self._provider.mdelete(keys)

    async def exists_many(self, keys: Iterable[str]) -> dict[str, bool]:
        """Tell for each key whether it is there, its time not over."""
        return await self._provider.mexists(keys)

    def _checked(self, entry: object) -> Item:
        key, value, ttl = _parts(entry)
        value = self._provider.as_stored(key, value)
        if ttl is not None:
            deadline_after("ttl", self._provider.clock.now_ms(), ttl_ms("ttl", ttl))
        return key, value, ttl


def _or_all(pattern: str | None) -> str:
    return "*" if pattern is None else pattern


def _iterated(items: object) -> Iterable[object]:
    if not isinstance(items, Iterable):
        raise TypeError(f"items must be an iterable of (key, value, ttl), not {type(items).__name__}")
    return cast("Iterable[object]", items)


def _parts(item: object) -> Item:
    # A text of three letters could be taken apart as well. What is refused holds a value: its type must do.
    if not isinstance(item, tuple):
        raise TypeError(f"items must be tuples of (key, value, ttl), not {type(item).__name__}")
    parts = cast("tuple[object, ...]", item)
    if len(parts) != 3:
        raise TypeError(f"items must be tuples of (key, value, ttl), not of {len(parts)}")
    return cast("Item", parts)
