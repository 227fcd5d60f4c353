"""How often the clock is read for one operation: under some tools each reading moves it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from cache_provider import Clock, InMemoryCacheAdapter, MemoryServer
from cache_provider.testing.kit import CacheKit, Double, KitOptions

OPERATIONS: dict[str, Callable[[Any], object]] = {
    "get": lambda cache: cache.get("k"),
    "get with ttl": lambda cache: cache.get("short"),
    "set": lambda cache: cache.set("k", 1),
    "set with ttl": lambda cache: cache.set("short", 1, 60),
    "incr": lambda cache: cache.incr("k"),
    "delete": lambda cache: cache.delete("k"),
    "expire": lambda cache: cache.expire("k", 60),
    "hset": lambda cache: cache.hset("hash", "field", 1),
    "mset": lambda cache: cache.mset({"a": 1, "b": 2}, 60),
    "lock without waiting": lambda cache: cache.get_lock("l").acquire(blocking=False),
}


class Counted(Clock):
    """A clock that counts how often it is read."""

    def __init__(self) -> None:
        self.readings = 0

    def now_ms(self) -> int:
        """Count, and return a time."""
        self.readings += 1
        return 1_000_000


def readings(cache: Any, clock: Counted, operation: Callable[[Any], object]) -> int:
    """Return how often the clock was read by an operation on keys that are there."""
    cache.set("k", 1)
    cache.set("short", 1, 60)
    cache.hset("hash", "other", 1)
    before = clock.readings
    operation(cache)
    return clock.readings - before


def bare_readings(operation: Callable[[Any], object]) -> int:
    """Return how often a cache without a kit reads its clock."""
    clock = Counted()
    return readings(InMemoryCacheAdapter(server=MemoryServer(clock=clock)), clock, operation)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_reads_the_clock_once_more_than_without_the_kit(name: str) -> None:
    """Record, faults and watch share one reading."""
    clock, options = Counted(), KitOptions()
    cache = CacheKit(Double(options, clock), options).make()
    assert readings(cache, clock, OPERATIONS[name]) == bare_readings(OPERATIONS[name]) + 1


def test_a_lock_that_may_wait_reads_it_once_more_at_the_end() -> None:
    """Its duration, and the start of its lease, are worth it."""
    clock, options = Counted(), KitOptions()
    cache = CacheKit(Double(options, clock), options).make()

    def acquire(cache: Any) -> object:
        return cache.get_lock("l").acquire()

    assert readings(cache, clock, acquire) == bare_readings(acquire) + 2


def test_a_coroutine_reads_it_once_more_at_the_end() -> None:
    """Others ran meanwhile, and may have moved it."""
    clock, options = Counted(), KitOptions()
    cache = CacheKit(Double(options, clock), options).make.asynchronous()

    async def scenario() -> int:
        await cache.set("k", 1)
        before = clock.readings
        await cache.get("k")
        return clock.readings - before

    assert asyncio.run(scenario()) == bare_readings(OPERATIONS["get"]) + 2
