"""Every command that arrives at a watched server passes the interceptors."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from cache_provider import ManualClock, MemoryServer
from cache_provider.door.mishaps import ConnectionLostError
from cache_provider.door.replies import Refusal
from cache_provider.memory.server import overseer_of
from cache_provider.steps import Steps
from cache_provider.testing.seam import DoorCommand, Operation, Proceed, oversee
from cache_provider.waiting import Gate, Patience
from tests.threads import Task

_Redis: Any = redis.Redis
"""redis-py is typed in parts."""


class Spy:
    """Notes what passes; does what it is told at one command."""

    def __init__(self) -> None:
        self.seen: list[DoorCommand] = []
        self.replies: list[Any] = []
        self.before: dict[str, BaseException] = {}
        self.after: dict[str, BaseException] = {}

    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Let a command proceed."""
        assert isinstance(operation, DoorCommand)
        self.seen.append(operation)
        if operation.name in self.before:
            raise self.before[operation.name]
        reply = yield from proceed()
        self.replies.append(reply)
        if operation.name in self.after:
            raise self.after[operation.name]
        return reply

    @property
    def names(self) -> list[str]:
        """What passed, by name."""
        return [command.name for command in self.seen]


@pytest.fixture
def spy() -> Spy:
    """Return what looks on."""
    return Spy()


@pytest.fixture
def server(spy: Spy) -> MemoryServer:
    """Return a watched server."""
    server = MemoryServer(clock=ManualClock())
    oversee(server, spy)
    return server


@pytest.fixture
def client(server: MemoryServer) -> Iterator[redis.Redis]:
    """Return a client of it, in process."""
    with server.redis(decode_responses=True) as client:
        yield client


def test_a_command_passes_with_its_words(spy: Spy, client: Any) -> None:
    """And nothing of what redis-py says to open a connection."""
    client.set("user:1", "ada", ex=60)
    assert [(command.name, command.words) for command in spy.seen] == [("SET", ("user:1", "ada", "EX", "60"))]


def test_its_keys_come_from_the_table_of_commands(spy: Spy, client: Any) -> None:
    """Wherever among its words they stand."""
    client.zunionstore("sum", ["a", "b"])
    assert spy.seen[0].keys == ["sum", "a", "b"]


def test_whether_it_writes_comes_from_the_table_too(spy: Spy, client: Any) -> None:
    """A read does not."""
    client.set("a", 1)
    client.get("a")
    assert [command.effect.writes for command in spy.seen] == [True, False]


def test_its_reply_comes_back(spy: Spy, client: Any) -> None:
    """As the server gave it."""
    client.incr("n")
    assert spy.replies == [1]


def test_its_line_is_the_callers(spy: Spy, client: Any) -> None:
    """Behind the frames of redis-py."""
    client.get("a")
    assert spy.seen[0].site.text == 'client.get("a")'


def test_the_line_of_a_coroutine_is_its_own(spy: Spy, server: MemoryServer) -> None:
    """Behind those of asyncio as well."""

    async def read() -> None:
        async with server.async_redis() as client:
            await client.get("a")

    asyncio.run(read())
    assert spy.seen[0].site.text == 'await client.get("a")'


def test_a_transaction_is_one_command(spy: Spy, client: Any) -> None:
    """With what it queued, and all of its keys."""
    with client.pipeline() as pipeline:
        pipeline.set("a", 1).incr("n").execute()
    assert [(each.name, [part.name for part in each.commands], each.keys) for each in spy.seen] == [
        ("EXEC", ["SET", "INCRBY"], ["a", "n"])
    ]


def test_the_commands_of_a_plain_pipeline_pass_one_by_one(spy: Spy, client: Any) -> None:
    """Others may come between."""
    with client.pipeline(transaction=False) as pipeline:
        pipeline.set("a", 1).get("a").execute()
    assert spy.names == ["SET", "GET"]


def test_a_script_is_one_command(spy: Spy, client: Any) -> None:
    """What it calls has happened by then."""
    pytest.importorskip("lupa")
    client.eval("return redis.call('INCR', KEYS[1])", 1, "n")
    assert [(command.name, command.keys) for command in spy.seen] == [("EVAL", ["n"])]


