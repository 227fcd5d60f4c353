"""Keys that stay are found, whatever comes and goes around them."""

from collections import Counter
from collections.abc import Iterable

import pytest

from cache_provider import InMemoryCacheAdapter
from tests.stress.threads import seen_during

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
    for turn in range(200):
        cache.delete(f"passing:{turn % 100}")
        cache.set(f"passing:{number}:{turn % 50}", 1)
        cache.set(STABLE[turn % 100], turn)
        cache.delete(f"passing:{number}:{(turn - 10) % 50}")


def test_a_scan_returns_every_key_that_stays_exactly_once(cache: InMemoryCacheAdapter) -> None:
    """Cursors neither skip nor repeat a key while others are added, removed and overwritten."""

    def finds_each_once() -> bool:
        return Counter(key for key in full_scan(cache, count=7) if key in ONCE_EACH) == ONCE_EACH

    assert seen_during(lambda number: come_and_go(cache, number), finds_each_once) == {True}


def test_keys_contains_every_key_that_stays(cache: InMemoryCacheAdapter) -> None:
    """A snapshot of the keys misses none that is there all the time."""

    def finds_all() -> bool:
        return sorted(cache.keys("stable:*")) == sorted(STABLE)

    assert seen_during(lambda number: come_and_go(cache, number), finds_all) == {True}


def test_keys_finds_a_key_that_moves_from_one_name_to_another(cache: InMemoryCacheAdapter) -> None:
    """Where a key is created before another is deleted, no snapshot is without both."""
    cache.set("moving:0", 1)

    def move(_: int) -> None:
        for turn in range(500):
            cache.set(f"moving:{turn + 1}", 1)
            cache.delete(f"moving:{turn}")

    assert seen_during(move, lambda: len(cache.keys("moving:*")), workers=1) <= {1, 2}
