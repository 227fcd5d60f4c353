"""A bounded server keeps its bound under threads."""

import random

import pytest

from cache_provider import InMemoryCacheAdapter, MemoryServer
from cache_provider.memory.eviction import POLICIES, Eviction
from tests.stress.threads import THREADS, run_threads, seen_during

BOUND = 10

pytestmark = pytest.mark.usefixtures("interleaving")

each_policy = pytest.mark.parametrize("eviction", POLICIES)


@pytest.fixture
def cache(eviction: Eviction) -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter(server=MemoryServer(max_size=BOUND, eviction=eviction))


def write(cache: InMemoryCacheAdapter, number: int) -> None:
    """Write by every operation that creates a key, read and delete some."""
    rng = random.Random(number)
    for turn in range(150):
        cache.set(f"{number}:{turn % 7}", turn)
        cache.mset({f"bulk:{n}": turn for n in rng.sample(range(15), 3)})
        cache.incr(f"counter:{turn % 5}")
        cache.push_limit(f"list:{turn % 3}", turn, 5)
        cache.hset(f"hash:{turn % 3}", "field", turn)
        cache.get(f"{number}:{(turn - 3) % 7}")
        cache.delete(f"{number}:{(turn - 1) % 7}")


def fill(cache: InMemoryCacheAdapter, number: int) -> None:
    for turn in range(500):
        cache.set(f"{number}:{turn}", turn)


@each_policy
def test_nobody_sees_more_entries_than_the_bound(cache: InMemoryCacheAdapter) -> None:
    """The size is never beyond the bound, not even between a write and the eviction it causes."""
    assert max(seen_during(lambda number: write(cache, number), cache.get_store_size)) <= BOUND


@each_policy
def test_nobody_sees_more_keys_than_the_bound(cache: InMemoryCacheAdapter) -> None:
    """A snapshot of the keys never has more of them than fit."""
    assert max(seen_during(lambda number: write(cache, number), lambda: len(cache.keys()))) <= BOUND


@each_policy
def test_an_evicted_entry_is_gone_as_soon_as_its_successor_is_seen(eviction: Eviction) -> None:
    """Where one entry fits, nobody who has seen the newer of two finds the older."""
    cache = InMemoryCacheAdapter(server=MemoryServer(max_size=1, eviction=eviction))
    written = [0]

    def write_one_after_the_other(_: int) -> None:
        for turn in range(1, 500):
            written[0] = turn
            cache.set(f"k{turn}", turn)

    def sees_both() -> bool:
        turn = written[0]
        return cache.exists(f"k{turn}") and cache.exists(f"k{turn - 1}")

    assert seen_during(write_one_after_the_other, sees_both, workers=1) == {False}


@each_policy
def test_a_server_that_was_filled_stays_full(cache: InMemoryCacheAdapter) -> None:
    """Each write beyond the bound evicts one entry and no more."""
    run_threads(THREADS, lambda number: fill(cache, number))
    assert cache.get_store_size() == BOUND


@each_policy
def test_every_entry_written_is_there_or_was_evicted(cache: InMemoryCacheAdapter) -> None:
    """No eviction is counted twice or forgotten."""
    run_threads(THREADS, lambda number: fill(cache, number))
    assert cache.stats().evictions == THREADS * 500 - BOUND


@pytest.mark.parametrize("eviction", ["lru"])
def test_an_entry_in_constant_use_is_not_evicted(cache: InMemoryCacheAdapter) -> None:
    """Eight threads write one key each between two reads of another, and so never push it out."""
    cache.set("in use", 1)

    def read_and_write(number: int) -> set[object]:
        seen: set[object] = set()
        for turn in range(150):
            seen.add(cache.get("in use"))
            cache.set(f"{number}:{turn}", turn)
        return seen

    assert set().union(*run_threads(THREADS, read_and_write)) == {1}


@each_policy
def test_held_locks_survive_a_flood_of_writes(cache: InMemoryCacheAdapter) -> None:
    """Locks are not entries: no write pushes one out."""

    def hold_while_writing(number: int) -> bool:
        with cache.get_lock(f"lock {number}", timeout=600) as lock:
            fill(cache, number)
            return lock.owned()

    assert run_threads(THREADS, hold_while_writing) == [True] * THREADS
