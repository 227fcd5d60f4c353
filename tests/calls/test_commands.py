"""The record of what clients of redis-py asked."""

import asyncio
from typing import Any

import pytest
import redis

from cache_provider import InMemoryCacheAdapter, ManualClock
from cache_provider.testing.calls import Calls
from cache_provider.testing.kit import CacheServer
from cache_provider.testing.kit.contents import show_commands
from cache_provider.testing.seam import InstrumentedCache


@pytest.fixture
def calls() -> Calls:
    """Return an empty record."""
    return Calls()


@pytest.fixture
def server(calls: Calls) -> CacheServer:
    """Return a test's server whose commands are recorded."""
    server = CacheServer("test:", clock=ManualClock())
    show_commands(server, calls)
    return server


@pytest.fixture
def client(server: CacheServer) -> Any:
    """Return a client of it."""
    return server.redis()


def test_a_command_is_recorded_with_its_words_and_its_reply(calls: Calls, client: Any) -> None:
    """As text where it is text."""
    client.set("user:1", b"\xff", ex=60)
    (call,) = calls
    assert (call.operation, call.arguments, call.result) == (
        "SET",
        {"words": ("user:1", b"\xff", "EX", "60")},
        "OK",
    )


def test_its_line_is_the_callers(calls: Calls, client: Any) -> None:
    """Behind redis-py."""
    client.get("k")
    assert calls[0].site.text == 'client.get("k")'


def test_an_error_is_recorded_with_what_the_server_said(calls: Calls, client: Any) -> None:
    """And shown in the listing."""
    client.set("k", "v")
    with pytest.raises(redis.ResponseError):
        client.incr("k")
    assert "-> error ERR value is not an integer or " in str(calls)


def test_the_same_assertions_are_made(calls: Calls, client: Any) -> None:
    """By command, key, number and words."""
    client.set("user:1", "ada", ex=60)
    calls.assert_called("SET", key="user:*", times=1)
    calls.assert_called("SET", words=("user:1", "ada", "EX", "60"))
    calls.assert_not_called("DEL")


def test_a_failed_assertion_lists_the_commands(calls: Calls, client: Any) -> None:
    """With replies and lines."""
    client.set("user:1", "ada")
    with pytest.raises(AssertionError, match=r"1\.  \+0\.000 s  SET 'user:1'  -> 'OK'"):
        calls.assert_called("GET")


def test_a_command_that_does_not_exist_is_refused(calls: Calls) -> None:
    """A slip would never be found."""
    with pytest.raises(ValueError, match="perhaps 'GETEX'"):
        calls.count("GETEXX")


def test_a_transaction_is_one_call_with_its_commands(calls: Calls, client: Any) -> None:
    """Each with its own result."""
    client.pipeline().set("k", 1).incr("n").execute()
    (call,) = calls
    assert [(part.operation, part.key, part.result) for part in call.commands] == [
        ("SET", "k", "OK"),
        ("INCRBY", "n", 1),
    ]


def test_a_command_of_a_transaction_is_found_by_its_name(calls: Calls, client: Any) -> None:
    """And the transaction is marked that it belongs to."""
    client.pipeline().set("k", 1).incr("n").execute()
    with pytest.raises(AssertionError, match=r"> 1\."):
        calls.assert_called("SET", times=2)


def test_order_is_told_across_transactions(calls: Calls, client: Any) -> None:
    """Within one too."""
    client.pipeline().set("k", 1).incr("n").execute()
    client.get("k")
    calls.assert_order("SET k", "INCRBY n", "GET k")


def test_hits_and_misses_are_counted(calls: Calls, client: Any) -> None:
    """By the replies of reads, of each key where there are several."""
    client.set("k", 1)
    client.get("k")
    client.mget("k", "other")
    assert (calls.hits, calls.misses) == (2, 1)


def test_both_doors_are_in_one_record(server: CacheServer, calls: Calls, client: Any) -> None:
    """In their order."""
    cache = InstrumentedCache(InMemoryCacheAdapter("test:", server=server), calls)
    cache.set("k", 1)
    client.get("test:k")
    assert [call.operation for call in calls] == ["set", "GET"]


def test_a_coroutine_is_recorded(server: CacheServer, calls: Calls) -> None:
    """In the same way."""

    async def read() -> None:
        async with server.async_redis() as client:
            await client.get("k")

    asyncio.run(read())
    calls.assert_called("GET", key="k")
