"""Who opens and who closes, what a backend shows of itself, and what only one of the two kinds has."""

import asyncio
from typing import Any

import pytest
from cachetory.caches.async_ import Cache as AsyncCache
from cachetory.caches.sync import Cache
from cachetory.interfaces.backends.async_ import AsyncBackend
from cachetory.interfaces.backends.sync import SyncBackend
from cachetory.serializers import NoopSerializer

from cache_provider import CacheClosedError
from cache_provider.interop.cachetory import AsyncProviderBackend, ProviderBackend
from cache_provider.testing.seam import AsyncInstrumentedCache, InstrumentedCache
from tests.interop.stores import DoubleStore


def test_from_url_makes_a_backend_that_works() -> None:
    """In this process."""
    backend = ProviderBackend[Any].from_url("memory://")
    backend.set("k", "v")
    assert backend.get("k") == "v"


def test_from_url_makes_an_async_backend_that_works() -> None:
    """In this process."""

    async def scenario() -> object:
        backend = AsyncProviderBackend[Any].from_url("memory://")
        await backend.set("k", "v")
        return await backend.get("k")

    assert asyncio.run(scenario()) == "v"


def test_backends_from_one_url_share_nothing() -> None:
    """As cachetory's own."""
    ProviderBackend[Any].from_url("memory://").set("k", "v")
    assert ProviderBackend[Any].from_url("memory://").size == 0


def test_a_backend_from_a_url_takes_any_object_that_can_be_pickled() -> None:
    """As cachetory's own takes any."""
    backend = ProviderBackend[Any].from_url("memory://")
    backend.set("k", ({1, 2},))
    assert backend.get("k") == ({1, 2},)


def test_an_async_backend_from_a_url_takes_any_object_that_can_be_pickled() -> None:
    """As cachetory's own takes any."""

    async def scenario() -> object:
        backend = AsyncProviderBackend[Any].from_url("memory://")
        await backend.set("k", ({1, 2},))
        return await backend.get("k")

    assert asyncio.run(scenario()) == ({1, 2},)


def test_the_end_of_a_cache_closes_what_from_url_made() -> None:
    """Nobody else can."""
    backend = ProviderBackend[Any].from_url("memory://")
    with Cache(serializer=NoopSerializer[Any](), backend=backend):
        pass
    with pytest.raises(CacheClosedError):
        backend.get("k")


def test_the_end_of_an_async_cache_closes_what_from_url_made() -> None:
    """Nobody else can."""

    async def scenario() -> None:
        backend = AsyncProviderBackend[Any].from_url("memory://")
        async with AsyncCache(serializer=NoopSerializer[Any](), backend=backend):
            pass
        with pytest.raises(CacheClosedError):
            await backend.get("k")

    asyncio.run(scenario())


def test_the_end_of_a_cache_leaves_a_provider_open(double: DoubleStore) -> None:
    """Whoever handed it in may go on with it."""
    provider = double.connect()
    with ProviderBackend[Any](provider) as backend:
        backend.set("k", "v")
    assert provider.get("k") == "v"


def test_the_end_of_an_async_cache_leaves_a_provider_open(double: DoubleStore) -> None:
    """Whoever handed it in may go on with it."""

    async def scenario() -> object:
        provider = double.connect_async()
        async with AsyncProviderBackend[Any](provider) as backend:
            await backend.set("k", "v")
        return await provider.get("k")

    assert asyncio.run(scenario()) == "v"


def test_an_async_backend_cannot_be_used_in_a_plain_with(double: DoubleStore) -> None:
    """As cachetory says of every asynchronous backend."""
    with pytest.raises(RuntimeError, match="use async context manager"):
        AsyncProviderBackend[Any](double.connect_async()).__enter__()


def test_the_size_of_an_async_backend_on_a_double_needs_no_await(double: DoubleStore) -> None:
    """As that of cachetory's memory backend."""

    async def scenario() -> int:
        backend = AsyncProviderBackend[Any](double.connect_async())
        await backend.set_many([("a", 1), ("b", 2)])
        return backend.size

    assert asyncio.run(scenario()) == 2


def test_the_size_of_an_async_backend_on_anything_else_has_to_be_awaited(double: DoubleStore) -> None:
    """No property can ask a server."""
    backend = AsyncProviderBackend[Any](AsyncInstrumentedCache(double.connect_async()))
    with pytest.raises(TypeError, match=r"await count\(\)"):
        _ = backend.size


def test_count_counts_on_any_async_provider(double: DoubleStore) -> None:
    """By a scan."""

    async def scenario() -> int:
        backend = AsyncProviderBackend[Any](AsyncInstrumentedCache(double.connect_async()))
        await backend.set_many([("a", 1), ("b", 2)])
        return await backend.count()

    assert asyncio.run(scenario()) == 2


def test_a_backend_works_on_a_provider_that_is_no_double(double: DoubleStore) -> None:
    """It needs the interface alone."""
    backend = ProviderBackend[Any](InstrumentedCache(double.connect()))
    backend.set("k", b"v")
    assert backend.get("k") == b"v"


def test_a_backend_shows_its_provider(double: DoubleStore) -> None:
    """In a log, what is under it matters."""
    assert repr(ProviderBackend[Any](double.connect())).startswith(
        "<ProviderBackend over <InMemoryCacheAdapter"
    )


def test_an_async_backend_shows_its_provider(double: DoubleStore) -> None:
    """In a log, what is under it matters."""
    shown = repr(AsyncProviderBackend[Any](double.connect_async()))
    assert shown.startswith("<AsyncProviderBackend over <AsyncInMemoryCacheAdapter")


@pytest.mark.parametrize(
    ("face", "shape"), [(ProviderBackend, SyncBackend), (AsyncProviderBackend, AsyncBackend)]
)
def test_no_method_of_the_shape_is_left_to_its_default(face: type, shape: type) -> None:
    """The defaults go key by key, or do nothing."""
    asked = {name for base in shape.__mro__ for name in vars(base) if not name.startswith("_")}
    assert asked - set(vars(face)) == set()
