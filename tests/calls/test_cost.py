"""What the record takes: little room, few looks at the clock, and no question that nobody asked."""

import tracemalloc

import pytest

from cache_provider import CacheProviderInterface, CacheStats, InMemoryCacheAdapter
from cache_provider.clock import SYSTEM_CLOCK
from cache_provider.testing.calls import Calls
from cache_provider.testing.leaks import LeakWatch
from cache_provider.testing.seam import InstrumentedCache


def test_what_is_read_again_and_again_is_kept_once(cache: CacheProviderInterface, calls: Calls) -> None:
    """A hundred reads of a long list take the room of one, and a line each."""
    cache.set("long", list(range(10_000)))
    cache.list_range("none", 0, 1)
    cache.get("long")
    tracemalloc.start()
    try:
        for _ in range(100):
            cache.get("long")
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 100_000, calls.counts


def test_each_look_at_a_result_is_a_copy_of_its_own(cache: CacheProviderInterface, calls: Calls) -> None:
    """What a test does to one is not seen in the next, nor in the record of an equal read."""
    cache.set("basket", ["apple"])
    cache.get("basket")
    calls[1].result.append("pear")
    assert calls[1].result == ["apple"]


class Refusing:
    """Can be pickled, and not be made again."""

    def __reduce__(self) -> tuple[object, ...]:
        """Return what fails when it is called."""
        return int, ("no number",)


def test_what_cannot_be_made_again_does_not_stop_the_listing(
    cache: CacheProviderInterface, calls: Calls
) -> None:
    """A record is read when a test fails: it must not fail itself."""

    cache.get("k", default=[Refusing()])
    assert "get 'k'  -> <cannot be unpickled>" in str(calls)


class Asked(InMemoryCacheAdapter):
    """Counts how often it is asked for its counts."""

    times = 0

    def stats(self) -> CacheStats:
        """Count, and return what was counted so far."""
        self.times += 1
        return super().stats()


@pytest.fixture
def asked() -> Asked:
    """Return a cache that counts the questions."""
    return Asked()


def test_a_cache_is_not_asked_for_its_counts_by_each_read(asked: Asked, calls: Calls) -> None:
    """Most tests never want to know."""
    cache = InstrumentedCache(asked, calls)
    for _ in range(10):
        cache.get("k")
    assert asked.times == 0


def test_a_cache_is_asked_for_its_counts_when_a_test_wants_to_know(asked: Asked, calls: Calls) -> None:
    """The answer is of that moment."""
    cache = InstrumentedCache(asked, calls)
    for _ in range(10):
        cache.get("k")
    assert calls.misses == 10


def test_a_reading_of_a_closed_cache_is_its_last_one(cache: CacheProviderInterface, calls: Calls) -> None:
    """Also after the record was cleared in between."""
    cache.get("k")
    calls.clear()
    cache.get("k")
    cache.get("k")
    cache.close()
    assert calls.misses == 2


def test_what_was_written_is_not_held_until_the_end(calls: Calls) -> None:
    """A test that writes on and on, and clears the record, holds the last ten thousand values at most."""
    cache = InstrumentedCache(InMemoryCacheAdapter(), calls, LeakWatch(SYSTEM_CLOCK))
    tracemalloc.start()
    try:
        for number in range(30_000):
            cache.set("k", f"{number:1000}")
            calls.clear()
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 20_000_000
