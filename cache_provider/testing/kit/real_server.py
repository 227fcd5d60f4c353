"""`RealServer`: a prefix of a Redis or Valkey server for one test."""

import os
import secrets

from cache_provider.aio.redis import AsyncRedisCacheAdapter
from cache_provider.clock import SYSTEM_CLOCK
from cache_provider.errors import CacheConfigurationError
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.memory.server import MemoryServer
from cache_provider.redis.adapter import RedisCacheAdapter
from cache_provider.testing.kit.loops import LoopEnds
from cache_provider.testing.kit.options import KitOptions
from cache_provider.testing.kit.place import Place
from cache_provider.testing.kit.real_time import RealTime
from cache_provider.testing.seam import AsyncInstrumentedCache, InstrumentedCache, Interceptor


def root_prefix(test: str) -> str:
    """Return a prefix that nobody else has on the server, for one run of a test, by its node id."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    # A pair of braces would choose a Cluster's node for all keys; the token tells two runs apart.
    name = test.replace("{", "(").encode("utf-8", "backslashreplace").decode()
    return f"cache_provider:{worker}:{secrets.token_hex(8)}:{name}:"


class RealServer(Place):
    """A prefix that nobody else has.

    Args:
        url: Where the server is.
        root: The prefix.

    Raises:
        CacheConfigurationError: The URL cannot work.
        CacheUnavailableError: The server does not answer.
    """

    clock = SYSTEM_CLOCK

    def __init__(self, url: str, root: str) -> None:
        self._url = url
        self._root = root
        self._everything = RedisCacheAdapter(url, key_prefix=root)
        self._opened: list[CacheProviderInterface] = [self._everything]
        self._loops: list[LoopEnds] = []
        self._time = RealTime(self._note_moved_time)
        try:
            self._everything.exists("does it answer?")
        except BaseException:
            self._everything.close()
            raise

    def open(
        self, options: KitOptions, server: MemoryServer | None, *interceptors: Interceptor
    ) -> InstrumentedCache:
        adapter = RedisCacheAdapter(
            self._url,
            key_prefix=self._prefix(options, server),
            codec=options.codec,
            default_ttl=options.default_ttl,
        )
        cache = InstrumentedCache(adapter, self._time, *interceptors)
        self._opened.append(cache)
        return cache

    def open_async(
        self, options: KitOptions, server: MemoryServer | None, *interceptors: Interceptor
    ) -> AsyncInstrumentedCache:
        adapter = AsyncRedisCacheAdapter(
            self._url,
            key_prefix=self._prefix(options, server),
            codec=options.codec,
            default_ttl=options.default_ttl,
        )
        loops = LoopEnds(adapter.disconnect)
        self._loops.append(loops)
        return AsyncInstrumentedCache(adapter, self._time, *interceptors, loops)

    def close(self) -> None:
        for loops in self._loops:
            loops.close()
        try:
            self._empty()
        finally:
            for adapter in self._opened:
                adapter.close()

    def _empty(self) -> None:
        self._everything.flush_all()

    def _prefix(self, options: KitOptions, server: MemoryServer | None) -> str:
        if server is not None:
            raise CacheConfigurationError("server= is for the double only; this test runs on a real server")
        return self._root + options.key_prefix

    def _note_moved_time(self) -> None:
        self.unfit = "freezegun, time-machine or a mock moves no real server's time"
