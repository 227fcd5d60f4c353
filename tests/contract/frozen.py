"""The contract on a real server, whose clock stands still and is moved by the test."""

from datetime import UTC, datetime, timedelta

from cache_provider import AsyncCacheProviderInterface, AsyncRedisCacheAdapter, RedisCacheAdapter
from cache_provider.arguments import EPOCH, Ttl, duration_ms
from cache_provider.testing.contract import AsyncHarness, Capability, Harness, Terms
from cache_provider.testing.contract.harness import Cache
from cache_provider.testing.contract.remote import NOWHERE
from cache_provider.testing.servers import MovableServer

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)

ABSENT = {
    Capability.EXACT_MILLISECOND: (
        "a server keeps a key one millisecond longer, which shows while its clock stands still"
    ),
    Capability.PATIENCE_IN_STORE_TIME: (
        "the server's clock is moved here, not the one that the client's patience is judged by"
    ),
    Capability.RENEWS_IN_STORE_TIME: (
        "the server's clock is moved here, not the one that the client renews by"
    ),
    Capability.KEYS_REMOVE_EXPIRED: "KEYS of a server passes an expired key over and leaves it there",
}


class _Frozen(Harness):
    """A server of its own, emptied after each test."""

    def __init__(self, server: MovableServer) -> None:
        super().__init__(absent=ABSENT)
        self._server = server

    def pass_time(self, duration: Ttl) -> None:
        """Move the server's clock forward, and by the millisecond that a server keeps a key longer.

        Redis asks whether now is past the deadline, and no client can tell: by
        the time it looks, the millisecond is over. Unless time stands still.
        """
        self._server.pass_time(timedelta(milliseconds=duration_ms("duration", duration) + 1))

    def step_back(self, duration: timedelta) -> None:
        """Move the server's clock backward."""
        self._server.pass_time(-duration)

    def now(self) -> datetime:
        """Return the server's time."""
        return EPOCH + timedelta(milliseconds=self._server.now_ms())

    def end(self) -> None:
        """Close what was opened and empty the server."""
        super().end()
        self._server.call("FLUSHALL")


class FrozenHarness(_Frozen):
    """Synchronous adapters on the server."""

    def __init__(self, server: MovableServer) -> None:
        super().__init__(server)
        self._open: list[Cache] = []

    def connect(self, terms: Terms) -> Cache:
        """Return another adapter on the server."""
        cache = RedisCacheAdapter(self._server.url, **vars(terms))
        self._open.append(cache)
        return cache

    def connect_lost(self) -> Cache:
        """Return an adapter on a server that is not there."""
        return RedisCacheAdapter(NOWHERE)

    def end(self) -> None:
        """Close what was opened and empty the server."""
        for cache in self._open:
            cache.close()
        super().end()


class AsyncFrozenHarness(_Frozen, AsyncHarness):
    """Asynchronous adapters on the server."""

    def connect_async(self, terms: Terms) -> AsyncCacheProviderInterface:
        """Return another adapter on the server."""
        return AsyncRedisCacheAdapter(self._server.url, **vars(terms))

    def connect_lost(self) -> Cache:
        """Return an adapter on a server that is not there."""
        return self.blocking(AsyncRedisCacheAdapter(NOWHERE))
