"""The store of a test and three ways to it: the double, then every server that is found."""

import os
from collections.abc import Iterator

import pytest

from cache_provider import BytesCodec
from cache_provider.testing.servers import MovableServer, ServerBinary, can_move_time, find_servers
from tests.contract.harness import Cache, Harness, MemoryHarness
from tests.contract.server_harness import NOON, ServerHarness

DOUBLE = "double"
NO_SERVER = "server"
SERVERS: dict[str, ServerBinary] = {binary.name: binary for binary in find_servers()}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that needs a store on each of them."""
    if "harness" in metafunc.fixturenames:
        metafunc.parametrize("kept_on", [DOUBLE, *(SERVERS or [NO_SERVER])], scope="session")


@pytest.fixture(scope="session")
def server(kept_on: str) -> Iterator[MovableServer | None]:
    """Return the server that is the store, its time standing still; None for the double."""
    if kept_on == DOUBLE:
        yield None
        return
    capability = can_move_time(SERVERS[kept_on]) if kept_on in SERVERS else None
    if not capability:
        reason = "there is no server on this machine" if capability is None else capability.missing
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    with MovableServer(SERVERS[kept_on], frozen_at=NOON) as running:
        yield running


@pytest.fixture
def harness(server: MovableServer | None, request: pytest.FixtureRequest) -> Iterator[Harness]:
    """Return an empty store."""
    if server is None:
        yield MemoryHarness()
        return
    double_only = request.node.get_closest_marker("double_only")
    if double_only is not None:
        pytest.skip(double_only.kwargs["reason"])
    on_server = ServerHarness(server)
    yield on_server
    on_server.end()


@pytest.fixture
def cache(harness: Harness) -> Cache:
    """Return the provider under test."""
    return harness.connect("test:")


@pytest.fixture
def other(harness: Harness) -> Cache:
    """Return a second provider with the same prefix on the same store."""
    return harness.connect("test:", cache_name="other")


@pytest.fixture
def stranger(harness: Harness) -> Cache:
    """Return a provider with another prefix on the same store."""
    return harness.connect("stranger:", cache_name="stranger")


@pytest.fixture
def raw(harness: Harness) -> Cache:
    """Return a provider with the same prefix that reads and writes the stored bytes."""
    return harness.connect("test:", codec=BytesCodec(), cache_name="raw")
