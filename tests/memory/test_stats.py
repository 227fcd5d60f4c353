"""What stats() counts."""

import threading

import pytest

from cache_provider import CacheStats, InMemoryCacheAdapter, ManualClock, MemoryServer
from cache_provider.memory.payload import Fields, Items
from cache_provider.stats import Tally
from tests.threads import Task, until


@pytest.fixture
def cache() -> InMemoryCacheAdapter:
    cache = InMemoryCacheAdapter()
    cache._keyspace.store("list", Items([b"1"]), None)
    cache._keyspace.store("hash", Fields({"f": b"1"}), None)
    cache._keyspace.store("value", 1, None)
    return cache


def test_a_new_cache_has_counted_nothing() -> None:
    """All counts begin at 0."""
    assert InMemoryCacheAdapter().stats() == CacheStats()


def test_reads_that_find_something_are_hits(cache: InMemoryCacheAdapter) -> None:
    """Each read of a value, list, hash or field, and each key of mget, counts."""
    cache.get("value")
    cache.mget(["value", "list", "missing"])
    cache.list_range("list", 0, -1)
    cache.hget("hash", "f")
    cache.hgetall("hash")
    assert (cache.stats().hits, cache.stats().misses) == (5, 2)


def test_reads_that_find_nothing_are_misses(cache: InMemoryCacheAdapter) -> None:
    """So does each that found nothing."""
    cache.get("missing")
    cache.list_range("missing", 0, -1)
    cache.hget("hash", "missing")
    cache.hgetall("missing")
    assert (cache.stats().hits, cache.stats().misses) == (0, 4)


def test_an_expired_key_is_a_miss() -> None:
    """And an expiration of the server."""
    clock = ManualClock()
    cache = InMemoryCacheAdapter(clock=clock)
    cache.set("k", "v", ttl=1)
    clock.advance(1)
    cache.get("k")
    assert (cache.stats().misses, cache.stats().expirations) == (1, 1)


def test_a_look_is_no_read(cache: InMemoryCacheAdapter) -> None:
    """exists, ttl, keys and scan read no value."""
    cache.exists("value")
    cache.ttl("value")
    cache.keys()
    cache.scan()
    assert (cache.stats().hits, cache.stats().misses) == (0, 0)


def test_each_written_key_is_a_set(cache: InMemoryCacheAdapter) -> None:
    """Whatever operation wrote it; one that was refused is none."""
    cache.set("a", 1)
    cache.setnx("b", 1)
    cache.setnx("b", 2)
    cache.mset({"c": 1, "d": 1})
    cache.incr("a")
    cache.compare_and_set("b", 1, 2)
    cache.compare_and_set("b", 1, 2)
    cache.push_limit("list", 2, 5)
    cache.hset("hash", "g", 1)
    assert cache.stats().sets == 8


def test_each_removed_key_is_a_delete(cache: InMemoryCacheAdapter) -> None:
    """Whatever operation removed it; a missing one is none."""
    cache.mset(dict.fromkeys("abcd", 1))
    cache.delete("a")
    cache.delete("a")
    cache.mdelete(["b", "missing"])
    cache.compare_and_delete("c", 1)
    cache.delete_pattern("d*")
    assert cache.stats().deletes == 4


def test_an_acquisition_that_waits_is_a_lock_wait() -> None:
    """One that succeeds or gives up at once is none."""
    cache = InMemoryCacheAdapter()
    lock = cache.get_lock("counted")
    lock.acquire()
    cache.get_lock("counted").acquire(blocking=False)
    task = Task(lambda: cache.get_lock("counted").acquire(timeout=60))
    until(lambda: cache.stats().lock_waits > 0)
    lock.release()
    task.result()
    cache.delete("counted")
    assert cache.stats().lock_waits == 1


def test_stats_are_each_adapters_own() -> None:
    """Two adapters on one server count for themselves."""
    server = MemoryServer()
    cache, other = InMemoryCacheAdapter(server=server), InMemoryCacheAdapter(server=server)
    cache.get("value")
    assert (other.stats().misses, cache.stats().misses) == (0, 1)


def test_looking_at_a_tally_does_not_change_it() -> None:
    """Reading a count is no event."""
    tally = Tally()
    tally.add()
    tally.value()
    assert tally.value() == 1


@pytest.mark.usefixtures("tiny_switch_interval")
def test_a_tally_loses_no_count_between_threads() -> None:
    """Eight threads raise it without a mutex."""
    tally = Tally()
    start = threading.Barrier(8)

    def count() -> None:
        start.wait()
        for _ in range(5_000):
            tally.add()

    for task in [Task(count) for _ in range(8)]:
        task.result()
    assert tally.value() == 40_000
