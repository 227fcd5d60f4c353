"""Hits and misses, as the caches themselves count them."""

import threading
from typing import NamedTuple

from cache_provider.testing.seam import Operation


class Count(NamedTuple):
    """Reads that found something, and reads that did not."""

    hits: int = 0
    misses: int = 0


class Reads:
    """The hits and misses of several caches together, since the beginning or since `clear`.

    A result does not tell them apart (None may be stored, and be a default); the cache can.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        # The provider is kept so that no other one gets its id.
        self._counts: dict[int, tuple[object, Count]] = {}
        self._before = Count()

    @property
    def hits(self) -> int:
        """How many reads found what they asked for."""
        return self._total().hits - self._before.hits

    @property
    def misses(self) -> int:
        """How many reads found nothing."""
        return self._total().misses - self._before.misses

    def note(self, operation: Operation) -> None:
        """Look at the provider's own count after an operation."""
        if not operation.effect.counts:
            return
        provider, stats = operation.provider, operation.provider.stats()
        with self._mutex:
            _, known = self._counts.get(id(provider), (provider, Count()))
            # A thread that read sooner may note later.
            newest = Count(max(known.hits, stats.hits), max(known.misses, stats.misses))
            self._counts[id(provider)] = provider, newest

    def clear(self) -> None:
        """Count from here on."""
        self._before = self._total()

    def _total(self) -> Count:
        with self._mutex:
            counts = [count for _, count in self._counts.values()]
        return Count(sum(count.hits for count in counts), sum(count.misses for count in counts))
