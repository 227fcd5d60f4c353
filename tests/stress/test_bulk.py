"""An operation on several keys happens at one moment for all of them."""

from collections.abc import Callable
from itertools import chain

import pytest

from cache_provider import InMemoryCacheAdapter
from tests.stress.threads import THREADS, run_threads

KEYS = [f"k{number}" for number in range(10)]


pytestmark = pytest.mark.usefixtures("interleaving")


@pytest.fixture
def cache() -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter()


def seen_during(write: Callable[[int, int], object], read: Callable[[], int]) -> set[int]:
    """Return all that four readers read while four other threads write, each in turns of its own."""

    def work(number: int) -> set[int]:
        if number % 2:
            for turn in range(300):
                write(number, turn)
            return set()
        return {read() for _ in range(300)}

    return set[int]().union(*run_threads(THREADS, work))


def test_mget_sees_an_mset_whole(cache: InMemoryCacheAdapter) -> None:
    """All keys that are written together are read with the value of one write."""
    cache.mset(dict.fromkeys(KEYS, 0))

    def write(number: int, turn: int) -> None:
        cache.mset(dict.fromkeys(KEYS, number * 1000 + turn))

    assert seen_during(write, lambda: len(set(cache.mget(KEYS).values()))) == {1}


def test_single_reads_see_an_mset_at_one_moment(cache: InMemoryCacheAdapter) -> None:
    """Who has read one key of a bulk write does not find an older value under another."""
    many = [f"k{number}" for number in range(2000)]
    cache.mset(dict.fromkeys(many, 0))

    def write_or_read(number: int) -> list[tuple[int, int]]:
        if number:
            return [(cache.get(many[0]), cache.get(many[-1])) for _ in range(300)]
        return [(turn, turn) for turn in range(20) if cache.mset(dict.fromkeys(many, turn))]

    pairs = chain.from_iterable(run_threads(THREADS, write_or_read))
    assert all(first <= last for first, last in pairs)


def write_or_delete(cache: InMemoryCacheAdapter, turn: int) -> None:
    if turn % 2:
        cache.mdelete(KEYS)
    else:
        cache.mset(dict.fromkeys(KEYS, turn))


def test_mget_sees_all_or_none_of_what_comes_and_goes_together(cache: InMemoryCacheAdapter) -> None:
    """A reader finds every key of an mset or, before it and after the mdelete, not one."""
    seen = seen_during(lambda _, turn: write_or_delete(cache, turn), lambda: len(cache.mget(KEYS)))
    assert seen <= {0, len(KEYS)}


def test_mexists_sees_all_or_none_of_what_comes_and_goes_together(cache: InMemoryCacheAdapter) -> None:
    """A reader is told of every key of an mset or, before it and after the mdelete, of not one."""
    seen = seen_during(
        lambda _, turn: write_or_delete(cache, turn), lambda: sum(cache.mexists(KEYS).values())
    )
    assert seen <= {0, len(KEYS)}


def test_keys_sees_all_or_none_of_what_comes_and_goes_together(cache: InMemoryCacheAdapter) -> None:
    """The list of keys is a snapshot: it has every key of an mset or not one."""
    seen = seen_during(lambda _, turn: write_or_delete(cache, turn), lambda: len(cache.keys()))
    assert seen <= {0, len(KEYS)}


def test_the_size_counts_all_or_none_of_what_comes_and_goes_together(cache: InMemoryCacheAdapter) -> None:
    """The number of entries is that of one moment."""
    seen = seen_during(lambda _, turn: write_or_delete(cache, turn), cache.get_store_size)
    assert seen <= {0, len(KEYS)}


def test_mdelete_reports_every_key_once(cache: InMemoryCacheAdapter) -> None:
    """Threads that delete the same keys at once are told of as many as there were."""
    many = {f"k{number}": number for number in range(2000)}
    cache.mset(many)

    def delete_in_pieces(_: int) -> int:
        return sum(cache.mdelete(f"k{n}" for n in range(start, start + 20)) for start in range(0, 2000, 10))

    assert sum(run_threads(THREADS, delete_in_pieces)) == len(many)
