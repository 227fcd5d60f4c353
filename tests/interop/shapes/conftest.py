"""The stores that a face is tested on: the double, then every server that is found."""

import os
from collections.abc import Iterator

import pytest

from cache_provider.interop.cache_backend import MemoryCacheBackend, ProviderCacheBackend
from cache_provider.interop.cache_middleware import CacheMiddlewareBackend, MemoryBackend
from cache_provider.testing.servers import MovableServer, ServerBinary, can_move_time, find_servers
from tests.interop.shapes.stage import Stage
from tests.interop.shapes.stores import NOON, DoubleStore, ServerStore, Store

ALONE = "alone"
DOUBLE = "double"
NO_SERVER = "server"
SERVERS: dict[str, ServerBinary] = {binary.name: binary for binary in find_servers()}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that needs a store on each, and one of a face that may stand alone also on that."""
    if "kept_on" in metafunc.fixturenames:
        may_stand_alone = {"middleware", "backend"} & set(metafunc.fixturenames)
        places = [DOUBLE, *(SERVERS or [NO_SERVER])]
        metafunc.parametrize("kept_on", [ALONE, *places] if may_stand_alone else places, scope="session")


@pytest.fixture(scope="session")
def server(kept_on: str) -> Iterator[MovableServer | None]:
    """Return the server that is the store; None where there is none."""
    if kept_on in (ALONE, DOUBLE):
        yield None
        return
    capability = can_move_time(SERVERS[kept_on]) if kept_on in SERVERS else None
    if not capability:
        reason = "there is no server on this machine" if capability is None else capability.missing
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    with MovableServer(SERVERS[kept_on], frozen_at=NOON) as running:
        yield running


@pytest.fixture
def store(server: MovableServer | None) -> Iterator[Store]:
    """Return an empty store."""
    opened = DoubleStore() if server is None else ServerStore(server)
    yield opened
    opened.end()


@pytest.fixture
def middleware(kept_on: str, store: Store) -> Stage[CacheMiddlewareBackend]:
    """Return a stage for the backend of a caching middleware."""

    def make() -> CacheMiddlewareBackend:
        if kept_on == ALONE:
            assert isinstance(store, DoubleStore)
            return MemoryBackend(clock=store.clock)
        return CacheMiddlewareBackend(store.connect_async())

    return Stage(make, lambda face: face.close(), store.pass_time)


@pytest.fixture
def backend(kept_on: str, store: Store) -> Stage[ProviderCacheBackend[object]]:
    """Return a stage for the generic backend."""

    def make() -> ProviderCacheBackend[object]:
        if kept_on == ALONE:
            assert isinstance(store, DoubleStore)
            return MemoryCacheBackend[object](clock=store.clock)
        return ProviderCacheBackend[object](store.connect_async())

    return Stage(make, lambda face: face.shutdown(), store.pass_time)
