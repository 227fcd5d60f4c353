"""redis-py's own lock, on a client of a server in this process, waits by the server's time."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
import redis.lock
import time_machine
from freezegun import freeze_time

from cache_provider import ManualClock, MemoryServer
from tests.threads import Task


@pytest.fixture
def plain() -> Iterator[Any]:
    """Return a client of a server on the system's clock, whose lock somebody holds for long."""
    with MemoryServer().redis() as client:
        with freeze_time("2030-01-01"):
            client.lock("job", timeout=1000).acquire()
        yield client


def test_a_wait_ends_in_frozen_time(plain: Any) -> None:
    """By real time: it would have no end otherwise."""
    with freeze_time("2030-01-01"):
        assert not plain.lock("job").acquire(blocking_timeout=0.2)


def test_a_wait_of_a_coroutine_ends_in_frozen_time() -> None:
    """The loop's own clock stands still too."""

    async def wait() -> bool:
        async with MemoryServer().async_redis() as client:
            with freeze_time("2030-01-01"):
                await client.lock("job", timeout=1000).acquire()
                return bool(await client.lock("job").acquire(blocking_timeout=0.2))

    assert not asyncio.run(wait())


def test_a_lease_ends_when_frozen_time_is_moved(plain: Any) -> None:
    """Who waits for the lock has it then."""
    with freeze_time("2030-01-01") as frozen:
        waiting = Task(plain.lock("job", timeout=5).acquire)
        frozen.tick(1000)
        assert waiting.result()


def test_a_lease_ends_under_time_machine(plain: Any) -> None:
    """As under freezegun."""
    with time_machine.travel("2030-01-01 01:00Z", tick=False):
        assert plain.lock("job", timeout=5).acquire(blocking=False)


def test_a_wait_ends_when_the_servers_clock_is_moved(clock: ManualClock, client: Any) -> None:
    """At once, and not after real seconds."""
    client.lock("job").acquire()
    waiting = Task(lambda: client.lock("job").acquire(blocking_timeout=500))
    while waiting.is_running():
        clock.advance(100)
    assert not waiting.result()


def test_a_wait_jumps_with_a_clock_that_jumps() -> None:
    """The polling takes no real time."""
    with MemoryServer(clock=ManualClock(autojump=True)).redis() as client:
        client.lock("job", timeout=1000).acquire()
        assert client.lock("job", timeout=5).acquire(blocking_timeout=2000)


def test_other_locks_find_the_time_of_their_module() -> None:
    """Nothing changes for a client of a real server."""
    MemoryServer().redis()
    before = time.monotonic()
    assert before <= vars(redis.lock)["mod_time"].monotonic() <= time.monotonic()
