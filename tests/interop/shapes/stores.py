"""Where a face keeps its values in a test: the double or a server, whose time the test moves."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from cache_provider import (
    AsyncCacheProviderInterface,
    AsyncInMemoryCacheAdapter,
    AsyncRedisCacheAdapter,
    CacheProviderInterface,
    Codec,
    InMemoryCacheAdapter,
    ManualClock,
    MemoryServer,
    RedisCacheAdapter,
)
from cache_provider.arguments import Ttl, duration_ms
from cache_provider.testing.servers import MovableServer

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)


class Store(Protocol):
    """One empty store, and as many providers on it as a test asks for."""

    def connect(
        self, key_prefix: str = "test:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> CacheProviderInterface:
        """Return a provider for threads."""
        ...

    def connect_async(
        self, key_prefix: str = "test:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> AsyncCacheProviderInterface:
        """Return a provider for coroutines, which whoever asked for it closes."""
        ...

    def pass_time(self, duration: Ttl) -> None:
        """Let the store be so much older."""
        ...

    def end(self) -> None:
        """Give back what is not the coroutines'."""
        ...


class DoubleStore:
    """The double."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOON)
        self.server = MemoryServer(clock=self.clock)

    def connect(
        self, key_prefix: str = "test:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> CacheProviderInterface:
        """Return an adapter on the one server."""
        return InMemoryCacheAdapter(key_prefix, server=self.server, codec=codec, default_ttl=default_ttl)

    def connect_async(
        self, key_prefix: str = "test:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> AsyncCacheProviderInterface:
        """Return an adapter on the one server."""
        return AsyncInMemoryCacheAdapter(key_prefix, server=self.server, codec=codec, default_ttl=default_ttl)

    def pass_time(self, duration: Ttl) -> None:
        """Move the clock."""
        self.clock.advance(duration)

    def end(self) -> None:
        """Do nothing: nobody else has this server."""


class ServerStore:
    """A real server, emptied after each test."""

    def __init__(self, server: MovableServer) -> None:
        self._server = server
        self._open: list[CacheProviderInterface] = []

    def connect(
        self, key_prefix: str = "test:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> CacheProviderInterface:
        """Return an adapter on the server."""
        cache = RedisCacheAdapter(
            self._server.url, key_prefix=key_prefix, codec=codec, default_ttl=default_ttl
        )
        self._open.append(cache)
        return cache

    def connect_async(
        self, key_prefix: str = "test:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> AsyncCacheProviderInterface:
        """Return an adapter on the server."""
        return AsyncRedisCacheAdapter(
            self._server.url, key_prefix=key_prefix, codec=codec, default_ttl=default_ttl
        )

    def pass_time(self, duration: Ttl) -> None:
        """Move the server's clock, and by the one millisecond that a server keeps a key longer."""
        self._server.pass_time(timedelta(milliseconds=duration_ms("duration", duration) + 1))

    def end(self) -> None:
        """Close what was opened and empty the server."""
        for cache in self._open:
            cache.close()
        self._server.call("FLUSHALL")
