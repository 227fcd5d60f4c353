"""`CacheFactory`: stores that live longer than a test, or less long."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from cache_provider.clock import Clock
from cache_provider.testing.kit.maker import CacheMaker
from cache_provider.testing.kit.options import KitOptions
from cache_provider.testing.kit.place import Place


class CacheFactory:
    """Opens stores of any life, on the double or on the server of the run.

    Args:
        options: What ini says about caches.
        open_place: Opens a store on the double, by the clock given, or on the server.
    """

    def __init__(self, options: KitOptions, open_place: Callable[[KitOptions, Clock | None], Place]) -> None:
        self._options = options
        self._open_place = open_place

    @contextmanager
    def __call__(self, *, clock: Clock | None = None, **options: object) -> Generator[CacheMaker, None, None]:
        """Open an empty store that nobody else sees, and remove it at the end of the `with` block.

        What is left in it is not judged: a store that several tests share has no
        test to blame.

        Args:
            clock: What the caches live by, on the double; the system's by default.
            **options: Options of the marker, as `default_ttl=60`.

        Yields:
            What makes caches on it, as `make_cache_provider` does.

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
