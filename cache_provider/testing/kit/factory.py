"""`CacheFactory`: stores that live longer or shorter than a test."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from cache_provider.clock import Clock
from cache_provider.testing.kit.maker import CacheMaker
from cache_provider.testing.kit.options import KitOptions
from cache_provider.testing.kit.place import Place


class CacheFactory:
    """Opens stores of any lifetime, on the double or on the server of the run.

    Args:
        options: The ini settings for caches.
        open_place: Opens a store on the double, with the clock given, or on the server.
    """

    def __init__(self, options: KitOptions, open_place: Callable[[KitOptions, Clock | None], Place]) -> None:
        self._options = options
        self._open_place = open_place

    @contextmanager
    def __call__(self, *, clock: Clock | None = None, **options: object) -> Generator[CacheMaker, None, None]:
        """Open an empty store that nobody else sees, and remove it at the end of the `with` block.

        Leaks in it are not judged: if several tests share a store, there is no single
        test to blame.

        Args:
            clock: The clock of the caches, on the double; the system's by default.
            **options: Options of the marker, such as `default_ttl=60`.

        Yields:
            A function that makes caches on it, like `make_cache_provider`.

        Raises:
            TypeError, ValueError: An option is not legal.
            CacheConfigurationError: There is no such option.
        """
        terms = self._options.but(options)
        place = self._open_place(terms, clock)
        try:
            yield CacheMaker(place, terms)
        finally:
            place.close()
