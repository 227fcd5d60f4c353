"""The contract at the Redis door: the Redis adapters on redis-py's clients of a server in this process."""

from cache_provider import AsyncCacheProviderInterface, AsyncRedisCacheAdapter, RedisCacheAdapter
from cache_provider.testing.contract import AsyncMemoryHarness, Capability, MemoryHarness, Terms
from cache_provider.testing.contract.harness import Cache

ABSENT = {
    Capability.PATIENCE_IN_STORE_TIME: "the adapter's patience is judged by its client's clock",
    Capability.RENEWS_IN_STORE_TIME: "the adapter renews by its client's clock",
    Capability.KEYS_REMOVE_EXPIRED: "KEYS passes an expired key over and leaves it there, as Redis does",
}


class DoorHarness(MemoryHarness):
    """Synchronous adapters on a client of the double's server."""

    def __init__(self) -> None:
        super().__init__()
        self._absent = {**self._absent, **ABSENT}

    def connect(self, terms: Terms) -> Cache:
        """Return another adapter on the same server."""
        return RedisCacheAdapter(client=self._server.redis(), **vars(terms))


class AsyncDoorHarness(AsyncMemoryHarness):
    """Asynchronous adapters on a client of the double's server."""

    def __init__(self) -> None:
        super().__init__()
        self._absent = {**self._absent, **ABSENT}

    def connect_async(self, terms: Terms) -> AsyncCacheProviderInterface:
        """Return another adapter on the same server."""
        return AsyncRedisCacheAdapter(client=self._server.async_redis(), **vars(terms))
