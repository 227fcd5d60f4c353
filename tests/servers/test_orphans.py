"""No server outlives the process that started it, however that ends."""

import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest

from cache_provider.testing.servers import Address, Connection, MovableServer, ServerBinary
from tests.threads import until

ROOT = Path(__file__).parent.parent.parent

PROGRAM = """
import signal
import sys
from pathlib import Path
from cache_provider.testing.servers import MovableServer, ServerBinary, ServerProcess

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
kind = {"ServerProcess": ServerProcess, "MovableServer": MovableServer}[sys.argv[1]]
server = kind(ServerBinary("redis", "1", Path(sys.argv[2]), "PATH")).start()
print(server.address.path, server.pid, flush=True)
exec(sys.argv[3])
"""

STAY = "sys.stdin.read()"


@dataclass
class Parent:
    """A Python that started a server.

    Attributes:
        process: The Python.
        directory: The server's private directory.
        pid: The server's process.
    """

    process: "subprocess.Popen[str]"
    directory: Path
    pid: int


@contextmanager
def parent(binary: ServerBinary, then: str, kind: str = "ServerProcess") -> Generator[Parent]:
    """Start a Python that starts a server, says where and as what, and goes on with `then`."""
    command = [sys.executable, "-c", PROGRAM, kind, str(binary.path), then]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            path, pid = process.stdout.readline().split()
            yield Parent(process, Path(path).parent, int(pid))
        finally:
            process.kill()


def gone(directory: Path) -> bool:
    """Wait until a server's directory is gone, which goes last; tell whether it is."""
    until(lambda: not directory.exists())
    return not directory.exists()


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda each: each.name
)
def test_a_server_ends_with_a_parent_that_a_signal_ends(
    any_binary: ServerBinary, number: signal.Signals
) -> None:
    """It is killed: who was connected is cut off."""
    with (
        parent(any_binary, STAY) as started,
        Connection(Address(started.directory / "socket")) as witness,
    ):
        started.process.send_signal(number)
        gone(started.directory)
        with pytest.raises(ConnectionError):
            witness.call("PING")


@pytest.mark.parametrize("last", ["pass", "raise SystemExit(3)", "1 / 0", "import os; os._exit(0)"])
def test_a_server_ends_with_a_parent_that_ends_by_itself(any_binary: ServerBinary, last: str) -> None:
    """A server that nobody stopped goes, with its directory."""
    with parent(any_binary, last) as started:
        assert gone(started.directory)


def test_a_movable_server_leaves_no_shared_memory(movable_binary: ServerBinary) -> None:
    """What libfaketime made for a process goes with it, or a later one of the same id would fail."""
    with parent(movable_binary, STAY, MovableServer.__name__) as started:
        started.process.kill()
        gone(started.directory)
        assert list(Path("/dev/shm").glob(f"*faketime*_{started.pid}")) == []
