"""A server of the tests' own, and adapters on it."""

import os
from collections.abc import Iterator

import pytest

from cache_provider import RedisCacheAdapter
from cache_provider.testing.servers import ServerBinary, ServerProcess, find_servers


@pytest.fixture(scope="session")
def binary() -> ServerBinary:
    """Return the first server that is found."""
    found = find_servers()
    if not found:
        reason = "there is no server on this machine"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    return found[0]


@pytest.fixture
def server(binary: ServerBinary) -> Iterator[ServerProcess]:
    """Return a fresh server, which the test may pause and kill."""
    with ServerProcess(binary) as running:
        yield running


@pytest.fixture
def cache(server: ServerProcess) -> Iterator[RedisCacheAdapter]:
    """Return an adapter on it."""
    with RedisCacheAdapter(server.url) as adapter:
        yield adapter
