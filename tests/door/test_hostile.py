"""Clients at the socket that do what no good one does: others notice nothing, and nothing of them is left."""

import contextlib
import random
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cache_provider import MemoryServer
from cache_provider.door.core import Core
from cache_provider.door.entrance import core_of
from cache_provider.memory.listening import Listening
from cache_provider.testing.servers.certificates import make_certificates
from tests.door.reaching import client_of
from tests.threads import PATIENCE, until

DESCRIPTORS = Path("/proc/self/fd")
RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing throws away what was sent and tells the other side nothing else."""

BLOCKING = [
    b"BLPOP queue 0",
    b"BRPOP queue other 0",
    b"BLMOVE queue other LEFT LEFT 0",
    b"BRPOPLPUSH queue other 0",
    b"BLMPOP 0 1 queue LEFT",
    b"BZPOPMIN queue 0",
    b"BZPOPMAX queue 0",
    b"BZMPOP 0 1 queue MIN",
]

UNFINISHED = [
    b"*2\r\n$3\r\nGET\r\n$3\r\nke",
    b"*1000000\r\n",
    b"*1\r\n$500000000\r\nabc",
    b"MULTI\r\nSET key other\r\n",
    b"WATCH key\r\nMULTI\r\n",
    b"SUBSCRIBE news\r\n",
    b"CLIENT REPLY OFF\r\n",
]

ENDING = [
    (b"*1\r\n$9999999999\r\n", b"invalid bulk length"),
    (b"*9999999999\r\n", b"invalid multibulk length"),
    (b"*1\r\n$x\r\n", b"invalid bulk length"),
    (b"x" * 70_000, b"too big inline request"),
    (b"*" + b"1" * 70_000, b"too big mbulk count string"),
    (b"*1\r\n$" + b"1" * 70_000, b"too big bulk count string"),
    (b"\x16\x03\x01\x02\x00\x01\x00\n", b"unknown command"),
    (b"SET 'key\r\n", b"unbalanced quotes"),
]


@pytest.fixture
def listener(server: MemoryServer) -> Iterator[Listening]:
    """Return a socket of the server; afterwards nothing of it may be left."""
    before = number_of_descriptors()
    server.redis().set("key", "value")
    with server.listen() as listener:
        yield listener
    core = core_of(server)
    assert at_the_socket(core) == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "cache-provider-door"]
    assert number_of_descriptors() <= before


def number_of_descriptors() -> int:
    """Return how many files and sockets this process has open, 0 where that cannot be told."""
    return len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else 0


def at_the_socket(core: Core) -> int:
    """Return how many clients are there but those in process, which go whenever they are collected."""
    return sum(session.address != "in-process:0" for session in list(core.sessions.values()))


def connection_to(listener: Listening) -> socket.socket:
    """Return a bare connection."""
    return socket.create_connection((listener.host, listener.port), timeout=PATIENCE)


def everything_from(connection: socket.socket) -> bytes:
    """Return what comes until the other side closes."""
    parts: list[bytes] = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def still_serves(listener: Listening) -> bool:
    """Tell whether another client finds all as it was."""
    with client_of(listener) as client:
        return bool(client.get("key") == b"value")


@pytest.mark.parametrize("sent", UNFINISHED)
@pytest.mark.parametrize("resets", [False, True])
def test_a_client_that_goes_in_the_middle_changes_nothing(
    server: MemoryServer, listener: Listening, sent: bytes, resets: bool
) -> None:
    """Of a request, a transaction, a subscription; politely or not."""
    core = core_of(server)
    with connection_to(listener) as connection:
        connection.sendall(sent)
        until(lambda: at_the_socket(core) == 1)
        if resets:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    until(lambda: at_the_socket(core) == 0)
    assert still_serves(listener)
    assert (core.subscriptions.channels, dict(core.database(0).queues)) == ({}, {})


@pytest.mark.parametrize(("sent", "story"), ENDING)
def test_what_cannot_be_read_is_answered_in_words(listener: Listening, sent: bytes, story: bytes) -> None:
    """Redis' own, and the connection ends where nothing after it makes sense."""
    with connection_to(listener) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert story in everything_from(connection)


def test_what_came_before_garbage_is_done(listener: Listening) -> None:
    """In one packet with it."""
    with connection_to(listener) as connection:
        connection.sendall(b"SET key other\r\n*1\r\n!oops\r\nSET key third\r\n")
        answered = everything_from(connection)
    with client_of(listener) as client:
        held = client.get("key")
        client.set("key", "value")
    assert (answered, held) == (b"+OK\r\n-ERR Protocol error: expected '$', got '!'\r\n", b"other")


@pytest.mark.parametrize("seed", range(20))
def test_garbage_ends_in_an_error_or_in_nothing(listener: Listening, seed: int) -> None:
    """Whatever bytes come, in whatever pieces."""
    dice = random.Random(seed)
    alphabet = bytes(range(256)) if seed % 2 else b"*$-+:0123\r\n\"' abGETkey"
    with connection_to(listener) as connection:
        for _ in range(50):
            try:
                connection.sendall(bytes(dice.choices(alphabet, k=dice.randint(1, 200))))
            except OSError:
                break  # it has heard enough
    assert still_serves(listener)


