"""cachetory's own `Cache` and `@cached` on the backends, with every serializer's kind of wire."""

from datetime import timedelta
from typing import Any, TypeAlias

import pytest
from cachetory.caches.async_ import Cache as AsyncCache
from cachetory.caches.sync import Cache
from cachetory.decorators import async_ as async_decorators
from cachetory.decorators import sync as decorators
from cachetory.interfaces.serializers import Serializer
from cachetory.serializers import ChainedSerializer, JsonSerializer, NoopSerializer, PickleSerializer

from cache_provider import BytesCodec, Codec, JsonCodec, PickleCodec
from cache_provider.interop.cachetory import AsyncProviderBackend, ProviderBackend
from tests.interop.stores import Store, run

Wire: TypeAlias = tuple[Serializer[Any, Any], Codec, object]

WIRES: dict[str, Wire] = {
    "json": (JsonSerializer(), JsonCodec(), {"name": "Ada", "tags": ["a", None]}),
    "pickle": (PickleSerializer(), JsonCodec(), {"name": ("Ada",), "tags": {1, 2}}),
    "pickle as bytes": (PickleSerializer(), BytesCodec(), {"name": ("Ada",), "tags": {1, 2}}),
    "pickle and zlib": (ChainedSerializer.from_url("pickle+zlib://"), JsonCodec(), {"name": ("Ada",)}),
    "bytes": (NoopSerializer(), BytesCodec(), b"\x00\xffraw"),
    "bytes as text": (NoopSerializer(), JsonCodec(), b"\x00\xffraw"),
    "objects": (NoopSerializer(), PickleCodec(), {"name": ("Ada",), "tags": {1, 2}}),
}
EVERY_WIRE = pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
MINUTE = timedelta(minutes=1)

# Their protocol of a decorated function leaves `self` out, which no type checker can bind.
cached: Any = decorators.cached
async_cached: Any = async_decorators.cached


def sync_cache(store: Store, wire: Wire = WIRES["json"], prefix: str = "") -> Cache[Any, Any]:
    """Return cachetory's synchronous cache."""
    serializer, codec, _ = wire
    return Cache(serializer=serializer, backend=ProviderBackend(store.connect(codec=codec)), prefix=prefix)


def async_cache(store: Store, wire: Wire = WIRES["json"], prefix: str = "") -> AsyncCache[Any, Any]:
    """Return cachetory's asynchronous cache."""
    serializer, codec, _ = wire
    backend = AsyncProviderBackend[Any](store.connect_async(codec=codec))
    return AsyncCache(serializer=serializer, backend=backend, prefix=prefix)


@EVERY_WIRE
def test_a_cache_returns_what_was_set(store: Store, wire: Wire) -> None:
    """Through the serializer, the codec and back."""
    cache = sync_cache(store, wire)
    cache["k"] = wire[2]
    assert cache["k"] == wire[2]


@EVERY_WIRE
def test_an_async_cache_returns_what_was_set(store: Store, wire: Wire) -> None:
    """Through the serializer, the codec and back."""

    async def scenario() -> object:
        cache = async_cache(store, wire)
        await cache.set("k", wire[2])
        return await cache.get("k")

    assert run(store, scenario()) == wire[2]


@EVERY_WIRE
def test_a_cache_returns_many(store: Store, wire: Wire) -> None:
    """Missing ones left out."""
    cache = sync_cache(store, wire)
    cache.set_many({"a": wire[2], "b": wire[2]})
    assert cache.get_many("a", "b", "gone") == {"a": wire[2], "b": wire[2]}


@EVERY_WIRE
def test_an_async_cache_returns_many(store: Store, wire: Wire) -> None:
    """Missing ones left out."""

    async def scenario() -> dict[str, object]:
        cache = async_cache(store, wire)
        await cache.set_many({"a": wire[2], "b": wire[2]})
        return await cache.get_many("a", "b", "gone")

    assert run(store, scenario()) == {"a": wire[2], "b": wire[2]}


def test_a_miss_is_the_default(store: Store) -> None:
    """And `[]` raises."""
    cache = sync_cache(store)
    with pytest.raises(KeyError):
        cache["gone"]
    assert cache.get("gone", "default") == "default"


def test_an_async_miss_is_the_default(store: Store) -> None:
    """None unless said otherwise."""

    async def scenario() -> object:
        return await async_cache(store).get("gone", "default")

    assert run(store, scenario()) == "default"


def test_a_prefix_of_cachetorys_stands_before_the_key(store: Store) -> None:
    """Behind the provider's own."""
    sync_cache(store, prefix="v1:")["k"] = 1
    assert store.connect().keys() == ["v1:k"]


