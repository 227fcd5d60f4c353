"""`CacheMaker`: makes the caches of one test."""

from dataclasses import replace

from cache_provider.arguments import Ttl
from cache_provider.codecs import Codec
from cache_provider.memory.server import MemoryServer
from cache_provider.testing.kit.options import KitOptions
from cache_provider.testing.kit.place import Place
from cache_provider.testing.seam import AsyncInstrumentedCache, InstrumentedCache, Interceptor


class CacheMaker:
    """Makes caches for one test, all on its one store unless told otherwise.

    Without arguments it makes one more client of the store that
    `cache_provider` uses, under the same prefix.

    Args:
        place: Where the caches live.
        options: The options of a cache that is made without arguments.
        *interceptors: Called with each operation.
    """

    def __init__(self, place: Place, options: KitOptions, *interceptors: Interceptor) -> None:
        self._place = place
        self._options = options
        self._interceptors = interceptors

    def __call__(
        self,
        key_prefix: str | None = None,
        *,
        server: MemoryServer | None = None,
        codec: Codec | None = None,
        default_ttl: Ttl | None = None,
    ) -> InstrumentedCache:
        """Return a cache that the test's calls, faults and leaks see too.

        Args:
            key_prefix: The prefix of its keys; by default that of the test's own cache.
            server: Another store, on the double only.
            codec: How its values become bytes; by default as in the test's own cache.
            default_ttl: The ttl of writes that name none; by default as in the test's own cache.

        Raises:
            TypeError, ValueError: An argument is not legal.
            CacheConfigurationError: `server` is given to a test that runs on a real server.
        """
        terms = self._terms(key_prefix, codec, default_ttl)
        return self._place.open(terms, server, *self._interceptors)

    def asynchronous(
        self,
        key_prefix: str | None = None,
        *,
        server: MemoryServer | None = None,
        codec: Codec | None = None,
        default_ttl: Ttl | None = None,
    ) -> AsyncInstrumentedCache:
        """Return a cache for coroutines; the arguments are those of a plain call."""
        terms = self._terms(key_prefix, codec, default_ttl)
        return self._place.open_async(terms, server, *self._interceptors)

    def _terms(self, key_prefix: str | None, codec: Codec | None, default_ttl: Ttl | None) -> KitOptions:
        own = self._options
        return replace(
            own,
            key_prefix=own.key_prefix if key_prefix is None else key_prefix,
            codec=own.codec if codec is None else codec,
            default_ttl=own.default_ttl if default_ttl is None else default_ttl,
        )
