"""Turns at a lock on a store whose clock stands still: none that nobody takes holds others up for ever."""

from typing import Any

import pytest

from cache_provider import ManualClock, MemoryServer, RedisCacheAdapter
from cache_provider.fences import key_beside
from tests.stress.recording import record_lock
from tests.stress.threads import THREADS
from tests.threads import Task, until

TURN = key_beside("", "l", "turn")
WAKE = key_beside("", "l", "wake")
AN_HOUR = 3600


@pytest.fixture
def server() -> MemoryServer:
    """Return a server whose time nobody moves."""
    return MemoryServer(clock=ManualClock())


@pytest.fixture
def client(server: MemoryServer) -> Any:
    """Return a client of the server."""
    return server.redis()


@pytest.fixture
def cache(server: MemoryServer) -> RedisCacheAdapter:
    """Return an adapter on the server."""
    return RedisCacheAdapter(client=server.redis())


def give_a_turn(client: Any) -> None:
    """Give somebody a turn who never comes."""
    client.set(TURN, "", px=100)


def test_a_turn_that_nobody_takes_is_over_in_real_time(client: Any, cache: RedisCacheAdapter) -> None:
    """Whoever comes then waits for as long as it lasts, and not until the store's clock moves."""
    give_a_turn(client)
    assert cache.get_lock("l").acquire(timeout=AN_HOUR)


def test_who_gives_up_leaves_no_turn(client: Any, cache: RedisCacheAdapter) -> None:
    """It may have been its own."""
    give_a_turn(client)
    cache.get_lock("l").acquire(timeout=0.02)
    assert not client.exists(TURN)


def test_who_was_woken_in_vain_has_had_its_turn(client: Any, cache: RedisCacheAdapter) -> None:
    """Somebody who does not wait was faster; how that one gives the lock back, nobody knows."""
    client.set("l", "somebody's")
    give_a_turn(client)
    client.rpush(WAKE, "")
    waiter = Task(cache.get_lock("l").acquire)
    until(lambda: not client.exists(TURN))
    client.delete("l")
    assert waiter.result()


@pytest.mark.usefixtures("tiny_switch_interval")
def test_waiters_do_not_wait_for_the_stores_clock(server: MemoryServer) -> None:
    """Many at once, some of whom do not wait and take the turn of those who do."""
    adapters = [RedisCacheAdapter(client=server.redis()) for _ in range(THREADS)]
    locks = [adapter.get_lock("l", timeout=AN_HOUR) for adapter in adapters]
    record_lock(locks, turns=20)
    assert not server.redis().exists("l")