def test_a_cache_deletes(store: Store) -> None:
    """And a second `del` raises."""
    cache = sync_cache(store)
    cache["k"] = 1
    del cache["k"]
    with pytest.raises(KeyError):
        del cache["k"]


def test_a_cache_deletes_many_under_its_prefix(store: Store) -> None:
    """The one that was not named stays."""
    cache = sync_cache(store, prefix="v1:")
    cache.set_many({"a": 1, "b": 2, "c": 3})
    cache.delete_many("a", "b")
    assert store.connect().keys() == ["v1:c"]


def test_an_async_cache_deletes(store: Store) -> None:
    """One, several and all."""

    async def scenario() -> tuple[bool, bool, list[str]]:
        cache = async_cache(store)
        await cache.set_many({"a": 1, "b": 2, "c": 3})
        first, second = await cache.delete("a"), await cache.delete("a")
        await cache.delete_many("b")
        left = list(await cache.get_many("a", "b", "c"))
        await cache.clear()
        return first, second, left

    assert run(store, scenario()) == (True, False, ["c"])


def test_a_cache_clears(store: Store) -> None:
    """Everything of this backend."""
    cache = sync_cache(store)
    cache["k"] = 1
    cache.clear()
    assert store.connect().keys() == []


def test_a_value_lives_as_long_as_the_cache_says(store: Store) -> None:
    """`time_to_live` arrives."""
    cache = sync_cache(store)
    cache.set("k", 1, time_to_live=MINUTE)
    store.pass_time(60)
    assert cache.get("k") is None


def test_a_cache_may_set_only_what_is_absent(store: Store) -> None:
    """`if_not_exists` arrives."""
    cache = sync_cache(store)
    cache.set("k", 1)
    cache.set("k", 2, if_not_exists=True)
    assert cache["k"] == 1


def test_a_cache_may_change_the_deadline(store: Store) -> None:
    """`expire_in` arrives."""
    cache = sync_cache(store)
    cache["k"] = 1
    cache.expire_in("k", MINUTE)
    assert store.connect().ttl("k") == 60


def test_an_async_cache_may_change_the_deadline(store: Store) -> None:
    """`expire_in` arrives."""

    async def scenario() -> int | None:
        cache = async_cache(store)
        await cache.set("k", 1, time_to_live=MINUTE)
        await cache.expire_in("k", None)
        return await store.connect_async().ttl("k")

    assert run(store, scenario()) is None


# Decorators


def always_k(*_: object) -> str:
    """Make the key of a call."""
    return "k"


@EVERY_WIRE
def test_a_cached_function_runs_once(store: Store, wire: Wire) -> None:
    """The second call is answered by the cache."""
    calls: list[int] = []

    def work(number: int) -> object:
        calls.append(number)
        return wire[2]

    kept = cached(sync_cache(store, wire))(work)

    assert (kept(1), kept(1), calls) == (wire[2], wire[2], [1])


@EVERY_WIRE
def test_a_cached_coroutine_function_runs_once(store: Store, wire: Wire) -> None:
    """The second call is answered by the cache."""
    calls: list[int] = []

    async def scenario() -> tuple[object, object]:
        async def work(number: int) -> object:
            calls.append(number)
            return wire[2]

        kept = async_cached(async_cache(store, wire))(work)

        return await kept(1), await kept(1)

    assert (run(store, scenario()), calls) == ((wire[2], wire[2]), [1])


def test_a_cached_function_runs_again_when_its_time_is_over(store: Store) -> None:
    """`time_to_live` of the decorator arrives."""
    calls: list[int] = []

    def work(number: int) -> int:
        calls.append(number)
        return number

    kept = cached(sync_cache(store), time_to_live=MINUTE)(work)

    kept(1)
    store.pass_time(60)
    kept(1)
    assert calls == [1, 1]


def test_a_cached_function_keeps_what_another_stored_first(store: Store) -> None:
    """`if_not_exists` of the decorator arrives."""
    cache = sync_cache(store)

    def work() -> str:
        cache["k"] = "theirs"
        return "mine"

    kept = cached(cache, if_not_exists=True, make_key=always_k)(work)

    kept()
    assert cache["k"] == "theirs"


def test_a_cached_function_forgets_what_is_purged(store: Store) -> None:
    """And says whether there was something."""

    def work(number: int) -> int:
        return number

    kept = cached(sync_cache(store))(work)

    kept(1)
    assert (kept.purge(1), kept.purge(1)) == (True, False)


def test_a_cached_coroutine_function_forgets_what_is_purged(store: Store) -> None:
    """And says whether there was something."""

    async def scenario() -> tuple[bool, bool]:
        async def work(number: int) -> int:
            return number

        kept = async_cached(async_cache(store))(work)

        await kept(1)
        return await kept.purge(1), await kept.purge(1)

    assert run(store, scenario()) == (True, False)