def test_a_request_may_come_byte_by_byte(listener: Listening) -> None:
    """And is run once it is whole."""
    with connection_to(listener) as connection:
        for byte in b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n":
            connection.sendall(bytes((byte,)))
        assert connection.recv(64) == b"$5\r\nvalue\r\n"


def test_a_large_value_arrives_whole(listener: Listening) -> None:
    """Thirty megabytes, there and back."""
    value = random.Random(0).randbytes(30_000_000)
    with client_of(listener) as client:
        client.set("large", value)
        assert client.get("large") == value


@pytest.mark.parametrize("resets", [False, True])
@pytest.mark.parametrize("command", BLOCKING)
def test_who_vanishes_while_it_waits_takes_nothing(
    server: MemoryServer, listener: Listening, command: bytes, resets: bool
) -> None:
    """What comes later is there for who comes later."""
    core = core_of(server)
    with connection_to(listener) as connection:
        connection.sendall(command + b"\r\n")
        until(lambda: len(core.queues) == 1)
        if resets:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    until(lambda: len(core.queues) == 0)
    client: Any = server.redis()
    added = client.zadd("queue", {"a": 1}) if b"Z" in command else client.rpush("queue", "a")
    assert (added, client.exists("queue")) == (1, 1)


def test_who_does_not_read_holds_nobody_up(listener: Listening) -> None:
    """Nor does what it asked for grow without end."""
    with client_of(listener) as client:
        client.set("large", b"x" * 1_000_000)
        with connection_to(listener) as connection:
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):  # it is not listened to any more
                for _ in range(1000):
                    connection.sendall(b"GET large\r\n" * 100)
            assert client.ping()


def test_who_reads_late_gets_all_in_order(listener: Listening) -> None:
    """What was asked while nothing was read is answered once it is."""
    with client_of(listener) as client, connection_to(listener) as connection:
        client.set("large", b"x" * 200_000)
        connection.sendall(b"GET large\r\nINCR visits\r\n" * 50 + b"QUIT\r\n")
        assert client.ping()
        answered = everything_from(connection)
    large = b"$200000\r\n%b\r\n" % (b"x" * 200_000)
    assert answered == b"".join(large + b":%d\r\n" % number for number in range(1, 51)) + b"+OK\r\n"


def test_a_thousand_clients_are_served(server: MemoryServer, listener: Listening) -> None:
    """Each of them, all at once, and none is left."""
    connections = [connection_to(listener) for _ in range(1000)]
    for connection in connections:
        connection.sendall(b"INCR visits\r\n")
    answers = {connection.recv(64) for connection in connections}
    for connection in connections:
        connection.close()
    core = core_of(server)
    until(lambda: at_the_socket(core) == 0)
    assert answers == {b":%d\r\n" % number for number in range(1, 1001)}


def test_closing_ends_clients_in_the_middle_of_anything(server: MemoryServer) -> None:
    """Who waits, who listens, who was half way through a request."""
    with server.listen() as listener:
        connections = [connection_to(listener) for _ in range(3)]
        for connection, sent in zip(
            connections, (b"BLPOP q 0\r\n", b"SUBSCRIBE c\r\n", b"*1\r\n$4"), strict=True
        ):
            connection.sendall(sent)
        core = core_of(server)
        until(lambda: len(core.queues) == 1 and bool(core.subscriptions.channels))
    for connection in connections:
        with connection, contextlib.suppress(ConnectionResetError):
            everything_from(connection)
    assert (len(core.sessions), len(core.queues), core.subscriptions.channels) == (0, 0, {})


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a server and a client need to speak TLS."""
    pytest.importorskip("trustme")
    made = make_certificates(tmp_path_factory.mktemp("certificates"))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(made.certificate, made.key)
    return server, ssl.create_default_context(cafile=str(made.authority))


def test_a_client_may_speak_tls(server: MemoryServer, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """What is at the other end is the same server."""
    server.redis().set("key", "value")
    with (
        server.listen(ssl_context=tls[0]) as listener,
        connection_to(listener) as bare,
        tls[1].wrap_socket(bare, server_hostname="localhost") as connection,
    ):
        connection.sendall(b"GET key\r\n")
        assert connection.recv(64) == b"$5\r\nvalue\r\n"


@pytest.mark.parametrize("sent", [b"PING\r\n", b"", b"\x16\x03\x01\x00\x05\x01", b"\x00" * 4096])
def test_who_does_not_speak_tls_is_let_go(
    server: MemoryServer, tls: tuple[ssl.SSLContext, ssl.SSLContext], sent: bytes
) -> None:
    """And who does is served all the while."""
    with server.listen(ssl_context=tls[0]) as listener:
        with connection_to(listener) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                assert b"PONG" not in everything_from(connection)
        with (
            connection_to(listener) as bare,
            tls[1].wrap_socket(bare, server_hostname="localhost") as connection,
        ):
            connection.sendall(b"PING\r\n")
            assert connection.recv(64) == b"+PONG\r\n"
    core = core_of(server)
    assert not core.sessions
