"""The order in which one client is told of what others did and of what it asked for itself."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cache_provider import MemoryServer
from cache_provider.door import in_process, socket_sessions
from cache_provider.door.session import Request
from cache_provider.memory.listening import Listening
from cache_provider.steps import Steps
from cache_provider.testing.seam import Operation, Proceed, oversee
from tests.threads import PATIENCE, Task

Meanwhile = Callable[[], object]

PONG = b"+PONG\r\n"
MESSAGE = b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n"


def elsewhere(call: Meanwhile) -> None:
    """Have a call done by another thread."""
    Task(call).result()


@pytest.fixture
def publish(server: MemoryServer) -> Meanwhile:
    """Return what publishes a message from another thread."""
    client: Any = server.redis()
    return lambda: elsewhere(lambda: client.publish("c", "hello"))


def interrupt(
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    name: bytes,
    *,
    before: Meanwhile | None = None,
    after: Meanwhile | None = None,
) -> None:
    """Have something happen right before a command, or between it and its answer."""
    execute = module.execute

    def interrupted(core: object, session: object, request: Request) -> object:
        if request[0] != name:
            return execute(core, session, request)
        if before is not None:
            before()
        reply = execute(core, session, request)
        if after is not None:
            after()
        return reply

    monkeypatch.setattr(module, "execute", interrupted)


class Wire:
    """A client at a socket that reads bytes."""

    def __init__(self, listener: Listening) -> None:
        self._socket = socket.create_connection((listener.host, listener.port), timeout=PATIENCE)

    def send(self, *lines: str) -> None:
        """Send inline commands at once."""
        self._socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def read(self, end: bytes) -> bytes:
        """Return what comes, up to an end."""
        read = b""
        while not read.endswith(end):
            read += self._socket.recv(1)
        return read

    def close(self) -> None:
        """Go."""
        self._socket.close()


@pytest.fixture
def wire(server: MemoryServer) -> Iterator[Wire]:
    """Return a client at a socket, of RESP3."""
    with server.listen() as listener:
        wire = Wire(listener)
        wire.send("HELLO 3", "PING")
        wire.read(PONG)
        yield wire
        wire.close()


def hear(wire: Wire) -> None:
    """Have the client listen."""
    wire.send("SUBSCRIBE c")
    wire.read(b":1\r\n")


def read_both(wire: Wire) -> bytes:
    """Return a message and the reply to PING, in the order in which they come."""
    wire.send("PING")
    return b"".join(wire.read(b"\r\n") for _ in range(8))


def test_a_message_comes_before_the_reply_to_a_later_command(
    monkeypatch: pytest.MonkeyPatch, wire: Wire, publish: Meanwhile
) -> None:
    """Also where another thread publishes it, while the loop has the command in hand."""
    hear(wire)
    interrupt(monkeypatch, socket_sessions, b"PING", before=publish)
    assert read_both(wire) == MESSAGE + PONG


def test_a_message_comes_after_the_reply_to_an_earlier_command(
    monkeypatch: pytest.MonkeyPatch, wire: Wire, publish: Meanwhile
) -> None:
    """So that nobody takes an old value for what is there since."""
    hear(wire)
    interrupt(monkeypatch, socket_sessions, b"PING", after=publish)
    assert read_both(wire) == PONG + MESSAGE


def test_no_message_comes_before_the_word_that_one_listens(
    monkeypatch: pytest.MonkeyPatch, wire: Wire, publish: Meanwhile
) -> None:
    """At a socket."""
    interrupt(monkeypatch, socket_sessions, b"SUBSCRIBE", after=publish)
    wire.send("SUBSCRIBE c")
    assert wire.read(b"hello\r\n").startswith(b">3\r\n$9\r\nsubscribe")


def test_a_blocked_command_is_answered_before_those_that_were_sent_after_it(
    monkeypatch: pytest.MonkeyPatch, server: MemoryServer, wire: Wire
) -> None:
    """Though another thread serves it in the moment in which they come."""
    client: Any = server.redis()
    receive = socket_sessions.SocketSession.receive

    def served_just_now(session: Any, request: Request) -> None:
        if request[0] == b"PING":
            elsewhere(lambda: client.rpush("l", "x"))
        receive(session, request)

    monkeypatch.setattr(socket_sessions.SocketSession, "receive", served_just_now)
    wire.send("BLPOP l 5", "PING")
    assert wire.read(PONG) == b"*2\r\n$1\r\nl\r\n$1\r\nx\r\n" + PONG


def test_in_process_no_message_comes_before_the_word_that_one_listens(
    monkeypatch: pytest.MonkeyPatch, server: MemoryServer, publish: Meanwhile
) -> None:
    """The same without a socket."""
    interrupt(monkeypatch, in_process, b"SUBSCRIBE", after=publish)
    client: Any = server.redis()
    with client.pubsub() as ear:
        ear.subscribe("c")
        assert [ear.get_message(timeout=PATIENCE)["type"] for _ in range(2)] == ["subscribe", "message"]


def test_awaited_no_message_comes_before_the_word_that_one_listens(
    monkeypatch: pytest.MonkeyPatch, server: MemoryServer, publish: Meanwhile
) -> None:
    """The same in a loop."""
    interrupt(monkeypatch, in_process, b"SUBSCRIBE", after=publish)

    async def heard() -> list[str]:
        client: Any = server.async_redis()
        async with client, client.pubsub() as ear:
            await ear.subscribe("c")
            return [(await ear.get_message(timeout=PATIENCE))["type"] for _ in range(2)]

    assert asyncio.run(heard()) == ["subscribe", "message"]


def test_a_message_comes_after_the_reply_that_somebody_looks_at(
    server: MemoryServer, publish: Meanwhile
) -> None:
    """As the kit does at all commands of a test's clients."""

    def publish_after(operation: Operation, proceed: Proceed) -> Steps[Any]:
        reply = yield from proceed()
        if operation.name == "SUBSCRIBE":
            publish()
        return reply

    oversee(server, publish_after)
    client: Any = server.redis()
    with client.pubsub() as ear:
        ear.subscribe("c")
        assert [ear.get_message(timeout=PATIENCE)["type"] for _ in range(2)] == ["subscribe", "message"]
