"""A server of the tests' own, and adapters of both kinds on it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest

from cache_provider import CacheProviderInterface, async_from_url, from_url
from cache_provider.testing.blocking import BlockingCache, LoopThread
from cache_provider.testing.servers import ServerBinary, ServerProcess, find_servers
from tests.redis_adapter.connecting import Connect


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


@pytest.fixture(params=["threads", "asyncio"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Return what makes adapters: the synchronous one, and the asynchronous one behind the same interface."""
    with ExitStack() as at_the_end:
        loop = None if request.param == "threads" else at_the_end.enter_context(LoopThread())

        def connected(url: str, prefix: str = "") -> CacheProviderInterface:
            whole = f"{url}{'&' if '?' in url else '?'}{urlencode({'prefix': prefix})}"
            cache = from_url(whole) if loop is None else BlockingCache(async_from_url(whole), loop)
            return at_the_end.enter_context(cache)

        yield connected


@pytest.fixture
def cache(server: ServerProcess, connect: Connect) -> CacheProviderInterface:
    """Return an adapter on the server."""
    return connect(server.url)
