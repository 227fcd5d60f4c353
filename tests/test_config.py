"""`CacheConfig`: settings that are checked at once, and the providers they make."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cache_provider import CacheConfig, CacheConfigurationError, CacheProviderInterface
from cache_provider.testing.blocking import BlockingCache, LoopThread
from cache_provider.testing.servers import ServerProcess
from tests.redis_adapter.conftest import binary

__all__ = ["binary"]


@pytest.fixture(scope="module")
def loop() -> Iterator[LoopThread]:
    """Return where the asynchronous ones run."""
    with LoopThread() as running:
        yield running


@pytest.fixture(params=["create", "create_async"])
def create(request: pytest.FixtureRequest, loop: LoopThread) -> Any:
    """Return what makes a provider, behind the synchronous interface."""
    if request.param == "create":
        return CacheConfig.create

    def create_async(config: CacheConfig, backend: Any = "memory") -> CacheProviderInterface:
        return BlockingCache(config.create_async(backend), loop)

    return create_async


def test_the_defaults_are_as_documented() -> None:
    """What an application gets that sets nothing."""
    assert repr(CacheConfig()) == (
        "CacheConfig(enabled=True, default_ttl=3600, max_memory_size=1000, redis_host='localhost', "
        "redis_port=6379, redis_db=0, redis_ssl=False, connection_pool_size=10, socket_timeout=5.0, "
        "socket_connect_timeout=5.0, pool_timeout=None)"
    )


def test_a_double_is_made_unless_a_redis_is_asked_for(create: Any) -> None:
    """For tests."""
    assert create(CacheConfig()).provider_name == "memory"


def test_the_double_has_the_default_ttl(create: Any) -> None:
    """Seconds."""
    cache: CacheProviderInterface = create(CacheConfig(default_ttl=100))
    cache.set("k", 1)
    assert cache.ttl("k") == 100


def test_no_default_ttl_is_without_end(create: Any) -> None:
    """None says so."""
    cache: CacheProviderInterface = create(CacheConfig(default_ttl=None))
    cache.set("k", 1)
    assert cache.ttl("k") is None


def test_the_double_is_bounded(create: Any) -> None:
    """By `max_memory_size`."""
    cache: CacheProviderInterface = create(CacheConfig(max_memory_size=2))
    cache.mset({"a": 1, "b": 1, "c": 1})
    assert cache.count_keys() == 2


@pytest.mark.parametrize("backend", ["memory", "redis"])
def test_a_disabled_cache_stores_nothing(create: Any, backend: str) -> None:
    """Writes answer as usual, no server is needed, and nothing stays."""
    cache: CacheProviderInterface = create(CacheConfig(enabled=False), backend)
    assert (cache.set("k", 1), cache.get("k")) == (True, None)


def test_a_redis_is_reached_with_these_settings(binary: Any, create: Any) -> None:
    """Host, port, database, password and default ttl."""
    with ServerProcess(binary, tcp=True, password="p@ss/w:rd") as server:
        port = int(server.url.rpartition(":")[2].partition("/")[0])
        config = CacheConfig(redis_host="127.0.0.1", redis_port=port, redis_db=3, redis_password="p@ss/w:rd")
        with create(config, "redis") as cache:
            cache.set("k", 1)
            there = (cache.provider_name, cache.ttl("k"), server.call("INFO", "keyspace"))
    assert (there[0], there[1], "db3:keys=1" in str(there[2])) == ("redis", 3600, True)


def test_an_unknown_backend_is_refused(create: Any) -> None:
    """By its name."""
    with pytest.raises(CacheConfigurationError, match="backend must be 'memory' or 'redis', not 'memcached'"):
        create(CacheConfig(), "memcached")


# The URL


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "redis://localhost:6379/0"),
        ({"redis_ssl": True}, "rediss://localhost:6379/0"),
        ({"redis_host": "cache", "redis_port": 1, "redis_db": 2}, "redis://cache:1/2"),
        ({"redis_host": "::1"}, "redis://[::1]:6379/0"),
        ({"redis_password": "p@ss/w:rd?é"}, "redis://:p%40ss%2Fw%3Ard%3F%C3%A9@localhost:6379/0"),
        ({"redis_password": ""}, "redis://:@localhost:6379/0"),
    ],
)
def test_the_url_is_made_of_the_settings(settings: dict[str, Any], url: str) -> None:
    """The password is quoted."""
    assert CacheConfig(**settings).get_redis_url() == url


def test_no_password_is_shown() -> None:
    """Neither by the settings nor by what is made of them."""
    config = CacheConfig(redis_password="s3cret")
    assert "s3cret" not in f"{config!r} {config.create('redis')!r} {config.create_async('redis')!r}"


# What is refused

WRONG: dict[str, list[Any]] = {
    "enabled": ["yes", 1],
    "default_ttl": [0, -1, "soon", True, float("nan"), float("inf")],
    "max_memory_size": [-1, 1.5, True, "many"],
    "redis_host": ["", None, 5],
    "redis_port": [0, 65536, "6379", True],
    "redis_db": [-1, "0", 1.0],
    "redis_password": [5, b"secret"],
    "redis_ssl": ["true", 0],
    "connection_pool_size": [0, "10", 2.5],
    "socket_timeout": [0, -1.0, "5", None],
    "socket_connect_timeout": [0, -1.0, "5", None],
    "pool_timeout": [0, -1.0, "5", True, float("nan")],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_setting_is_refused_by_its_name(name: str, value: Any) -> None:
    """When it is made, not when it is used."""
    with pytest.raises(CacheConfigurationError, match=name):
        CacheConfig(**{name: value})


def test_every_setting_is_checked() -> None:
    """None is forgotten above."""
    assert set(WRONG) == set(CacheConfig.__dataclass_fields__)


def test_settings_are_changed_by_making_others() -> None:
    """They can be shared without care."""
    assert replace(CacheConfig(), redis_db=1).redis_db == 1


def test_the_asynchronous_double_is_bounded_too() -> None:
    """Both kinds are made of the same settings."""
    cache = CacheConfig(max_memory_size=0).create_async()
    assert (asyncio.run(cache.set("k", 1)), asyncio.run(cache.get("k"))) == (True, None)
