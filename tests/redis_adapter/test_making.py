"""What an adapter is made with: checked when it is made, and enough to make it anew elsewhere."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.cache import CacheConfig as ClientSideCache

from cache_provider import (
    AsyncRedisCacheAdapter,
    CacheConfigurationError,
    JsonCodec,
    MsgpackCodec,
    PickleCodec,
    RedisCacheAdapter,
    async_from_url,
    from_url,
)
from cache_provider.testing.servers import Sentinels, ServerBinary, ServerProcess, start_sentinels
from tests.redis_adapter.connecting import Connect

Make = Callable[..., Any]
MAKERS = {"threads": from_url, "asyncio": async_from_url}
ADAPTERS: dict[str, Make] = {"threads": RedisCacheAdapter, "asyncio": AsyncRedisCacheAdapter}


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest) -> Make:
    """Return one of the two classes."""
    return ADAPTERS[request.param]


# Clients


class OfAnotherLibrary:
    """Looks like a client, and is none of redis-py."""

    def execute_command(self, *words: object) -> object:
        """Answer nothing."""


THREADED: Any = redis.Redis
AWAITED: Any = redis.asyncio.Redis

WRONG_CLIENTS: dict[str, tuple[str, Callable[[], object], str]] = {
    "asynchronous in a synchronous adapter": ("threads", AWAITED, "which AsyncRedisCacheAdapter takes"),
    "synchronous in an asynchronous adapter": ("asyncio", THREADED, "which RedisCacheAdapter takes"),
    "of another library": ("threads", OfAnotherLibrary, "not a .*OfAnotherLibrary; .* reach a Valkey too"),
    "of another library, awaited": ("asyncio", OfAnotherLibrary, "reach a Valkey too"),
    "a class": ("threads", lambda: redis.Redis, "not the class Redis: make one"),
    "an awaited class": ("asyncio", lambda: redis.asyncio.Redis, "not the class Redis: make one"),
    "a pool": ("threads", redis.ConnectionPool, "not a redis.connection.ConnectionPool"),
    "a pipeline": ("threads", lambda: THREADED().pipeline(), "not a pipeline"),
    "an awaited pipeline": ("asyncio", lambda: AWAITED().pipeline(), "not a pipeline"),
    "one with a cache": (
        "threads",
        lambda: THREADED(protocol=3, cache_config=ClientSideCache()),
        "without a client-side cache",
    ),
    "one that decodes": ("threads", lambda: THREADED(decode_responses=True), "decode_responses=False"),
    "awaited, decodes": ("asyncio", lambda: AWAITED(decode_responses=True), "decode_responses=False"),
    "of another encoding": ("threads", lambda: THREADED(encoding="latin-1"), "encoding must be utf-8"),
    "of no patience": ("threads", lambda: THREADED(socket_timeout=-1), "socket_timeout must be seconds"),
    "awaited, of no patience": ("asyncio", lambda: AWAITED(socket_timeout=-1), "socket_timeout must be"),
}


@pytest.mark.parametrize("which", WRONG_CLIENTS)
def test_a_wrong_client_is_refused_when_the_adapter_is_made(which: str) -> None:
    """With what to do instead: many of them would silently do nothing."""
    kind, make_client, complaint = WRONG_CLIENTS[which]
    with pytest.raises(CacheConfigurationError, match=complaint):
        ADAPTERS[kind](client=make_client())


def test_a_client_of_a_wrong_protocol_is_refused() -> None:
    """redis-py itself notices when it connects."""
    client = THREADED()
    client.connection_pool.connection_kwargs["protocol"] = 4
    with pytest.raises(CacheConfigurationError, match="client's protocol must be 2 or 3, not 4"):
        RedisCacheAdapter(client=client)


def test_a_client_of_a_subclass_is_taken(server: ServerProcess) -> None:
    """Such as those that count, trace or pretend."""
    client_class: Any = type("Traced", (redis.Redis,), {})
    with client_class.from_url(server.url) as client:
        assert RedisCacheAdapter(client=client).set("k", 1)


# Sentinels with a login of their own


@pytest.fixture
def guarded_sentinels(binary: ServerBinary) -> Any:
    """Return a group whose sentinels ask for a user and a password, and whose servers do not."""
    with start_sentinels(binary) as group:
        for sentinel in group.sentinels:
            sentinel.call("ACL", "SETUSER", "watcher", "on", ">w@tch", "~*", "&*", "+@all")
            sentinel.call("ACL", "SETUSER", "default", "off")
        yield group


def test_sentinels_may_have_a_login_of_their_own(guarded_sentinels: Sentinels, connect: Connect) -> None:
    """`sentinel_username` and `sentinel_password`; that of the servers is another."""
    url = f"{guarded_sentinels.url}?sentinel_username=watcher&sentinel_password=w%40tch"
    assert connect(url).set("k", 1)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_the_password_of_sentinels_is_not_shown(make: Make) -> None:
    """As none is."""
    cache = make("redis+sentinel://h/service?sentinel_password=s3cret")
    assert "s3cret" not in repr(cache)


# To other processes


def test_an_adapter_with_a_url_can_be_pickled(server: ServerProcess, adapter: Make) -> None:
    """It is made anew of the same arguments."""
    cache = adapter(server.url, key_prefix="p:", cache_name="there", codec=MsgpackCodec(), default_ttl=60)
    copy = pickle.loads(pickle.dumps(cache))
    assert (repr(copy), copy.default_ttl_ms) == (repr(cache), 60_000)


def test_a_pickled_adapter_has_a_client_of_its_own(server: ServerProcess) -> None:
    """Closing the one does nothing to the other."""
    cache = RedisCacheAdapter(server.url)
    with pickle.loads(pickle.dumps(cache)) as copy:
        cache.close()
        assert copy.set("k", 1)


def test_the_codec_travels_along(server: ServerProcess) -> None:
    """What one wrote the other reads."""
    with RedisCacheAdapter(server.url, codec=PickleCodec()) as cache:
        cache.set("k", {1, 2})
        with pickle.loads(pickle.dumps(cache)) as copy:
            assert copy.get("k") == {1, 2}


CLIENTS = {"threads": THREADED, "asyncio": AWAITED}


@pytest.mark.parametrize("kind", ADAPTERS)
def test_an_adapter_with_a_client_says_that_it_cannot_be_pickled(kind: str) -> None:
    """Somebody else's connections are not to be copied."""
    with pytest.raises(TypeError, match="was made from a client: make it from a URL"):
        pickle.dumps(ADAPTERS[kind](client=CLIENTS[kind]()))


@pytest.mark.parametrize("codec", [JsonCodec(), MsgpackCodec()], ids=repr)
def test_a_codec_can_be_pickled(codec: Any) -> None:
    """It encodes as before."""
    assert pickle.loads(pickle.dumps(codec)).encode({"a": [1]}) == codec.encode({"a": [1]})
