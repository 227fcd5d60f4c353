"""The stores that the contract runs on: the double, then every server that is found."""

import os
from collections.abc import Iterator
from contextlib import closing

import pytest

from cache_provider.testing.contract import AsyncMemoryHarness, Harness, MemoryHarness
from cache_provider.testing.contract.remote import Remote, RemoteHarness
from cache_provider.testing.servers import MovableServer, ServerProcess, can_move_time
from tests.contract.door import AsyncDoorHarness, DoorHarness
from tests.contract.frozen import NOON, AsyncFrozenHarness, FrozenHarness
from tests.contract.running import AsyncRunningHarness
from tests.promises import FOUND
from tests.slowness import FAST

VARIABLE = "CACHE_PROVIDER_CONTRACT_ON"
"""Names the stores of a run that is not about all, as `PATH,PATH by asyncio`."""

DOUBLE = "double"
DOOR = "door"
THREADS, ASYNCIO = "threads", "asyncio"

# Every store is reached by threads. Coroutines send a server what threads send
# it, so one server, the first that is found, shows that they do.
STORES = [
    *((name, THREADS) for name in (DOUBLE, DOOR, *FOUND)),
    *((name, ASYNCIO) for name in (DOUBLE, DOOR, *list(FOUND)[:1])),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that needs a store on each of them."""
    if "harness" in metafunc.fixturenames:
        stores = asked_for(metafunc.config)
        names = [name if way == THREADS else f"{name} by {way}" for name, way in stores]
        metafunc.parametrize(("kept_on", "reached_by"), stores, scope="session", ids=names)


def asked_for(config: pytest.Config) -> list[tuple[str, str]]:
    """Return the stores that this run is about; cases that the fast loop leaves out take long to collect."""
    if VARIABLE in os.environ:
        stores = {_asked_by(*store): store for store in STORES}
        wanted = os.environ[VARIABLE].split(",")
        missing = [each for each in wanted if each not in stores]
        if missing:
            raise pytest.UsageError(f"{VARIABLE}: there is no {missing[0]!r}, only {', '.join(stores)}")
        return [stores[each] for each in wanted]
    return [(DOUBLE, THREADS)] if config.option.markexpr == FAST else STORES


def _asked_by(name: str, way: str) -> str:
    """Return how the environment asks for a store: for a server by where it was found."""
    source = FOUND[name].source if name in FOUND else name
    return source if way == THREADS else f"{source} by {way}"


@pytest.fixture(scope="session")
def server(kept_on: str) -> Iterator[MovableServer | None]:
    """Return the server that is the store, its time standing still; None for any other store."""
    if kept_on not in FOUND or not can_move_time(FOUND[kept_on]):
        yield None
        return
    with MovableServer(FOUND[kept_on], frozen_at=NOON) as running:
        yield running


@pytest.fixture(scope="session")
def remote(kept_on: str) -> Iterator[tuple[Remote, str] | None]:
    """Return the server that is the store, and its URL, if nothing can move its time; else None."""
    if kept_on not in FOUND or can_move_time(FOUND[kept_on]):
        yield None
        return
    with ServerProcess(FOUND[kept_on]) as running, closing(Remote(running.url)) as remote:
        yield remote, running.url


@pytest.fixture
def harness(
    server: MovableServer | None, remote: tuple[Remote, str] | None, kept_on: str, reached_by: str
) -> Harness:
    """Return an empty store."""
    if kept_on == DOOR:
        return DoorHarness() if reached_by == THREADS else AsyncDoorHarness()
    if remote is not None:
        return RemoteHarness(remote[0]) if reached_by == THREADS else AsyncRunningHarness(*remote)
    if reached_by == THREADS:
        return MemoryHarness() if server is None else FrozenHarness(server)
    return AsyncMemoryHarness() if server is None else AsyncFrozenHarness(server)
