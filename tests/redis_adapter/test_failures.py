"""What happens when the server does not answer, and what is never sent twice."""

from collections.abc import Callable
from typing import Any

import pytest
import redis
from freezegun import freeze_time
from redis.exceptions import ConnectionError as ForeignConnectionError

from cache_provider import (
    CacheConfigurationError,
    CacheError,
    CacheProviderInterface,
    CacheTimeoutError,
    CacheUnavailableError,
    RedisCacheAdapter,
)
from cache_provider.redis.delivery import ATTEMPTS
from cache_provider.testing.servers import ServerProcess
from tests.redis_adapter.connecting import Connect, watching

Use = Callable[[CacheProviderInterface], object]

READS: dict[str, Use] = {
    "get": lambda cache: cache.get("k"),
    "exists": lambda cache: cache.exists("k"),
    "ttl": lambda cache: cache.ttl("k"),
    "mget": lambda cache: cache.mget(["k"]),
    "mexists": lambda cache: cache.mexists(["k"]),
    "list_range": lambda cache: cache.list_range("k", 0, 1),
    "hget": lambda cache: cache.hget("k", "f"),
    "hgetall": lambda cache: cache.hgetall("k"),
    "keys": lambda cache: cache.keys(),
    "scan": lambda cache: cache.scan(),
    "locked": lambda cache: cache.get_lock("k").locked(),
}
WRITES: dict[str, Use] = {
    "set": lambda cache: cache.set("k", 1),
    "setnx": lambda cache: cache.setnx("k", 1),
    "delete": lambda cache: cache.delete("k"),
    "incr": lambda cache: cache.incr("k"),
    "incr with ttl": lambda cache: cache.incr("k", ttl=5),
    "expire": lambda cache: cache.expire("k", 5),
    "persist": lambda cache: cache.persist("k"),
    "mset": lambda cache: cache.mset({"k": 1}),
    "mset with ttl": lambda cache: cache.mset({"k": 1}, ttl=5),
    "mdelete": lambda cache: cache.mdelete(["k"]),
    "push_limit": lambda cache: cache.push_limit("k", 1, 5),
    "hset": lambda cache: cache.hset("k", "f", 1),
    "hdel": lambda cache: cache.hdel("k", "f"),
    "acquire": lambda cache: cache.get_lock("k").acquire(blocking=False),
}
ALL = READS | WRITES


@pytest.mark.parametrize("name", ALL)
def test_a_server_that_is_gone_is_unavailable(
    server: ServerProcess, cache: CacheProviderInterface, name: str
) -> None:
    """Nothing is swallowed into None, False or 0."""
    server.kill()
    with pytest.raises(CacheUnavailableError):
        ALL[name](cache)


def test_a_server_that_is_gone_is_not_healthy(server: ServerProcess, cache: CacheProviderInterface) -> None:
    """health_check() and ping() alone answer False."""
    server.kill()
    assert (cache.health_check(), cache.ping()) == (False, False)


def test_a_server_that_is_back_is_used_again(server: ServerProcess, cache: CacheProviderInterface) -> None:
    """An outage leaves nothing broken behind."""
    cache.ping()
    server.restart()
    assert cache.set("k", 1)


def test_a_server_that_answers_too_late_times_out(server: ServerProcess, connect: Connect) -> None:
    """A server that hangs is told from one that is gone."""
    cache = connect(f"{server.url}?socket_timeout=0.5")
    cache.ping()
    server.pause()
    with pytest.raises(CacheTimeoutError):
        cache.incr("k")
    server.resume()


def dropping(cache: CacheProviderInterface, only: str = "") -> tuple[Any, list[object]]:
    """Return a patch that lets commands have their effect and drops the reply, and which were sent."""
    sent: list[object] = []

    def drop(words: tuple[object, ...]) -> None:
        if not only or words[0] == only:
            raise ForeignConnectionError("the reply was lost")

    return watching(cache, before=lambda words: sent.append(words[0]), after=drop), sent