def test_a_command_that_is_not_known_passes(spy: Spy, client: Any) -> None:
    """Its error is the server's."""
    with pytest.raises(redis.ResponseError, match="unknown command"):
        client.execute_command("XLEN", "stream")
    assert spy.names == ["XLEN"]


def test_commands_at_a_socket_pass(spy: Spy, server: MemoryServer) -> None:
    """One after the other, whatever language sent them."""
    with server.listen() as listener, _Redis.from_url(listener.url) as client:
        client.rpush("queue", 1)
        client.blpop(["queue"])
    assert spy.names == ["RPUSH", "BLPOP"]


def test_a_command_may_be_refused(spy: Spy, client: Any) -> None:
    """With an error as a server sends it; it has no effect then."""
    spy.before["SET"] = Refusal("BUSY come back later")
    with pytest.raises(redis.ResponseError, match="BUSY"):
        client.set("a", 1)
    assert client.exists("a") == 0


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("timed_out", [False, True], ids=["closed", "late"])
def test_its_connection_may_end(spy: Spy, client: Any, after: bool, timed_out: bool) -> None:
    """Before its effect or after it."""
    (spy.after if after else spy.before)["SET"] = ConnectionLostError(timed_out=timed_out)
    with pytest.raises(RedisTimeoutError if timed_out else RedisConnectionError):
        client.set("a", 1)
    assert client.exists("a") == after


def test_the_connection_of_a_coroutine_may_end(spy: Spy, server: MemoryServer) -> None:
    """The client's own error."""
    spy.before["SET"] = ConnectionLostError()

    async def write() -> None:
        async with server.async_redis() as client:
            await client.set("a", 1)

    with pytest.raises(RedisConnectionError):
        asyncio.run(write())


def test_a_connection_at_a_socket_may_end(spy: Spy, server: MemoryServer) -> None:
    """The client's own error, with its own retries."""
    spy.after["SET"] = ConnectionLostError()
    with server.listen() as listener, _Redis.from_url(listener.url, retry=None) as client:
        with pytest.raises(RedisConnectionError):
            client.set("a", 1)
        assert client.get("a") == b"1"


def test_a_connection_that_ended_is_opened_anew_by_retries(spy: Spy, server: MemoryServer) -> None:
    """They are redis-py's own."""
    spy.before["SET"] = ConnectionLostError()
    retry = Retry(NoBackoff(), 3)
    with server.redis(retry=retry) as client, pytest.raises(RedisConnectionError):
        client.set("a", 1)
    assert spy.names == ["SET"] * 4


def test_a_blocked_command_has_its_reply_when_it_is_served(spy: Spy, client: Any) -> None:
    """Whoever looks at it sees it end then."""
    blocked = Task(lambda: client.blpop(["queue"]))
    while "BLPOP" not in spy.names:
        pass
    client.rpush("queue", "job")
    blocked.result()
    assert [b"queue", b"job"] in spy.replies


def test_what_follows_a_blocked_command_passes_after_it(spy: Spy, client: Any) -> None:
    """On one connection."""
    with client.pipeline(transaction=False) as pipeline:
        both = Task(pipeline.blpop(["queue"]).get("a").execute)
        while "BLPOP" not in spy.names:
            pass
        client.rpush("queue", "job")
        both.result()
    assert spy.names == ["BLPOP", "RPUSH", "GET"]


def test_a_client_waits_at_the_gate_it_is_given(
    server: MemoryServer, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs tasks one at a time takes the waiting over."""
    waits: list[Patience] = []

    class Filling(Gate):
        def wake(self) -> bool:
            return True

        def wait(self, patience: Patience, *_: object, **__: object) -> None:
            waits.append(patience)
            server.redis().rpush("queue", "job")

    way = oversee(server, spy)

    def gate(_session: object, _gate: Gate) -> Gate:
        return Filling()

    monkeypatch.setattr(way, "gate", gate)
    assert server.redis().blpop(["queue"], timeout=5) == (b"queue", b"job")
    assert [patience.remaining() is None for patience in waits] == [False]


def test_nobody_is_shown_anything_unless_somebody_watches() -> None:
    """A server of no test has nobody who oversees it."""
    assert overseer_of(MemoryServer()) is None
