"""The stores that the contract runs on: the double, then every server that is found."""

from collections.abc import Iterator

import pytest

from cache_provider.testing.contract import Harness, MemoryHarness
from cache_provider.testing.servers import MovableServer, can_move_time
from tests.contract.frozen import NOON, FrozenHarness
from tests.promises import FOUND

DOUBLE = "double"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that needs a store on each of them."""
    if "harness" in metafunc.fixturenames:
        metafunc.parametrize("kept_on", [DOUBLE, *FOUND], scope="session")


@pytest.fixture(scope="session")
def server(kept_on: str) -> Iterator[MovableServer | None]:
    """Return the server that is the store, its time standing still; None for the double."""
    if kept_on == DOUBLE:
        yield None
        return
    capability = can_move_time(FOUND[kept_on])
    if not capability:
        pytest.skip(capability.missing)
    with MovableServer(FOUND[kept_on], frozen_at=NOON) as running:
        yield running


@pytest.fixture
def harness(server: MovableServer | None) -> Harness:
    """Return an empty store."""
    return MemoryHarness() if server is None else FrozenHarness(server)
