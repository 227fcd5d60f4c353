"""Libraries that use Redis run on the door, unchanged."""

from typing import Any

import pytest

from cache_provider import ManualClock, MemoryServer


def test_djangos_redis_cache(server: MemoryServer) -> None:
    """By a URL, as settings name it."""
    backends = pytest.importorskip("django.core.cache.backends.redis")
    settings = pytest.importorskip("django.conf").settings
    if not settings.configured:
        settings.configure()
    with server.listen() as listener:
        cache: Any = backends.RedisCache(listener.url, {})
        cache.set("key", {"a": 1}, 60)
        cache.set("n", 1)
        assert (cache.get("key"), cache.incr("n"), cache.add("n", 5)) == ({"a": 1}, 2, False)
        cache.close()


def test_django_redis(server: MemoryServer) -> None:
    """By a URL, with its own locks and patterns."""
    module = pytest.importorskip("django_redis.cache")
    settings = pytest.importorskip("django.conf").settings
    if not settings.configured:
        settings.configure()
    with server.listen() as listener:
        cache: Any = module.RedisCache(listener.url, {})
        cache.set_many({"a": 1, "b": 2}, timeout=60)
        assert (cache.get_many(["a", "b"]), sorted(cache.keys("*")), cache.ttl("a") > 0) == (
            {"a": 1, "b": 2},
            ["a", "b"],
            True,
        )
        assert cache.delete_pattern("*") == 2
        cache.close()


def test_flask_caching(server: MemoryServer) -> None:
    """With a client that is handed in."""
    backends = pytest.importorskip("flask_caching.backends")
    cache: Any = backends.RedisCache(host=server.redis())
    cache.set("key", [1, 2], timeout=60)
    assert (cache.get("key"), cache.has("key"), cache.delete("key")) == ([1, 2], 1, True)


@pytest.mark.parametrize("strategy", ["FixedWindowRateLimiter", "MovingWindowRateLimiter"])
def test_limits(strategy: str) -> None:
    """Its scripts run in Lua."""
    limits = pytest.importorskip("limits")
    pytest.importorskip("lupa")
    server = MemoryServer()
    storage: Any = limits.storage.RedisStorage("redis://", connection_pool=server.connection_pool())
    limiter: Any = getattr(limits.strategies, strategy)(storage)
    twice = limits.parse("2/minute")
    assert [limiter.hit(twice, "ada") for _ in range(3)] == [True, True, False]


def test_dogpile(server: MemoryServer) -> None:
    """With a pool that is handed in, and its distributed lock."""
    dogpile = pytest.importorskip("dogpile.cache")
    arguments = {
        "connection_pool": server.connection_pool(),
        "distributed_lock": True,
        "thread_local_lock": False,
    }
    region: Any = dogpile.make_region().configure("dogpile.cache.redis", arguments=arguments)
    assert [region.get_or_create("key", lambda: 5), region.get("key")] == [5, 5]


def test_cachetory(server: MemoryServer, clock: ManualClock) -> None:
    """With its own backend for Redis."""
    cachetory = pytest.importorskip("cachetory.backends.sync")
    with server.listen() as listener:
        backend: Any = cachetory.from_url(listener.url)
        backend.set("key", b"value")
        assert backend.get("key") == b"value"
    del clock
