"""Fenced locks of the double: what is not the same on a server."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from cache_provider import InMemoryCacheAdapter, ManualClock, MemoryServer
from cache_provider.memory.claiming import store_counted
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.payload import Claim


def test_a_counter_is_never_evicted() -> None:
    """It makes no use of the room, and none is made by its removal."""
    cache = InMemoryCacheAdapter(server=MemoryServer(max_size=1))
    with cache.get_lock("lock", fenced=True):
        cache.mset({"a": 1, "b": 2, "c": 3})
    with cache.get_lock("lock", fenced=True) as lock:
        assert lock.fence == 2


def test_adapters_without_a_server_count_together() -> None:
    """As they share the table of locks of the process."""
    with InMemoryCacheAdapter("fences:").get_lock("together", fenced=True) as first:
        number = first.fence
    with InMemoryCacheAdapter("fences:").get_lock("together", fenced=True) as second:
        assert (number, second.fence) == (1, 2)


def test_threads_never_get_the_same_number() -> None:
    """Whoever claims, in however many threads."""
    clock = ManualClock()
    cache = InMemoryCacheAdapter(server=MemoryServer(clock=clock))
    begun = Barrier(4)

    def claims() -> list[int | None]:
        begun.wait()
        numbers: list[int | None] = []
        for _ in range(100):
            with cache.get_lock("lock", fenced=True) as lock:
                numbers.append(lock.fence)
        return numbers

    with ThreadPoolExecutor(4) as threads:
        outcomes = [threads.submit(claims) for _ in range(4)]
    assert {number for outcome in outcomes for number in outcome.result()} == set(range(1, 401))


def test_a_number_is_not_stored_over_one_that_was_counted_meanwhile() -> None:
    """Who looked at the counter before somebody else counted has to look again."""
    keyspace = Keyspace(clock=ManualClock())
    counted = keyspace.peek("lock:fence")
    keyspace.store("lock:fence", 5, None)
    claim = Claim()
    claim.fence = 1
    deadline = keyspace.clock.now_ms() + 10
    store = partial(store_counted, keyspace, "lock", claim, deadline, None, None)
    assert not keyspace.mutex.run(store, fence_key="lock:fence", counted=counted)
