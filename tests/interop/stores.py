"""What the tests of a face know of its store: how to connect, and how to let time pass."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

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
from cache_provider.arguments import EPOCH, Ttl
from cache_provider.testing.servers import MovableServer

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
LATE = timedelta(milliseconds=1)
"""How much longer a server keeps a key, which shows while its clock stands still."""


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


class ServerStore:
    """A real server, emptied after each test."""

    def __init__(self, server: MovableServer) -> None:
        self._server = server
        self._open: list[RedisCacheAdapter] = []

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
    ) -> AsyncCacheProviderInterface:
        """Return another asynchronous adapter."""
        raise NotImplementedError

    def pass_time(self, seconds: float) -> None:
        """Move the server's clock."""
        self._server.pass_time(timedelta(seconds=seconds) + LATE)

    def now(self) -> datetime:
        """Return the server's time."""
        return EPOCH + timedelta(milliseconds=self._server.now_ms())

    def end(self) -> None:
        """Close what was opened and empty the server."""
        for adapter in self._open:
            adapter.close()
        self._server.call("FLUSHALL")
