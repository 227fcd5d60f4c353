"""The double for coroutines: it lets others run, and takes over what it was given."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from cache_provider import AsyncInMemoryCacheAdapter, EncodeError, InMemoryCacheAdapter, MemoryServer


async def bump(cache: AsyncInMemoryCacheAdapter) -> None:
    """Add one, by a read and a write."""
    await cache.set("n", await cache.get("n") + 1)


async def raced(times: int) -> int:
    """Return what several such additions at once come to."""
    cache = AsyncInMemoryCacheAdapter()
    await cache.set("n", 0)
    await asyncio.gather(*(bump(cache) for _ in range(times)))
    return int(await cache.get("n"))


def test_a_read_and_a_write_lose_updates() -> None:
    """A double that never let go of the loop would hide what a server shows."""
    assert asyncio.run(raced(5)) == 1


def test_one_operation_loses_no_update() -> None:
    """What is one step on a server is one step here."""

    async def scenario() -> int:
        cache = AsyncInMemoryCacheAdapter()
        await asyncio.gather(*(cache.incr("n") for _ in range(5)))
        return int(await cache.get("n"))

    assert asyncio.run(scenario()) == 5


def test_threads_see_what_coroutines_write() -> None:
    """One server, both kinds of adapter."""
    server = MemoryServer()
    asyncio.run(AsyncInMemoryCacheAdapter("p:", server=server).set("k", {"by": "a task"}))
    assert InMemoryCacheAdapter("p:", server=server).get("k") == {"by": "a task"}


Write = Callable[[AsyncInMemoryCacheAdapter, Any], Coroutine[Any, Any, object]]
Read = Callable[[AsyncInMemoryCacheAdapter], Coroutine[Any, Any, object]]


async def first_item(cache: AsyncInMemoryCacheAdapter) -> object:
    """Return what a list begins with."""
    (item,) = await cache.list_range("list", 0, 0)
    return item


OLD, GIVEN = {"state": "old"}, {"state": "as given"}

WRITES: dict[str, tuple[Write, Read]] = {
    "set": (lambda cache, value: cache.set("k", value), lambda cache: cache.get("k")),
    "setnx": (lambda cache, value: cache.setnx("new", value), lambda cache: cache.get("new")),
    "mset": (lambda cache, value: cache.mset({"k": value}), lambda cache: cache.get("k")),
    "compare_and_set": (
        lambda cache, value: cache.compare_and_set("k", OLD, value),
        lambda cache: cache.get("k"),
    ),
    "cas_dict_field": (
        lambda cache, value: cache.cas_dict_field("k", "state", "old", value),
        lambda cache: cache.get("k"),
    ),
    "push_limit": (lambda cache, value: cache.push_limit("list", value, 5), first_item),
    "hset": (lambda cache, value: cache.hset("hash", "f", value), lambda cache: cache.hget("hash", "f")),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_takes_its_value_at_the_call(name: str) -> None:
    """What others change while the writer waits for its turn is not what was written."""
    write, read = WRITES[name]

    async def scenario() -> object:
        cache = AsyncInMemoryCacheAdapter()
        await cache.set("k", OLD)
        value = dict(GIVEN)
        writing = asyncio.ensure_future(write(cache, value))
        await asyncio.sleep(0)
        value["state"] = "changed"
        await writing
        return await read(cache)

    assert asyncio.run(scenario()) == GIVEN


BULK: dict[str, object] = {"mget": {"k": 1}, "mdelete": 1, "mexists": {"k": True}}


@pytest.mark.parametrize("name", BULK)
def test_a_bulk_operation_takes_its_keys_at_the_call(name: str) -> None:
    """The list of keys may be used again at once."""

    async def scenario() -> object:
        cache = AsyncInMemoryCacheAdapter()
        await cache.set("k", 1)
        keys = ["k"]
        asking = asyncio.ensure_future(getattr(cache, name)(keys))
        await asyncio.sleep(0)
        keys.clear()
        return await asking

    assert asyncio.run(scenario()) == BULK[name]


def test_what_the_codec_refuses_is_refused() -> None:
    """The value that was there stays."""

    async def scenario() -> Any:
        cache = AsyncInMemoryCacheAdapter()
        await cache.set("k", "old")
        with pytest.raises(EncodeError, match="'k'"):
            await cache.set("k", {1, 2})
        return await cache.get("k")

    assert asyncio.run(scenario()) == "old"


def test_its_repr_says_which_it_is() -> None:
    """A log line tells it from the synchronous one."""
    assert repr(AsyncInMemoryCacheAdapter("p:")).startswith("<AsyncInMemoryCacheAdapter 'memory' prefix='p:'")


def test_what_only_a_double_has_needs_no_loop() -> None:
    """Fixtures may look and prepare without one."""
    cache = AsyncInMemoryCacheAdapter()
    cache.set_health_status(healthy=False)
    assert (cache.get_store_size(), cache.cleanup_expired(), asyncio.run(cache.health_check())) == (
        0,
        0,
        False,
    )
