"""`Double`: a memory server for one test."""

from typing import TYPE_CHECKING

from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.clock import SYSTEM_CLOCK, Clock
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.memory.server import MemoryServer
from cache_provider.testing.kit.contents import CacheServer, client_watch_of, show_commands
from cache_provider.testing.kit.options import KitOptions
from cache_provider.testing.kit.place import Place
from cache_provider.testing.leaks import Leak
from cache_provider.testing.seam import AsyncInstrumentedCache, InstrumentedCache, Interceptor

if TYPE_CHECKING:
    from cache_provider.testing.kit.clients import Clients


class Double(Place):
    """A server that nobody else has.

    Args:
        options: How it is bounded.
        clock: What it lives by; the system's by default.

    Attributes:
        server: The server.
    """

    def __init__(self, options: KitOptions, clock: Clock | None) -> None:
        self.clock = SYSTEM_CLOCK if clock is None else clock
        self.server = CacheServer(
            options.key_prefix, options.codec, options.max_size, options.eviction, self.clock
        )
        self._opened: list[InstrumentedCache] = []

    def open(
        self, options: KitOptions, server: MemoryServer | None, *interceptors: Interceptor
    ) -> InstrumentedCache:
        adapter = InMemoryCacheAdapter(
            options.key_prefix,
            server=self.server if server is None else server,
            codec=options.codec,
            default_ttl=options.default_ttl,
        )
        cache = InstrumentedCache(adapter, *interceptors)
        self._opened.append(cache)
        return cache

    def open_async(
        self, options: KitOptions, server: MemoryServer | None, *interceptors: Interceptor
    ) -> AsyncInstrumentedCache:
        adapter = AsyncInMemoryCacheAdapter(
            options.key_prefix,
            server=self.server if server is None else server,
            codec=options.codec,
            default_ttl=options.default_ttl,
        )
        return AsyncInstrumentedCache(adapter, *interceptors)

    @property
    def own_server(self) -> MemoryServer:
        return self.server

    def oversee(self, *interceptors: Interceptor) -> None:
        show_commands(self.server, *interceptors)

    def clients(self, options: KitOptions) -> "Clients":
        from cache_provider.testing.kit.clients import DoubleClients  # noqa: PLC0415 - imports the door

        return DoubleClients(self.server, options)

    def leaks_of_clients(self, options: KitOptions) -> list[Leak]:
        watch = client_watch_of(self.server)
        return [] if watch is None else watch.leaks(options.allow_keys, options.allow_locks)

    def close(self) -> None:
        # A thread that outlived its test finds out.
        for adapter in self._opened:
            adapter.close()
