"""The harnesses of the double: a server whose clock only the test moves."""

from collections.abc import Callable, Mapping

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.memory.server import MemoryServer
from cache_provider.testing.contract.capabilities import Capability
from cache_provider.testing.contract.coroutines import AsyncHarness
from cache_provider.testing.contract.harness import Cache, ClockHarness
from cache_provider.testing.contract.terms import Terms

ABSENT = {Capability.LOST_STORE: "the double's store is in its own process, and always there"}


class _OfMemory(ClockHarness):
    def __init__(self, *, absent: Mapping[Capability, str] | None = None) -> None:
        super().__init__(absent={**ABSENT, **(absent or {})})
        self._server = MemoryServer(clock=self.clock)


class MemoryHarness(_OfMemory):
    """The double, or what is built on it.

    Args:
        adapter: Makes a provider of the arguments of `InMemoryCacheAdapter`.
    """

    def __init__(self, adapter: Callable[..., Cache] = InMemoryCacheAdapter) -> None:
        super().__init__()
        self._adapter = adapter

    def connect(self, terms: Terms) -> Cache:
        return self._adapter(server=self._server, **vars(terms))


class AsyncMemoryHarness(_OfMemory, AsyncHarness):
    """The asynchronous double, or what is built on it.

    Args:
        adapter: Makes a provider of the arguments of `AsyncInMemoryCacheAdapter`.
    """

    def __init__(
        self, adapter: Callable[..., AsyncCacheProviderInterface] = AsyncInMemoryCacheAdapter
    ) -> None:
        super().__init__()
        self._adapter = adapter

    def connect_async(self, terms: Terms) -> AsyncCacheProviderInterface:
        return self._adapter(server=self._server, **vars(terms))
