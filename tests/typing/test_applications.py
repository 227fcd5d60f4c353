"""The types that an application sees, as mypy, pyright, ty and pyrefly infer them.

These are tests as well, so that no line claims a type for what cannot be called.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import assert_type

from cache_provider import (
    AsyncCacheProviderInterface,
    AsyncInMemoryCacheAdapter,
    CacheConfig,
    CacheProviderInterface,
    CacheStats,
    DistributedLock,
    InMemoryCacheAdapter,
    LockAcquisitionError,
    ManualClock,
    MemoryServer,
    async_from_url,
    from_url,
)


def cache() -> CacheProviderInterface:
    """Return a cache as an application holds it: by its interface."""
    return InMemoryCacheAdapter("app:", server=MemoryServer(clock=ManualClock()))


def test_a_write_answers_with_a_bool() -> None:
    """Whether it happened."""
    assert_type(cache().set("k", [1], ttl=timedelta(seconds=1)), bool)
    assert_type(cache().setnx("k", 1, ttl=0.5), bool)
    assert_type(cache().compare_and_set("k", 1, 2), bool)
    assert_type(cache().mset({"k": 1}, ttl=60), bool)
    assert_type(cache().hset("h", "f", 1), bool)
    assert_type(cache().delete("k"), bool)


def test_what_counts_answers_with_an_int() -> None:
    """How many."""
    assert_type(cache().incr("n", ttl=60), int)
    assert_type(cache().decr("n", 2), int)
    assert_type(cache().push_limit("l", "v", 10), int)
    assert_type(cache().mdelete(["a", "b"]), int)
    assert_type(cache().delete_pattern("*"), int)


def test_a_ttl_may_be_none() -> None:
    """A persistent key has none."""
    assert_type(cache().ttl("k"), int | None)
    assert_type(cache().pttl("k"), int | None)


def test_a_deadline_is_a_moment_or_none() -> None:
    """None takes it away."""
    assert_type(cache().expire_at("k", datetime.now(UTC)), bool)
    assert_type(cache().expire_at("k", None), bool)


def test_keys_are_text() -> None:
    """Never bytes."""
    assert_type(cache().keys(), list[str])
    assert_type(cache().scan(), tuple[int, list[str]])
    assert_type(cache().scan_iter(), Iterator[str])


def test_a_cache_is_its_own_context() -> None:
    """With the class that it was made of."""
    with InMemoryCacheAdapter() as adapter:
        assert_type(adapter, InMemoryCacheAdapter)
        assert_type(adapter.stats(), CacheStats)


def test_a_lock_is_its_own_context() -> None:
    """So its lease can be extended inside."""
    with cache().get_lock("l", timeout=10, blocking_timeout=None) as lock:
        assert_type(lock, DistributedLock)
        assert_type(lock.extend(5), bool)


def test_a_refused_lock_says_who_holds_it() -> None:
    """If anybody does."""
    refused = LockAcquisitionError("no", name="l")
    assert_type(refused.holder, str | None)
    assert_type(refused.waited, float)


def test_a_url_makes_the_interface() -> None:
    """Whichever adapter it is."""
    assert_type(from_url("memory://"), CacheProviderInterface)
    assert_type(async_from_url("memory://"), AsyncCacheProviderInterface)
    assert_type(CacheConfig().create("memory"), CacheProviderInterface)


async def _coroutines() -> None:
    async with AsyncInMemoryCacheAdapter() as adapter:
        assert_type(adapter, AsyncInMemoryCacheAdapter)
        assert_type(await adapter.set("k", 1), bool)
        assert_type(await adapter.incr("n"), int)
        assert_type(await adapter.ttl("k"), int | None)
        assert_type(adapter.scan_iter(), AsyncIterator[str])
        async with adapter.get_lock("l") as lock:
            assert_type(await lock.owned(), bool)


def test_a_coroutine_has_its_twins_type() -> None:
    """Once it is awaited."""
    asyncio.run(_coroutines())
