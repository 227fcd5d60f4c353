"""The shape of an asynchronous, generic cache backend with `initialize` and `shutdown`.

>>> import asyncio
>>> async def scenario() -> int | None:
...     async with MemoryCacheBackend[int]() as backend:
...         await backend.set("answer", 42, ttl=60)
...         return await backend.get("answer")
>>> asyncio.run(scenario())
42
"""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Generic, Self, TypeVar

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.arguments import Ttl, check_integer, check_keys
from cache_provider.clock import Clock
from cache_provider.codecs import Codec
from cache_provider.interop.providers import check_async_provider
from cache_provider.interop.sweeping import Sweeper
from cache_provider.memory.server import MemoryServer

__all__ = ["MemoryCacheBackend", "ProviderCacheBackend"]

T = TypeVar("T")


class ProviderCacheBackend(Generic[T]):
    """Values of one type, in any asynchronous provider.

    `T` is the caller's promise about what is stored under this provider's
    prefix; nothing is checked at run time. It must be something that the
    codec hands back as it was: under JSON a tuple comes back as a list.

    Args:
        provider: Where the values are kept. `shutdown` closes it.

    Raises:
        TypeError: `provider` is not an `AsyncCacheProviderInterface`; a synchronous
            one would stop the event loop.
    """

    def __init__(self, provider: AsyncCacheProviderInterface) -> None:
        self._provider = check_async_provider(provider)

    def __repr__(self) -> str:
        return f"ProviderCacheBackend({self._provider!r})"

    async def initialize(self) -> None:
        """Do nothing: a provider connects when it is first used."""

    async def shutdown(self) -> None:
        """End the use; may be called again. What a server keeps stays there."""
        await self._provider.close()

    async def __aenter__(self) -> Self:
        await self.initialize()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.shutdown()

    # One key

    async def get(self, key: str, default: T | None = None) -> T | None:
        """Return the value under `key`, or `default`.

        Raises:
            TypeError, ValueError: `key` is not a legal `str`.
            WrongTypeError: The key holds a list or a hash.
        """
        value: T | None = await self._provider.get(key, default)
        return value

    async def set(self, key: str, value: T, ttl: Ttl | None = None) -> bool:
        """Store a copy of a value, replacing what was there.

        Args:
            key: The key.
            value: The value.
            ttl: How long it lives, seconds or a `timedelta`, more than 0. None
                takes the provider's `default_ttl`, and without one it stays.

        Returns:
            True.

        Raises:
            TypeError, ValueError: An argument is not legal; nothing has changed.
            EncodeError: The codec refuses `value`; what was stored stays.
        """
        return await self._provider.set(key, value, ttl)

    async def delete(self, key: str) -> bool:
        """Remove a key; tell whether it was there, its time not over."""
        return await self._provider.delete(key)

    async def exists(self, key: str) -> bool:
        """Tell whether a key is there, its time not over."""
        return await self._provider.exists(key)

    # Several keys

    async def invalidate_pattern(self, pattern: str) -> int:
        """Remove the keys that match a Redis pattern; return how many were removed.

        Not `fnmatch`: `[!a]` matches `!` or `a`, and case counts everywhere.
        """
        return await self._provider.delete_pattern(pattern)

    async def clear(self) -> bool:
        """Remove every key and lock under the provider's prefix, and nobody else's; return True."""
        return await self._provider.flush_all()

    async def get_many(self, keys: Iterable[str]) -> dict[str, T | None]:
        """Return a value for each key, in the order asked; None for a missing one."""
        asked = check_keys(keys)
        found: dict[str, T] = await self._provider.mget(asked)
        return {key: found.get(key) for key in asked}

    async def set_many(self, mapping: Mapping[str, T], ttl: Ttl | None = None) -> bool:
        """Store several values, each as `set` does, all or none in memory and on one Redis node."""
        return await self._provider.mset(mapping, ttl)

    async def delete_many(self, keys: Iterable[str]) -> int:
        """Remove several keys; return how many were there."""
        return await self._provider.mdelete(keys)

    # Counters

    async def incr(self, key: str, amount: int = 1, default: int = 0, ttl: Ttl | None = None) -> int:
        """Add `amount` to the counter under `key`, in one step.

        Args:
            key: The key.
            amount: What is added; an int64, negative too.
            default: Where a missing counter starts, before `amount` is added.
            ttl: How long a counter lives that this call creates; an existing
                one keeps its deadline.

        Returns:
            The new value.

        Raises:
            TypeError, ValueError: An argument is not legal.
            NotAnIntegerError: The key holds something else, and keeps it.
            CounterOverflowError: The result would leave int64; the counter stays.
        """
        return await self._provider.incr(key, amount, default=default, ttl=ttl)

    async def decr(self, key: str, amount: int = 1, default: int = 0, ttl: Ttl | None = None) -> int:
        """Subtract `amount` from the counter under `key`; otherwise as `incr`."""
        return await self._provider.decr(key, amount, default=default, ttl=ttl)


class MemoryCacheBackend(ProviderCacheBackend[T]):
    """Values of one type, in this process.

    An expired value is never returned. Its memory is freed when somebody asks
    for its key, when room is needed, and between `initialize` and `shutdown` at
    every `clean_interval`. Everything but the cleaning works without
    `initialize`, and after `shutdown`, too. `shutdown`, which removes all values,
    must be called in the loop of `initialize`.

    Args:
        max_size: How many values it holds at most. When it is full the
            least recently used goes, after what has expired. 0 stores nothing.
        clean_interval: Real time between two cleanings, seconds or a
            `timedelta`, more than 0. A `ManualClock` that moves cleans as well.
        codec: How values become bytes; `JsonCodec()` by default. `PickleCodec()`
            carries nearly every Python object.
        clock: The clock of all deadlines; the system's by default.

    Raises:
        TypeError, ValueError: An argument is not legal.
    """

    def __init__(
        self,
        max_size: int = 1000,
        clean_interval: Ttl = 60,
        *,
        codec: Codec | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._max_size = check_integer("max_size", max_size, minimum=0)
        self._clean_interval = clean_interval
        self._server = MemoryServer(max_size, "lru", clock)
        self._sweeper = Sweeper(self._server, "clean_interval", clean_interval)
        super().__init__(AsyncInMemoryCacheAdapter("", "cache_backend", server=self._server, codec=codec))

    def __repr__(self) -> str:
        return (
            f"MemoryCacheBackend(max_size={self._max_size}, clean_interval={self._clean_interval!r}, "
            f"current_entries={self._server.size()})"
        )

    @property
    def max_size(self) -> int:
        """How many values it holds at most."""
        return self._max_size

    @property
    def clean_interval(self) -> Ttl:
        """Real time between two cleanings, as it was given."""
        return self._clean_interval

    @property
    def last_cleanup(self) -> float:
        """When it was last cleaned, in seconds since the epoch on its clock; at first when it was made."""
        return self._sweeper.last_sweep_ms / 1000

    async def initialize(self) -> None:
        self._sweeper.start()

    async def shutdown(self) -> None:
        self._server.clear()
        await self._sweeper.stop()
