"""A cache that is used for long holds no more than one that is new.

`CACHE_PROVIDER_SOAK=10000000` makes the run as long as the documents promise.
"""

import gc
import os
import tracemalloc
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from cache_provider import InMemoryCacheAdapter
from cache_provider.arguments import USUAL_TTLS
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.lock_table import PROCESS_LOCKS
from tests.soak.workload import Workload

OPERATIONS = int(os.environ.get("CACHE_PROVIDER_SOAK", "20000"))
WARM_UP = 5_000
SLACK = 64 * 1024
"""Bytes by which two measurements may differ: tables of the interpreter that grow in steps."""

each_bound = pytest.mark.parametrize("max_size", [None, 100], ids=["unbounded", "bounded"])


@contextmanager
def traced() -> Generator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def held() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@pytest.fixture(params=[None, 100], ids=["unbounded", "bounded"])
def used(request: pytest.FixtureRequest) -> Workload:
    """Return a workload that has been through its operations and then removed everything."""
    workload = Workload(seed=7, max_size=request.param)
    workload.run(WARM_UP)
    workload.end()
    return workload


@each_bound
def test_the_memory_at_the_end_is_the_memory_at_the_beginning(max_size: int | None) -> None:
    """Whatever was stored, claimed, waited for and forgotten, nothing of it is left."""
    workload = Workload(seed=1, max_size=max_size)
    with traced():
        workload.run(WARM_UP)
        workload.end()
        before = held()
        workload.run(OPERATIONS)
        workload.end()
        assert held() - before < SLACK


@pytest.fixture
def emptied() -> Keyspace:
    """Return a keyspace of which all keys were removed, one after the other."""
    cache = InMemoryCacheAdapter()
    keys = [f"key:{number}" for number in range(1000)]
    cache.mset(dict.fromkeys(keys, "x"))
    for key in keys:
        cache.delete(key)
    return cache._keyspace


def test_one_page_is_left_of_an_emptied_server(emptied: Keyspace) -> None:
    """The order of an empty server is that of a new one."""
    assert len(emptied.order.pages) == 1


def test_no_page_is_remembered_for_its_room(emptied: Keyspace) -> None:
    """Pages that are gone are forgotten."""
    assert emptied.order.roomy == []


def test_no_page_is_remembered_for_its_keys(emptied: Keyspace) -> None:
    """So are the places of keys that are gone."""
    assert emptied.pages == {}


def test_nobody_waits(used: Workload) -> None:
    """The queue of a key goes with the last who waits for it."""
    assert used.cache._keyspace.queues == {}


def test_no_flight_is_left(used: Workload) -> None:
    """What get_or_set was computing is forgotten when it is computed."""
    assert used.cache._flights._flights == {}


def test_ended_leases_are_swept() -> None:
    """A lock that was never given back goes with the next sweep, whatever its name."""
    workload = Workload(seed=3, max_size=None)
    for number in range(100):
        workload.cache.get_lock(f"unique:{number}", 1).acquire()
    workload.clock.advance(2)
    workload.cache.cleanup_expired()
    assert [key for key in PROCESS_LOCKS.entries if key.startswith("test:unique:")] == []


def test_few_ttls_are_remembered(used: Workload) -> None:
    """A program with ever new ttls fills a small table, and that is all."""
    del used
    assert len(USUAL_TTLS) <= 256


def test_closed_adapters_are_forgotten(used: Workload) -> None:
    """Of the adapters that came and went none is registered."""
    assert [adapter for adapter in InMemoryCacheAdapter.instances() if adapter.clock is used.clock] == [
        used.cache
    ]


def test_pages_do_not_outgrow_the_keys() -> None:
    """Slots are used again: keys that came and went need no more pages than those there at one time."""
    cache = InMemoryCacheAdapter()
    for number in range(20_000):
        cache.set(f"key:{number}", 1)
        cache.delete(f"key:{number - 100}")
    assert len(cache._keyspace.order.pages) <= 4
