"""The socket."""

import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import redis

from cache_provider import MemoryServer
from cache_provider.door.core import Core
from cache_provider.memory.server import keyspace_of
from tests.door.reaching import client_of
from tests.threads import PATIENCE, until

_Redis: Any = redis.Redis
"""Some of its methods are typed in parts."""


def test_any_client_finds_the_server_by_its_url(server: MemoryServer) -> None:
    """What was written in process is there."""
    server.redis().set("key", "value")
    with server.listen() as listener, client_of(listener) as client:
        assert client.get("key") == b"value"


def test_a_unix_path_will_do(server: MemoryServer, tmp_path: Path) -> None:
    """And is gone afterwards."""
    path = tmp_path / "socket"
    with server.listen(path=path) as listener, client_of(listener) as client:
        assert client.ping()
    assert not path.exists()


def test_a_password_is_asked_for(server: MemoryServer) -> None:
    """Before anything else."""
    with (
        server.listen(password="secret") as listener,
        redis.Redis(port=listener.port or 0) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.get("key")


def test_a_listeners_password_is_not_asked_of_others_in_process(server: MemoryServer) -> None:
    """Nor once they have reset their connection."""
    with server.listen(password="secret"):
        client: Any = server.redis()
        client.execute_command("RESET")
        assert client.ping()


def test_a_listeners_password_is_not_asked_for_at_another(server: MemoryServer) -> None:
    """Each has its own, or none."""
    with server.listen(password="secret"), server.listen() as other, client_of(other) as client:
        assert client.ping()


def test_it_listens_to_this_machine_only(server: MemoryServer) -> None:
    """Unless told otherwise in so many words."""
    with pytest.raises(ValueError, match="anywhere=True"):
        server.listen("0.0.0.0")


def raw(listener: Any) -> socket.socket:
    """Return a connection to it."""
    return socket.create_connection((listener.host, listener.port), timeout=PATIENCE)


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"*1\r\n$4\r\nPI", b""),
        (b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
        (b"PING\r\n", b"+PONG\r\n"),
        (b"*x\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
        (b"*1\r\n+PING\r\n", b"-ERR Protocol error: expected '$', got '+'\r\n"),
        (b"*1\r\n$-5\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
        (b'GET "a\r\n', b"-ERR Protocol error: unbalanced quotes in request\r\n"),
        (b"\r\n", b""),
    ],
)
def test_what_is_no_request_is_told_so(server: MemoryServer, sent: bytes, answered: bytes) -> None:
    """Half a request waits for its other half; garbage ends the connection with a word."""
    with server.listen() as listener, raw(listener) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        parts: list[bytes] = []
        while part := connection.recv(4096):
            parts.append(part)
    assert b"".join(parts) == answered


def test_a_client_that_vanishes_while_it_waits_leaves_nothing(server: MemoryServer) -> None:
    """What comes later is there for others."""
    with server.listen() as listener:
        with raw(listener) as connection:
            connection.sendall(b"BLPOP queue 0\r\n")
            until(lambda: bool(keyspace_of(server).queues))
        until(lambda: not keyspace_of(server).queues)
        client: Any = server.redis()
        client.rpush("queue", "item")
        assert client.llen("queue") == 1


def test_nothing_is_left_when_it_is_closed(server: MemoryServer) -> None:
    """No thread, no session."""
    with server.listen() as listener:
        clients = [raw(listener) for _ in range(50)]
        for client in clients:
            client.sendall(b"PING\r\n")
            client.recv(16)
    for client in clients:
        client.close()
    core = keyspace_of(server).door
    assert isinstance(core, Core)
    assert not core.sessions
    assert not [thread for thread in threading.enumerate() if thread.name == "cache-provider-door"]


@pytest.fixture
def served() -> Any:
    """Yield a client of a served program whose clock stands."""
    command = [sys.executable, "-m", "cache_provider", "serve", "--manual-clock"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        line = program.stdout.readline()
        client = _Redis.from_url(line.removeprefix("ready: ").strip(), decode_responses=True)
        yield client
        client.close()
        program.send_signal(signal.SIGTERM)
        assert program.wait(PATIENCE) == 0


def test_a_served_program_lets_time_be_moved(served: Any) -> None:
    """By TEST.ADVANCE."""
    served.set("key", "value", ex=10)
    served.execute_command("TEST.ADVANCE", 11)
    assert served.get("key") is None


def test_a_served_program_lets_a_command_fail(served: Any) -> None:
    """By TEST.FAIL, as often as asked."""
    served.execute_command("TEST.FAIL", "GET", "REPLY", "ERR broken", "TIMES", 1)
    with pytest.raises(redis.ResponseError, match="broken"):
        served.get("key")
    assert served.get("key") is None


def test_other_servers_do_not_know_the_test_commands(client: Any) -> None:
    """A socket of a test is no served program."""
    with pytest.raises(redis.ResponseError, match="unknown command"):
        client.execute_command("TEST.RESET")
