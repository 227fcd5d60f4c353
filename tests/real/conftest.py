"""A real redis-server of the tests' own: on a Unix socket, with nothing on disk, killed at the end."""

import importlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any, NoReturn

import pytest

LOOKS = 500
"""How often to look for the server before giving up; there is a hundredth of a second between two looks."""


def give_up(reason: str) -> NoReturn:
    """Skip; but where CI promises a server, its absence is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; CI must test against a real server")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def redis_client() -> Iterator[Any]:
    """Yield a client of a fresh, empty server."""
    program = shutil.which("redis-server")
    if program is None:
        give_up("no redis-server on the PATH")
    if importlib.util.find_spec("redis") is None:
        give_up("the redis package is not installed")
    # Not pytest's own directory: the path of a Unix socket must be short.
    with tempfile.TemporaryDirectory(prefix="redis-") as directory:
        socket = Path(directory, "socket")
        server = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            client = connected(server, socket)
            yield client
            client.close()
        finally:
            server.kill()
            server.wait()


def connected(server: "subprocess.Popen[bytes]", socket: Path) -> Any:
    """Return a client once the server answers it."""
    redis: Any = importlib.import_module("redis")
    client = redis.Redis(unix_socket_path=str(socket))
    pause = Event()
    for _ in range(LOOKS):
        if server.poll() is not None:
            pytest.fail(f"redis-server ended with status {server.returncode} instead of listening")
        try:
            client.ping()
        except redis.ConnectionError:
            pause.wait(0.01)
        else:
            return client
    pytest.fail("redis-server does not answer")
