"""redis-py's own clients, in process."""

import asyncio
import gc
import sys
import threading
from collections.abc import Iterator
from typing import Any
from weakref import ReferenceType, ref

import pytest
import redis

from cache_provider import InMemoryCacheAdapter, ManualClock, MemoryServer
from cache_provider.memory.server import keyspace_of
from tests.threads import Task, until


def test_the_client_is_redis_pys_own(server: MemoryServer) -> None:
    """Nothing stands between: what redis-py does with a server, it does here."""
    assert type(server.redis()) is redis.Redis


def test_without_redis_py_the_extra_is_named(server: MemoryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is what to do."""
    monkeypatch.delitem(sys.modules, "cache_provider.door.connections", raising=False)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ImportError, match=r"needs an extra: pip install 'cache-provider\[redis\]'"):
        server.redis()


def test_a_client_sees_what_a_provider_wrote(server: MemoryServer, client: Any) -> None:
    """As its wire bytes, under its full key."""
    InMemoryCacheAdapter("app:", server=server).set("user", {"name": "Ada"})
    assert client.get("app:user") == '{"name":"Ada"}'


def test_a_provider_sees_what_a_client_wrote(server: MemoryServer, client: Any) -> None:
    """The same the other way round."""
    client.set("app:visits", 3)
    assert InMemoryCacheAdapter("app:", server=server).incr("visits") == 4


def test_a_set_of_a_client_is_of_another_type_to_a_provider(server: MemoryServer, client: Any) -> None:
    """A provider knows three types, and says so of any other."""
    client.sadd("app:tags", "a")
    with pytest.raises(TypeError, match="holds a set"):
        InMemoryCacheAdapter("app:", server=server).get("tags")


def test_a_lock_of_a_provider_is_a_key(server: MemoryServer, client: Any) -> None:
    """Its token is what the key holds."""
    lock = InMemoryCacheAdapter("app:", server=server).get_lock("job")
    with lock:
        assert client.get("app:job") == lock.holder()


def test_a_lock_of_redis_py_excludes_one_of_a_provider(server: MemoryServer, client: Any) -> None:
    """They are claims on one key."""
    with client.lock("app:job", timeout=5):
        assert not InMemoryCacheAdapter("app:", server=server).get_lock("job").acquire(blocking=False)


def test_time_is_the_servers(clock: ManualClock, client: Any) -> None:
    """A test moves it."""
    client.set("key", "value", ex=10)
    clock.advance(10)
    assert client.get("key") is None


def test_a_transaction_fails_when_a_provider_has_written(server: MemoryServer, client: Any) -> None:
    """WATCH sees through the other door."""
    cache = InMemoryCacheAdapter("", server=server)
    pipeline = client.pipeline()
    pipeline.watch("key")
    cache.set("key", 1)
    pipeline.multi()
    pipeline.set("key", 2)
    with pytest.raises(redis.WatchError):
        pipeline.execute()


def test_a_transaction_fails_when_a_key_has_expired(clock: ManualClock, client: Any) -> None:
    """Expiry is a change as well."""
    client.set("key", "value", ex=1)
    pipeline = client.pipeline()
    pipeline.watch("key")
    clock.advance(2)
    pipeline.multi()
    pipeline.set("key", 2)
    with pytest.raises(redis.WatchError):
        pipeline.execute()


def test_a_blocked_client_gets_what_a_provider_pushes(server: MemoryServer, client: Any) -> None:
    """At once, and nobody else does."""
    cache = InMemoryCacheAdapter("", server=server)
    waiting = Task(lambda: client.blpop("queue", timeout=0))
    until(lambda: bool(keyspace_of(server).queues))
    cache.push_limit("queue", "item", 10)
    assert waiting.result() == ("queue", '"item"')


def test_a_blocked_client_waits_for_the_servers_clock(server: MemoryServer, clock: ManualClock) -> None:
    """Moving it ends the wait."""
    waiting = Task(lambda: server.redis().blpop("queue", timeout=3600))
    until(lambda: bool(keyspace_of(server).queues))
    clock.advance(3600)
    assert waiting.result() is None


def test_a_client_that_has_gone_takes_nothing(server: MemoryServer, client: Any) -> None:
    """What comes later is there for others."""

    async def leave() -> None:
        gone = server.async_redis()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(gone.blpop("queue", timeout=0), 0.05)
        await gone.aclose()

    asyncio.run(leave())
    client.rpush("queue", "item")
    assert client.llen("queue") == 1


def test_messages_reach_whom_they_are_for(client: Any, server: MemoryServer) -> None:
    """Pub/sub, from one client to another."""
    other: Any = server.redis(decode_responses=True)
    with other.pubsub(ignore_subscribe_messages=True) as listener:
        listener.psubscribe("news.*")
        listener.get_message(timeout=1)
        client.publish("news.sport", "goal")
        message = listener.get_message(timeout=1)
    assert message is not None
    assert message["data"] == "goal"


def test_events_of_keys_are_told_where_they_are_switched_on(client: Any, server: MemoryServer) -> None:
    """`notify-keyspace-events` is the one setting with an effect."""
    client.config_set("notify-keyspace-events", "KEA")
    other: Any = server.redis(decode_responses=True)
    with other.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("__keyevent@0__:set")
        listener.get_message(timeout=1)
        client.set("key", 1)
        message = listener.get_message(timeout=1)
    assert message is not None
    assert message["data"] == "key"


@pytest.mark.parametrize("protocol", [2, 3])
def test_both_protocols_give_redis_pys_usual_answers(server: MemoryServer, protocol: int) -> None:
    """As a client that speaks it would have them of a server."""
    client: Any = server.redis(decode_responses=True, protocol=protocol)
    client.hset("hash", mapping={"a": "1"})
    assert client.hgetall("hash") == {"a": "1"}


def test_an_asynchronous_client_works_in_several_loops(server: MemoryServer) -> None:
    """A client a loop, on one server."""

    async def count() -> Any:
        async with server.async_redis() as client:
            return await client.incr("n")

    assert [asyncio.run(count()), asyncio.run(count())] == [1, 2]


def test_the_databases_are_sixteen(server: MemoryServer) -> None:
    """Providers see number 0."""
    server.redis(db=3).set("key", 1)
    assert server.redis().exists("key") == 0


def test_an_unknown_command_is_refused_and_counted(server: MemoryServer, client: Any) -> None:
    """In Redis' own words."""
    with pytest.raises(redis.ResponseError, match="unknown command 'XADD'"):
        client.execute_command("XADD", "stream", "*", "a", "b")
    assert keyspace_of(server).door.unknown == {"XADD": 1}  # type: ignore[attr-defined] # a Core, once there was a client


@pytest.fixture
def _nothing_is_collected() -> Iterator[None]:
    """Leave cycles of references alone."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_nothing_is_collected")
def test_an_error_is_gone_with_whom_it_was_raised_for(client: Any) -> None:
    """With its traceback, which would keep all arguments until the collector comes."""

    def refused() -> ReferenceType[Exception]:
        try:
            client.execute_command("XADD")
        except redis.ResponseError as error:
            return ref(error)
        raise AssertionError

    assert refused()() is None


@pytest.mark.usefixtures("_nothing_is_collected")
def test_an_error_is_gone_with_whom_it_was_raised_for_in_a_loop(server: MemoryServer) -> None:
    """The same of an asynchronous client."""

    async def refused(client: Any) -> ReferenceType[Exception]:
        try:
            await client.execute_command("XADD")
        except redis.ResponseError as error:
            return ref(error)
        raise AssertionError

    async def is_gone() -> bool:
        async with server.async_redis() as client:
            return (await refused(client))() is None

    assert asyncio.run(is_gone())


@pytest.mark.usefixtures("tiny_switch_interval")
def test_a_transaction_is_seen_whole_or_not_at_all(server: MemoryServer) -> None:
    """A provider that reads two keys at one moment finds both of them written, or neither."""
    cache = InMemoryCacheAdapter("", server=server)
    over = threading.Event()

    def write() -> None:
        client: Any = server.redis()
        for number in range(500):
            client.pipeline().set("a", number).set("b", number).execute()
        over.set()

    writing = Task(write)
    seen = set[bool]()
    is_over = False
    while not is_over:
        is_over = over.is_set()  # asked before the look, so that there is one though the writer was quicker
        found = cache.mget(["a", "b"])
        seen.add(found.get("a") == found.get("b"))
    writing.result()
    assert seen == {True}