@pytest.mark.parametrize("name", ["set", "incr", "push_limit", "hset", "acquire", "delete"])
def test_a_write_whose_reply_is_lost_is_not_sent_again(cache: CacheProviderInterface, name: str) -> None:
    """Its effect may have happened: twice would be wrong."""
    WRITES["push_limit"](cache)
    WRITES["acquire"](cache)
    cache.flush_all()
    patch, sent = dropping(cache)
    with patch, pytest.raises(CacheUnavailableError):
        WRITES[name](cache)
    assert len(sent) == 1


def test_a_compare_and_set_whose_reply_is_lost_is_not_sent_again(cache: CacheProviderInterface) -> None:
    """Neither is a script."""
    cache.set("k", 1)
    cache.compare_and_set("k", 1, 1)  # from now on the server knows the script
    patch, sent = dropping(cache, only="EVALSHA")
    with patch, pytest.raises(CacheUnavailableError):
        cache.compare_and_set("k", 1, 2)
    assert sent == ["GET", "EVALSHA"]


@pytest.mark.parametrize("name", ["get", "exists", "ttl", "list_range", "hgetall", "keys", "scan"])
def test_a_read_whose_reply_is_lost_is_sent_again(cache: CacheProviderInterface, name: str) -> None:
    """Reading twice does no harm."""
    cache.ping()
    patch, sent = dropping(cache)
    with patch, pytest.raises(CacheUnavailableError):
        READS[name](cache)
    assert len(sent) == ATTEMPTS


def test_a_write_that_was_never_sent_is_sent_again(
    server: ServerProcess, cache: CacheProviderInterface
) -> None:
    """Where no connection was to be had nothing can have happened."""
    cache.ping()
    server.kill()
    attempts: list[object] = []

    def count(words: tuple[object, ...]) -> None:
        attempts.append(words[0])
        if len(attempts) == ATTEMPTS:
            server.restart()

    with watching(cache, before=count):
        assert cache.incr("k") == 1


def test_a_lock_does_not_hang_under_freezegun(cache: CacheProviderInterface) -> None:
    """A timeout ends in real time where the clock stands still; redis-py's own lock waits for ever."""
    cache.get_lock("l").acquire()
    with freeze_time("2024-05-17"):
        assert not cache.get_lock("l").acquire(timeout=0.02)


def test_a_client_that_was_handed_in_stays_open(server: ServerProcess) -> None:
    """Who made it closes it."""
    client_class: Any = redis.Redis
    client = client_class.from_url(server.url)
    RedisCacheAdapter(client=client).close()
    assert client.ping()


def test_a_client_that_decodes_is_refused(server: ServerProcess) -> None:
    """Codecs need bytes."""
    client_class: Any = redis.Redis
    with pytest.raises(CacheConfigurationError, match="decode_responses=False"):
        RedisCacheAdapter(client=client_class.from_url(server.url, decode_responses=True))


@pytest.mark.parametrize("given", ["neither", "both"])
def test_a_url_or_a_client_must_be_given(server: ServerProcess, given: str) -> None:
    """Not neither, not both."""
    client_class: Any = redis.Redis
    url, client = (None, None) if given == "neither" else (server.url, client_class.from_url(server.url))
    with pytest.raises(CacheConfigurationError, match="exactly one of url and client"):
        RedisCacheAdapter(url, client=client)


def test_a_wrong_password_is_an_error_that_does_not_show_it(server: ServerProcess, connect: Connect) -> None:
    """No password in a message."""
    server.call("CONFIG", "SET", "requirepass", "right")
    url = f"{server.url}?password=wrong-secret"
    cache = connect(url)
    with pytest.raises(CacheError) as caught:
        cache.get("k")
    assert "wrong-secret" not in f"{caught.value!r} {cache!r}"


def test_flush_all_leaves_other_prefixes_alone(server: ServerProcess, connect: Connect) -> None:
    """By SCAN and UNLINK: FLUSHDB would take everything."""
    ours, theirs = connect(server.url, "a[1]*:"), connect(server.url, "a1:")
    ours.mset({str(number): number for number in range(2_500)})
    theirs.set("k", 1)
    ours.flush_all()
    assert (ours.keys(), theirs.keys()) == ([], ["k"])
