"""What the tests of a face know of its store: how to connect, and how to let time pass."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from cache_provider import (
    CacheProviderInterface,
    Codec,
    InMemoryCacheAdapter,
    ManualClock,
    MemoryServer,
    RedisCacheAdapter,
)
from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.aio.redis import AsyncRedisCacheAdapter
from cache_provider.arguments import EPOCH, Ttl
from cache_provider.testing.servers import MovableServer

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
LATE = timedelta(milliseconds=1)
"""How much longer a server keeps a key, which shows while its clock stands still."""


T = TypeVar("T")


class Store(Protocol):
    """One store, and as many providers on it as a test asks for."""

    def connect(
        self, key_prefix: str = "app:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> CacheProviderInterface:
        """Return another provider."""
        ...

    def connect_async(
        self, key_prefix: str = "app:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> AsyncCacheProviderInterface:
        """Return another asynchronous provider."""
        ...

    def pass_time(self, seconds: float) -> None:
        """Let the store be older."""
        ...

    def now(self) -> datetime:
        """Return the store's time, aware."""
        ...

    async def close_async(self) -> None:
        """Close the asynchronous providers."""
        ...


class DoubleStore:
    """A memory server whose clock only the test moves."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOON)
        self.server = MemoryServer(clock=self.clock)

    def connect(
        self, key_prefix: str = "app:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> InMemoryCacheAdapter:
        """Return another adapter."""
        return InMemoryCacheAdapter(key_prefix, server=self.server, codec=codec, default_ttl=default_ttl)

    def connect_async(
        self, key_prefix: str = "app:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> AsyncInMemoryCacheAdapter:
        """Return another asynchronous adapter."""
        return AsyncInMemoryCacheAdapter(key_prefix, server=self.server, codec=codec, default_ttl=default_ttl)

    def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self.clock.advance(seconds)

    def now(self) -> datetime:
        """Return the clock's time."""
        return self.clock.now()

    async def close_async(self) -> None:
        """Leave them to the garbage: they hold nothing open."""


class ServerStore:
    """A real server, emptied after each test."""

    def __init__(self, server: MovableServer) -> None:
        self._server = server
        self._open: list[RedisCacheAdapter] = []
        self._open_async: list[AsyncRedisCacheAdapter] = []

    def connect(
        self, key_prefix: str = "app:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> RedisCacheAdapter:
        """Return another adapter."""
        adapter = RedisCacheAdapter(
            self._server.url, key_prefix=key_prefix, codec=codec, default_ttl=default_ttl
        )
        self._open.append(adapter)
        return adapter

    def connect_async(
        self, key_prefix: str = "app:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> AsyncRedisCacheAdapter:
        """Return another asynchronous adapter."""
        adapter = AsyncRedisCacheAdapter(
            self._server.url, key_prefix=key_prefix, codec=codec, default_ttl=default_ttl
        )
        self._open_async.append(adapter)
        return adapter

    def pass_time(self, seconds: float) -> None:
        """Move the server's clock."""
        self._server.pass_time(timedelta(seconds=seconds) + LATE)

    def now(self) -> datetime:
        """Return the server's time."""
        return EPOCH + timedelta(milliseconds=self._server.now_ms())

    async def close_async(self) -> None:
        """Close the asynchronous adapters, on the loop that used them."""
        for adapter in self._open_async:
            await adapter.close()

    def end(self) -> None:
        """Close what was opened and empty the server."""
        for adapter in self._open:
            adapter.close()
        self._server.call("FLUSHALL")


def run(store: Store, scenario: Coroutine[Any, Any, T]) -> T:
    """Run a scenario on a loop of its own, and close on it what it connected to the store."""

    async def whole() -> T:
        try:
            return await scenario
        finally:
            await store.close_async()

    return asyncio.run(whole())
