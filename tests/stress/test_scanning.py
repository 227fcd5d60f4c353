"""Keys that stay are found, whatever comes and goes around them."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain

import pytest

from cache_provider import InMemoryCacheAdapter
from tests.stress.threads import THREADS, run_threads

STABLE = [f"stable:{number}" for number in range(100)]
ONCE_EACH = Counter(STABLE)


pytestmark = pytest.mark.usefixtures("interleaving")


@pytest.fixture
def cache() -> InMemoryCacheAdapter:
    """Return a cache with keys that stay, and between them others that do not."""
    cache = InMemoryCacheAdapter()
    for number, key in enumerate(STABLE):
        cache.set(f"passing:{number}", 1)
        cache.set(key, 0)
    return cache


def full_scan(cache: InMemoryCacheAdapter, count: int) -> Iterable[str]:
    cursor, page = cache.scan("*", count)
    yield from page
    while cursor:
        cursor, page = cache.scan("*", count, cursor)
        yield from page


def come_and_go(cache: InMemoryCacheAdapter, number: int) -> None:
    """Delete and create keys, and overwrite some that stay, without ever removing these."""
    for turn in range(400):
        cache.delete(f"passing:{turn % 100}")
        cache.set(f"passing:{number}:{turn % 50}", 1)
        cache.set(STABLE[turn % 100], turn)
        cache.delete(f"passing:{number}:{(turn - 10) % 50}")


def stable_keys_seen(cache: InMemoryCacheAdapter, number: int) -> list[Counter[str]]:
    """Scan again and again if the number is even, and disturb the scans if it is odd."""
    if number % 2:
        come_and_go(cache, number)
        return []
    return [Counter(key for key in full_scan(cache, count=7 + number) if key in ONCE_EACH) for _ in range(15)]


def test_a_scan_returns_every_key_that_stays_exactly_once(cache: InMemoryCacheAdapter) -> None:
    """Cursors neither skip nor repeat a key while others are added, removed and overwritten."""
    scans = list(chain.from_iterable(run_threads(THREADS, lambda number: stable_keys_seen(cache, number))))
    assert all(scan == ONCE_EACH for scan in scans)


def test_keys_contains_every_key_that_stays(cache: InMemoryCacheAdapter) -> None:
    """A snapshot of the keys misses none that is there all the time."""

    def look(number: int) -> list[list[str]]:
        if number % 2:
            come_and_go(cache, number)
            return []
        return [sorted(cache.keys("stable:*")) for _ in range(50)]

    snapshots = list(chain.from_iterable(run_threads(THREADS, look)))
    assert all(snapshot == sorted(STABLE) for snapshot in snapshots)


def test_keys_finds_a_key_that_moves_from_one_name_to_another(cache: InMemoryCacheAdapter) -> None:
    """Where a key is created before another is deleted, no snapshot is without both."""

    def look(number: int) -> int:
        if number:
            return min(len(cache.keys("moving:*")) for _ in range(200))
        for turn in range(1000):
            cache.set(f"moving:{turn + 1}", 1)
            cache.delete(f"moving:{turn}")
        return 1

    cache.set("moving:0", 1)
    assert min(run_threads(THREADS, look)) == 1
