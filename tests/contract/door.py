"""The contract at the Redis door: the Redis adapters on redis-py's clients of a server in this process."""

from cache_provider import AsyncCacheProviderInterface, AsyncRedisCacheAdapter, Codec, RedisCacheAdapter
from cache_provider.arguments import Ttl
from cache_provider.testing.contract import AsyncMemoryHarness, Capability, MemoryHarness
from cache_provider.testing.contract.harness import Cache

ABSENT = {
    Capability.PATIENCE_IN_STORE_TIME: "the adapter's patience is judged by its client's clock",
    Capability.KEYS_REMOVE_EXPIRED: "KEYS passes an expired key over and leaves it there, as Redis does",
}


class DoorHarness(MemoryHarness):
    """Synchronous adapters on a client of the double's server."""

    def __init__(self) -> None:
        super().__init__()
        self._absent = {**self._absent, **ABSENT}

    def connect(
        self,
        key_prefix: str = "test:",
        *,
        codec: Codec | None = None,
        default_ttl: Ttl | None = None,
        cache_name: str = "contract",
    ) -> Cache:
        """Return another adapter on the same server."""
        return RedisCacheAdapter(
            client=self._server.redis(),
            key_prefix=key_prefix,
            codec=codec,
            default_ttl=default_ttl,
            cache_name=cache_name,
        )


class AsyncDoorHarness(AsyncMemoryHarness):
    """Asynchronous adapters on a client of the double's server."""

    def __init__(self) -> None:
        super().__init__()
        self._absent = {**self._absent, **ABSENT}

    def connect_async(
        self,
        key_prefix: str = "test:",
        *,
        codec: Codec | None = None,
        default_ttl: Ttl | None = None,
        cache_name: str = "contract",
    ) -> AsyncCacheProviderInterface:
        """Return another adapter on the same server."""
        return AsyncRedisCacheAdapter(
            client=self._server.async_redis(),
            key_prefix=key_prefix,
            codec=codec,
            default_ttl=default_ttl,
            cache_name=cache_name,
        )
