"""The stages that the asynchronous shapes are tested on: alone, over the double, over a real server."""

from collections.abc import Iterator

import pytest

from cache_provider.interop.cache_backend import MemoryCacheBackend, ProviderCacheBackend
from cache_provider.interop.cache_middleware import CacheMiddlewareBackend, MemoryBackend
from cache_provider.testing.blocking import LoopThread
from tests.interop.shapes.managers import Managed, Managers
from tests.interop.shapes.stage import Stage
from tests.interop.stores import DoubleStore, ServerStore, Store


@pytest.fixture(params=["alone", "double", "server"])
def place(request: pytest.FixtureRequest) -> Iterator[Store | None]:
    """Return the store that a face stands on; None if it stands alone."""
    if request.param == "server":
        on_server = ServerStore(request.getfixturevalue("movable"))
        yield on_server
        on_server.end()
    else:
        yield None if request.param == "alone" else DoubleStore()


@pytest.fixture
def middleware(place: Store | None, double: DoubleStore) -> Stage[CacheMiddlewareBackend]:
    """Return a stage for the backend of a caching middleware."""

    def make() -> CacheMiddlewareBackend:
        return CacheMiddlewareBackend(place.connect_async()) if place else MemoryBackend(clock=double.clock)

    return Stage(make, lambda face: face.close(), (place or double).pass_time)


@pytest.fixture
def backend(place: Store | None, double: DoubleStore) -> Stage[ProviderCacheBackend[object]]:
    """Return a stage for the generic backend."""

    def make() -> ProviderCacheBackend[object]:
        if place:
            return ProviderCacheBackend[object](place.connect_async())
        return MemoryCacheBackend[object](clock=double.clock)

    return Stage(make, lambda face: face.shutdown(), (place or double).pass_time)


@pytest.fixture
def managers(store: Store) -> Iterator[Managers]:
    """Return how to make cache managers on the store."""
    with LoopThread() as loop:
        yield Managers(store, loop)
        loop.run(store.close_async())


@pytest.fixture
def manager(managers: Managers) -> Managed:
    """Return one of them."""
    return managers.connect()
