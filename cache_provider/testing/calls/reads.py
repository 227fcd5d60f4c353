"""Hits and misses, as the caches themselves count them."""

import threading
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cache_provider.aio.interface import AnyProvider
from cache_provider.errors import CacheError
from cache_provider.testing.seam import Operation


class Count(NamedTuple):
    """Reads that found something, and reads that did not."""

    hits: int = 0
    misses: int = 0


_ONE = frozenset({"GET", "GETDEL", "GETEX", "GETSET", "HGET"})
_MANY = frozenset({"HMGET", "MGET"})


def reads_of(records: Iterable[Operation]) -> Count:
    """Return what the commands of clients found, told by their replies."""
    found = [reply for record in records if record.is_command for reply in _replies(record)]
    misses = found.count(None)
    return Count(len(found) - misses, misses)


def _replies(record: Operation) -> Iterator[object]:
    for part in record.told_parts():
        yield from _replies(part)
    if record.error is None and record.duration_ms is not None:
        if record.name in _ONE:
            yield record.outcome
        elif record.name in _MANY:
            yield from record.outcome


class Reads:
    """The hits and misses of several caches together, since the beginning or since `clear`.

    A result does not tell them apart (None may be stored, and be a default); the
    cache can. It is asked when somebody wants to know, and before it is closed.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        # The provider is kept so that no other one gets its id.
        self._counts: dict[int, tuple[AnyProvider, Count]] = {}
        self._before = Count()

    @property
    def hits(self) -> int:
        """How many reads found what they asked for."""
        return self._total().hits - self._before.hits

    @property
    def misses(self) -> int:
        """How many reads found nothing."""
        return self._total().misses - self._before.misses

    def opening(self, provider: AnyProvider) -> None:
        """Count the reads of a provider too."""
        with self._mutex:
            self._counts.setdefault(id(provider), (provider, Count()))

    def closing(self, provider: AnyProvider) -> None:
        """Take the last count of a provider that is about to be closed."""
        with self._mutex:
            if id(provider) in self._counts:
                self._ask(provider)

    def clear(self) -> None:
        """Count from here on."""
        self._before = self._total()

    def _total(self) -> Count:
        with self._mutex:
            for provider, _ in tuple(self._counts.values()):
                self._ask(provider)
            counts = [count for _, count in self._counts.values()]
        return Count(sum(count.hits for count in counts), sum(count.misses for count in counts))

    def _ask(self, provider: AnyProvider) -> None:
        try:
            stats = provider.stats()
        except CacheError:  # closed: its last count stands
            return
        self._counts[id(provider)] = provider, Count(stats.hits, stats.misses)
