"""A client of a few lines."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cache_provider.testing.servers import (
    Address,
    Connection,
    RefusedError,
    ServerBinary,
    ServerProcess,
    WireReply,
)
from cache_provider.testing.servers.wire import fields, items, number, text
from tests.threads import Task


@pytest.fixture(scope="module")
def server(any_binary: ServerBinary) -> Iterator[ServerProcess]:
    """Return a running server; what is said on the wire is the same for all."""
    with ServerProcess(any_binary) as running:
        yield running


def answer(listening: socket.socket, part: bytes) -> None:
    """Take one connection, say so much and hang up."""
    connection, _ = listening.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(part)


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        (["PING"], "PONG"),
        (["ECHO", "grüße"], "grüße"),
        (["ECHO", ""], ""),
        (["ECHO", "a\r\nb"], "a\r\nb"),
        (["ECHO", "\udcff"], "\udcff"),
        (["GET", "missing"], None),
        (["EVAL", "return -7", 0], -7),
        (["LRANGE", "missing", 0, -1], []),
        (["EVAL", "return {1, {'two', false}}", 0], [1, ["two", None]]),
    ],
    ids=["status", "text", "empty", "lines", "bytes", "nil", "integer", "nothing", "nested"],
)
def test_a_reply_is_what_the_server_said(
    server: ServerProcess, command: list[str | int], reply: WireReply
) -> None:
    """Every kind of reply has its Python value."""
    assert server.call(*command) == reply


def test_a_long_reply_is_whole(server: ServerProcess) -> None:
    """It may arrive in pieces."""
    assert server.call("ECHO", "x" * 1_000_000) == "x" * 1_000_000


def test_a_connection_is_good_for_many_commands(server: ServerProcess) -> None:
    """Each reply is its own command's."""
    with server.connect() as connection:
        assert [connection.call("ECHO", word) for word in "abc"] == ["a", "b", "c"]


def test_an_error_is_raised_with_the_servers_words(server: ServerProcess) -> None:
    """What the server refuses is no reply."""
    with pytest.raises(RefusedError, match="wrong number of arguments"):
        server.call("GET")


def test_a_connection_survives_an_error(server: ServerProcess) -> None:
    """The next reply is the next command's."""
    with server.connect() as connection:
        with pytest.raises(RefusedError):
            connection.call("GET")
        assert connection.call("PING") == "PONG"


@pytest.mark.parametrize("part", [b"", b"+PO", b"$5\r\nPON", b"*2\r\n:1\r\n"], ids=repr)
def test_a_reply_that_breaks_off_is_none(tmp_path: Path, part: bytes) -> None:
    """A server may die in the middle of a word."""
    path = tmp_path / "socket"
    with socket.create_server(str(path), family=socket.AF_UNIX) as dying:
        answered = Task(lambda: answer(dying, part))
        with Connection(Address(path)) as connection, pytest.raises(ConnectionError, match="closed"):
            connection.call("PING")
        answered.result()


def test_a_wrong_password_is_refused(any_binary: ServerBinary) -> None:
    """The server's answer to AUTH is heeded."""
    with (
        ServerProcess(any_binary, password="right") as server,
        pytest.raises(RefusedError, match="invalid username-password"),
    ):
        Connection(replace(server.address, password="wrong"))


@pytest.mark.parametrize("narrow", [text, number, items])
def test_a_reply_of_another_kind_is_refused(narrow: Callable[[WireReply], object]) -> None:
    """A reply that is not what the command returns does not go on as if it were."""
    with pytest.raises(TypeError, match="the server's reply is no"):
        narrow(None)


def test_fields_are_the_lines_with_a_colon() -> None:
    """INFO has headings and blank lines besides."""
    assert fields("# Server\r\nname:a:b\r\n\r\nport:1\r\n") == {"name": "a:b", "port": "1"}
