"""A real server of the tests' own."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from cache_provider.testing.servers import ServerProcess, find_servers


@pytest.fixture(scope="session")
def redis_client() -> Iterator[Any]:
    """Yield a client of a fresh, empty server."""
    binaries = find_servers()
    if not binaries:
        reason = "there is no server on this machine"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    client_class: Any = redis.Redis
    with ServerProcess(binaries[0]) as server, client_class.from_url(server.url) as client:
        yield client
