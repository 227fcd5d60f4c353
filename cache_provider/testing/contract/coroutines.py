"""The harness of an asynchronous provider: the same tests, each call carried out on an event loop."""

from abc import abstractmethod
from collections.abc import Mapping

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.testing.blocking import BlockingCache, LoopThread
from cache_provider.testing.contract.capabilities import Capability
from cache_provider.testing.contract.harness import Cache, Harness
from cache_provider.testing.contract.terms import Terms

ASYNCIO = {
    Capability.OPEN_STEPS: "composed operations run on the event loop, where no test replaces a step",
    Capability.CLAIMS_BY_THREAD: "a handle of coroutines has one claim, which its tasks share",
    Capability.INTERRUPTS: "asyncio ends its loop on a KeyboardInterrupt, no matter what is awaited",
}


class AsyncHarness(Harness):
    """One empty store whose providers are asynchronous; each runs on an event loop of its own.

    A subclass says how to connect by `connect_async`; otherwise as `Harness`.

    Args:
        absent: What this store or harness cannot be held to, besides what no
            asynchronous provider can.
    """

    def __init__(self, *, absent: Mapping[Capability, str] | None = None) -> None:
        super().__init__(absent={**ASYNCIO, **(absent or {})})
        self._connected: list[tuple[BlockingCache, LoopThread]] = []

    @abstractmethod
    def connect_async(self, terms: Terms) -> AsyncCacheProviderInterface:
        """Return another provider on the same store, with these options."""

    def connect(self, terms: Terms) -> Cache:
        return self.blocking(self.connect_async(terms))

    def blocking(self, provider: AsyncCacheProviderInterface) -> Cache:
        """Return a provider behind the interface that the tests know, until the test's end."""
        loop = LoopThread()
        loop.__enter__()
        cache = BlockingCache(provider, loop)
        self._connected.append((cache, loop))
        return cache

    def end(self) -> None:
        for cache, loop in self._connected:
            cache.close()
            loop.__exit__(None, None, None)
