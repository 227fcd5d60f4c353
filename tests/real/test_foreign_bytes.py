"""Keys and hash fields that others wrote on a server, and that are no UTF-8."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from cache_provider import AsyncRedisCacheAdapter, RedisCacheAdapter

THEIRS = b"app:\xff\xc3"
SHOWN = "\udcff\udcc3"


@pytest.fixture
def cache(redis_client: Any) -> Iterator[RedisCacheAdapter]:
    """Yield an adapter on a server where somebody else has written under its prefix."""
    redis_client.flushall()
    redis_client.set(THEIRS, b"1")
    redis_client.hset("app:hash", b"\xe9", b"2")
    with RedisCacheAdapter(client=redis_client, key_prefix="app:") as cache:
        yield cache


def test_a_key_of_others_comes_out_as_python_shows_its_bytes(cache: RedisCacheAdapter) -> None:
    """`keys` leaves none out and raises for none."""
    assert sorted(cache.keys()) == ["hash", SHOWN]


def test_a_key_of_others_is_read_by_what_a_scan_gave(cache: RedisCacheAdapter) -> None:
    """What came out is accepted back."""
    assert [cache.get(key) for key in cache.scan_iter() if key != "hash"] == [1]


def test_delete_pattern_removes_the_keys_of_others(cache: RedisCacheAdapter, redis_client: Any) -> None:
    """All of them go, as the pattern says."""
    cache.delete_pattern("*")
    assert redis_client.dbsize() == 0


def test_a_field_of_others_comes_out_as_python_shows_its_bytes(cache: RedisCacheAdapter) -> None:
    """`hgetall` gives the fields of others with the rest."""
    assert cache.hgetall("hash") == {"\udce9": 2}


def test_a_field_of_others_can_be_removed(cache: RedisCacheAdapter) -> None:
    """`hdel` takes what `hgetall` gave."""
    assert cache.hdel("hash", *cache.hgetall("hash")) == 1


def test_a_lock_of_that_name_is_held_by_that_key(cache: RedisCacheAdapter, redis_client: Any) -> None:
    """A lock's name goes the same way as a key."""
    with cache.get_lock("lock\udcff"):
        assert redis_client.exists(b"app:lock\xff")


def test_coroutines_remove_the_keys_of_others(cache: RedisCacheAdapter, redis_client: Any) -> None:
    """The asynchronous adapter takes and gives the same bytes."""

    async def clean() -> int:
        path = redis_client.get_connection_kwargs()["path"]
        async with AsyncRedisCacheAdapter(f"unix://{path}", key_prefix=cache.key_prefix) as other:
            return await other.delete_pattern("*")

    assert asyncio.run(clean()) == 2
