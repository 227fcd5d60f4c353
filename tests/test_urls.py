"""`from_url` and `async_from_url`: what each part of a URL means, and what is refused."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from cache_provider import (
    AsyncCacheProviderInterface,
    CacheConfigurationError,
    CacheProviderInterface,
    EncodeError,
    async_from_url,
    from_url,
)
from cache_provider.masking import masked
from cache_provider.testing.blocking import BlockingCache, LoopThread

Make = Callable[[str], CacheProviderInterface]

FRESH = (f"memory://name-{number}" for number in count())
"""Names that no other test uses: a named server lives as long as the process."""


@pytest.fixture(scope="module")
def loop() -> Iterator[LoopThread]:
    """Return where the asynchronous ones run."""
    with LoopThread() as running:
        yield running


@pytest.fixture(params=["from_url", "async_from_url"])
def make(request: pytest.FixtureRequest, loop: LoopThread) -> Make:
    """Return one of the two, behind the synchronous interface."""
    if request.param == "from_url":
        return from_url
    return lambda url: BlockingCache(async_from_url(url), loop)


# The double


def test_a_memory_url_makes_a_double(make: Make) -> None:
    """Ready for use."""
    cache = make("memory://")
    cache.set("k", {"v": 1})
    assert (cache.provider_name, cache.get("k")) == ("memory", {"v": 1})


def test_a_url_without_a_name_shares_nothing(make: Make) -> None:
    """Each call makes a server."""
    make("memory://").set("k", 1)
    assert make("memory://").get("k") is None


def test_a_name_is_shared(make: Make) -> None:
    """By every adapter of the process that names it, of either kind."""
    url = next(FRESH)
    from_url(url).set("k", 1)
    assert make(url).get("k") == 1


def test_names_are_not_shared_with_others(make: Make) -> None:
    """Two names are two servers."""
    make(next(FRESH)).set("k", 1)
    assert make(next(FRESH)).get("k") is None


def test_a_named_server_holds_its_own_locks(make: Make) -> None:
    """As a Redis does: they are keys."""
    url = next(FRESH)
    make(url).get_lock("L").acquire()
    assert make(url).keys() == ["L"]


# Options


def test_the_prefix_is_empty_unless_it_is_given(make: Make) -> None:
    """So that changing the engine changes no key."""
    assert make("memory://").key_prefix == ""


def test_a_prefix_is_taken(make: Make) -> None:
    """Percent escapes included."""
    assert make("memory://?prefix=a%26b:").key_prefix == "a&b:"


def test_a_default_ttl_is_taken_in_seconds(make: Make) -> None:
    """A fraction as well."""
    assert make("memory://?default_ttl=89.6").default_ttl_ms == 89_600


@pytest.mark.parametrize(
    ("codec", "value"), [("json", [1]), ("pickle", {1, 2}), ("msgpack", b"x"), ("bytes", b"x")]
)
def test_a_codec_is_taken(make: Make, codec: str, value: Any) -> None:
    """By its name."""
    cache = make(f"memory://?codec={codec}")
    cache.set("k", value)
    assert cache.get("k") == value


def test_json_is_the_codec_unless_another_is_given(make: Make) -> None:
    """As of an adapter that is made without a URL."""
    with pytest.raises(EncodeError):
        make("memory://").set("k", {1, 2})


def test_a_size_and_an_eviction_are_taken(make: Make) -> None:
    """The oldest goes."""
    cache = make("memory://?max_size=2&eviction=fifo")
    for key in "abc":
        cache.set(key, 1)
    assert sorted(cache.keys()) == ["b", "c"]


def test_a_named_server_keeps_the_size_it_was_made_with(make: Make) -> None:
    """Who names none takes it as it is."""
    url = next(FRESH)
    make(f"{url}?max_size=1").set("a", 1)
    make(url).set("b", 1)
    assert make(url).keys() == ["b"]


@pytest.mark.parametrize("options", ["max_size=2", "eviction=fifo"])
def test_a_named_server_is_not_changed(make: Make, options: str) -> None:
    """Two opinions of one server are an error."""
    url = next(FRESH)
    make(f"{url}?max_size=1&eviction=lru")
    with pytest.raises(CacheConfigurationError, match="exists already"):
        make(f"{url}?{options}")


# What is refused

WRONG = {
    "http://localhost": "url must begin with one of .* not 'http://localhost'",
    "localhost": "url must begin with one of",
    "redis:localhost": "url must begin with one of",
    "": "url must begin with one of",
    "memory://name/1": "a memory:// url has a name and options, and no user, port or path",
    "memory://me@name": "no user",
    "memory://name:1": "no user, port",
    "memory://?color=red": "url option color is unknown to memory://",
    "memory://?max_size=many": "url option max_size must be a number of entries, not 'many'",
    "memory://?max_size=-1": "url option max_size must be a number of entries, not '-1'",
    "memory://?eviction=random": "eviction must be one of .* not 'random'",
    "memory://?default_ttl=0": "url option default_ttl must be seconds, more than 0, not '0'",
    "memory://?default_ttl=soon": "url option default_ttl must be seconds, more than 0, not 'soon'",
    "memory://?default_ttl=inf": "url option default_ttl must be seconds",
    "memory://?codec=yaml": "url option codec must be one of .* not 'yaml'",
    "redis://h?max_size=1": "url option max_size belongs to memory://",
    "redis://h?eviction=lru": "url option eviction belongs to memory://",
    "redis://h?color=red": "unexpected keyword argument 'color'",
    "redis://h?socket_timeout=soon": "Invalid value for 'socket_timeout'",
    "redis://h?decode_responses=true": "url option decode_responses must go",
    "redis+sentinel://h/service?decode_responses=true": "url option decode_responses must go",
    "redis+cluster://h?decode_responses=false": "url option decode_responses must go",
    "redis://h?socket_timeout=-1": "url option socket_timeout must be seconds, more than 0, not -1.0",
    "redis://h?socket_connect_timeout=0": "url option socket_connect_timeout must be seconds",
    "redis://h?socket_timeout=nan": "url option socket_timeout must be seconds",
    "redis+cluster://h?socket_timeout=-1": "url option socket_timeout must be seconds",
    "redis+sentinel://h/service?socket_timeout=inf": "url option socket_timeout must be seconds",
    "redis://h?pool_timeout=0": "url option pool_timeout must be seconds, more than 0, not 0.0",
    "redis://h?pool_timeout=soon": "url option pool_timeout must be seconds, not 'soon'",
    "redis://h?protocol=4": "url option protocol must be 2 or 3, not '?4",
    "redis+sentinel://h/service?protocol=4": "url option protocol must be 2 or 3",
    "redis+cluster://h?protocol=4": "url option protocol must be 2 or 3",
    "redis://h?protocol=three": "protocol",
    "redis://h?encoding=latin-1": "url option encoding must be utf-8",
    "redis://h?max_connections=-1": "max_connections",
    "redis+cluster://h?max_connections=-1": "max_connections",
    "redis+cluster://h?sentinel_password=x": "url option sentinel_password belongs to redis.sentinel://",
    "redis://h?sentinel_username=x": "url option sentinel_username belongs to redis.sentinel://",
    "redis://h:port": "url's port must be a number up to 65535",
    "redis://h:70000": "url's port must be a number up to 65535",
    "redis://h/first": "url's database must be a number, not 'first'",
    "redis://[::1": "url's host cannot be read",
    "rediss://h?ssl_cert_reqs=maybe": "maybe",
    "unix://": "url names no socket",
    "redis+sentinel://h": "url names no service",
    "redis+sentinel://h/service/first": "url's database must be a number, not 'first'",
    "redis+sentinel:///service": "url names no host",
    "redis+sentinel://h:port/service": "url's port must be a number, not 'port'",
    "redis+sentinel://h/service?color=red": "unexpected keyword argument 'color'",
    "redis+cluster://h:port": "url's port must be a number, not 'port'",
    "redis+cluster://": "url names no host",
}


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_url_is_refused_by_the_part_that_is_wrong(make: Make, url: str) -> None:
    """At once, not at the first use."""
    with pytest.raises(CacheConfigurationError, match=WRONG[url]):
        make(url)


@pytest.mark.parametrize("url", [None, 5, b"memory://", timedelta(1)])
def test_what_is_no_text_is_refused(make: Make, url: Any) -> None:
    """By its type."""
    with pytest.raises(TypeError, match="url must be"):
        make(url)


SECRETS = [
    "redis://:s3c/ret@h/0",
    "redis://ada:s3c@ret@h:port",
    "redis://ada:s3c?ret@h",
    "redis://ada:s3c#ret@h",
    "redis+sentinel://ada:s3c/ret@h",
    "redis+cluster://:s3c:ret@h:port",
    "redis://h:port?password=s3cret",
    "redis://[:s3cret@h",
    "redis://ada:s3c%zz@h/first",
    "nosuch://ada:s3cret@h",
]


@pytest.mark.parametrize("url", SECRETS)
def test_no_message_holds_a_piece_of_a_password(make: Make, url: str) -> None:
    """Not even where an unquoted character tears it apart."""
    with pytest.raises(CacheConfigurationError) as caught:
        make(url)
    assert [piece for piece in ("s3c", "ret@") if piece in str(caught.value)] == []


def test_masking_hides_all_up_to_the_last_at_sign() -> None:
    """What an unquoted @ leaves over is a piece of the password."""
    assert masked("redis://ada:a@b@host/0") == "redis://ada:***@host/0"


# Types


def test_the_asynchronous_one_makes_an_asynchronous_provider() -> None:
    """Its operations are awaited."""
    cache = async_from_url("memory://")
    asyncio.run(cache.set("k", 1))
    assert (isinstance(cache, AsyncCacheProviderInterface), asyncio.run(cache.get("k"))) == (True, 1)
