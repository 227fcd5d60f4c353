"""A server with ways in by Redis' protocol."""

from collections.abc import Iterator

import pytest
import redis

from cache_provider import ManualClock, MemoryServer


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that the test moves."""
    return ManualClock()


@pytest.fixture
def server(clock: ManualClock) -> MemoryServer:
    """Return an empty server."""
    return MemoryServer(clock=clock)


@pytest.fixture
def client(server: MemoryServer) -> Iterator[redis.Redis]:
    """Return a client of it, in process."""
    with server.redis(decode_responses=True) as client:
        yield client
