"""The generic backend over a provider: prefixes, defaults, closing."""

from typing import Any, cast

import pytest

from cache_provider import CacheClosedError, InMemoryCacheAdapter
from cache_provider.interop.cache_backend import ProviderCacheBackend
from tests.interop.shapes.stage import Stage
from tests.interop.stores import Store

Face = ProviderCacheBackend[object]
Backend = Stage[Face]


def over(store: Store, key_prefix: str = "app:", default_ttl: float | None = None) -> Backend:
    """Return a stage for the face over the store."""
    return Stage(
        lambda: ProviderCacheBackend[object](store.connect_async(key_prefix, default_ttl=default_ttl)),
        lambda face: face.shutdown(),
        store.pass_time,
    )


def test_a_prefixed_batch_read_returns_what_was_asked(store: Store) -> None:
    """The names are the caller's, whatever stands in the prefix."""

    async def scenario(face: Face) -> dict[str, object]:
        await face.set_many({"a": 1, "b": 2})
        return await face.get_many(["a", "b", "c"])

    assert over(store, "p[1]*:").run(scenario) == {"a": 1, "b": 2, "c": None}


@pytest.mark.parametrize("removal", ["clear", "invalidate_pattern"])
def test_another_prefix_is_left_alone(store: Store, removal: str) -> None:
    """Nobody empties his neighbour's cache."""
    neighbour = store.connect("p1x:")
    neighbour.set("a", 1)
    arguments = ("*",) if removal == "invalidate_pattern" else ()
    over(store, "p[1]*:").run(lambda face: getattr(face, removal)(*arguments))
    assert neighbour.exists("a")


def test_without_a_ttl_the_providers_default_applies(store: Store) -> None:
    """None is "not said"."""

    async def scenario(face: Face) -> bool:
        await face.set("key", 1)
        store.pass_time(30)
        return await face.exists("key")

    assert over(store, default_ttl=30).run(scenario) is False


def test_what_a_server_keeps_outlives_shutdown(store: Store) -> None:
    """A closed connection is no flush."""
    over(store).run(lambda face: face.set("key", 1))
    assert over(store).run(lambda face: face.get("key")) == 1


def test_after_shutdown_it_refuses_to_work(store: Store) -> None:
    """`shutdown` closes the provider."""

    async def scenario(face: Face) -> None:
        await face.shutdown()
        with pytest.raises(CacheClosedError):
            await face.get("key")

    over(store).run(scenario)


def test_a_synchronous_provider_is_refused() -> None:
    """It would stop the event loop at every operation."""
    with pytest.raises(TypeError, match="provider must be an AsyncCacheProviderInterface, not InMemory"):
        ProviderCacheBackend[int](cast("Any", InMemoryCacheAdapter()))


def test_its_repr_shows_the_provider(store: Store) -> None:
    """Nothing more."""
    provider = store.connect_async()
    assert repr(ProviderCacheBackend[int](provider)) == f"ProviderCacheBackend({provider!r})"
