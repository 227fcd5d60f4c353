"""An operation on several keys happens at one moment for all of them."""

import pytest

from cache_provider import InMemoryCacheAdapter
from tests.stress.threads import THREADS, run_threads, seen_during

TURNS = 150
KEYS = [f"k{number}" for number in range(10)]


pytestmark = pytest.mark.usefixtures("interleaving")


@pytest.fixture
def cache() -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter()


def test_mget_sees_an_mset_whole(cache: InMemoryCacheAdapter) -> None:
    """All keys that are written together are read with the value of one write."""
    cache.mset(dict.fromkeys(KEYS, 0))

    def write(number: int) -> None:
        for turn in range(TURNS):
            cache.mset(dict.fromkeys(KEYS, number * TURNS + turn))

    assert seen_during(write, lambda: len(set(cache.mget(KEYS).values()))) == {1}


def test_single_reads_see_an_mset_at_one_moment(cache: InMemoryCacheAdapter) -> None:
    """Who has read one key of a bulk write does not find an older value under another."""
    many = [f"k{number}" for number in range(2000)]
    cache.mset(dict.fromkeys(many, 0))

    def write(_: int) -> None:
        for turn in range(10):
            cache.mset(dict.fromkeys(many, turn))

    def is_in_order() -> bool:
        first: int = cache.get(many[0])
        last: int = cache.get(many[-1])
        return first <= last

    assert seen_during(write, is_in_order, workers=1) == {True}


def come_and_go(cache: InMemoryCacheAdapter) -> None:
    for turn in range(TURNS):
        cache.mset(dict.fromkeys(KEYS, turn))
        cache.mdelete(KEYS)


def test_mget_sees_all_or_none_of_what_comes_and_goes_together(cache: InMemoryCacheAdapter) -> None:
    """A reader finds every key of an mset or, before it and after the mdelete, not one."""
    assert seen_during(lambda _: come_and_go(cache), lambda: len(cache.mget(KEYS))) <= {0, len(KEYS)}


def test_mexists_sees_all_or_none_of_what_comes_and_goes_together(cache: InMemoryCacheAdapter) -> None:
    """A reader is told of every key of an mset or, before it and after the mdelete, of not one."""
    seen = seen_during(lambda _: come_and_go(cache), lambda: sum(cache.mexists(KEYS).values()))
    assert seen <= {0, len(KEYS)}


def test_keys_sees_all_or_none_of_what_comes_and_goes_together(cache: InMemoryCacheAdapter) -> None:
    """The list of keys is a snapshot: it has every key of an mset or not one."""
    assert seen_during(lambda _: come_and_go(cache), lambda: len(cache.keys())) <= {0, len(KEYS)}


def test_the_size_counts_all_or_none_of_what_comes_and_goes_together(cache: InMemoryCacheAdapter) -> None:
    """The number of entries is that of one moment."""
    assert seen_during(lambda _: come_and_go(cache), cache.get_store_size) <= {0, len(KEYS)}


def test_mdelete_reports_every_key_once(cache: InMemoryCacheAdapter) -> None:
    """Threads that delete the same keys at once are told of as many as there were."""
    many = {f"k{number}": number for number in range(2000)}
    cache.mset(many)

    def delete_in_pieces(_: int) -> int:
        return sum(cache.mdelete(f"k{n}" for n in range(start, start + 20)) for start in range(0, 2000, 10))

    assert sum(run_threads(THREADS, delete_in_pieces)) == len(many)
