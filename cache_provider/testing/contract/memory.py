"""The harnesses of the double: a server whose clock only the test moves."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.arguments import Ttl
from cache_provider.clock import ManualClock
from cache_provider.codecs import Codec
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.memory.server import MemoryServer
from cache_provider.testing.contract.capabilities import Capability
from cache_provider.testing.contract.coroutines import AsyncHarness
from cache_provider.testing.contract.harness import Cache, Harness

ABSENT = {Capability.LOST_STORE: "the double's store is in its own process, and always there"}


class _OnManualClock(Harness):
    def __init__(self, *, absent: Mapping[Capability, str] | None = None) -> None:
        super().__init__(absent={**ABSENT, **(absent or {})})
        self._clock = ManualClock()
        self._server = MemoryServer(clock=self._clock)

    def pass_time(self, duration: Ttl) -> None:
        """Move the clock forward."""
        self._clock.advance(duration)

    def step_back(self, duration: timedelta) -> None:
        """Move the clock backward."""
        self._clock.set(self._clock.now() - duration)

    def now(self) -> datetime:
        """Return the clock's time."""
        return self._clock.now()


class MemoryHarness(_OnManualClock):
    """The double, or what is built on it.

    Args:
        adapter: Makes a provider of the arguments of `InMemoryCacheAdapter`.
    """

    def __init__(self, adapter: Callable[..., Cache] = InMemoryCacheAdapter) -> None:
        super().__init__()
        self._adapter = adapter

    def connect(
        self,
        key_prefix: str = "test:",
        *,
        codec: Codec | None = None,
        default_ttl: Ttl | None = None,
        cache_name: str = "contract",
    ) -> Cache:
        """Return another adapter on the same server."""
        return self._adapter(
            key_prefix, cache_name, server=self._server, codec=codec, default_ttl=default_ttl
        )


class AsyncMemoryHarness(_OnManualClock, AsyncHarness):
    """The asynchronous double, or what is built on it.

    Args:
        adapter: Makes a provider of the arguments of `AsyncInMemoryCacheAdapter`.
    """

    def __init__(
        self, adapter: Callable[..., AsyncCacheProviderInterface] = AsyncInMemoryCacheAdapter
    ) -> None:
        super().__init__()
        self._adapter = adapter

    def connect_async(
        self,
        key_prefix: str = "test:",
        *,
        codec: Codec | None = None,
        default_ttl: Ttl | None = None,
        cache_name: str = "contract",
    ) -> AsyncCacheProviderInterface:
        """Return another adapter on the same server."""
        return self._adapter(
            key_prefix, cache_name, server=self._server, codec=codec, default_ttl=default_ttl
        )
