"""No server outlives the process that started it, however that ends."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cache_provider.testing.servers import Address, Connection, MovableServer, ServerBinary
from tests.threads import until

ROOT = Path(__file__).parent.parent.parent

PROGRAM = """
import sys
from pathlib import Path
from cache_provider.testing.servers import MovableServer, ServerBinary, ServerProcess

kind = {"ServerProcess": ServerProcess, "MovableServer": MovableServer}[sys.argv[1]]
server = kind(ServerBinary("redis", "1", Path(sys.argv[2]), "PATH")).start()
print(server.address.path, server.pid, flush=True)
exec(sys.argv[3])
"""


def start(binary: ServerBinary, then: str, kind: str = "ServerProcess") -> "subprocess.Popen[str]":
    """Start a Python that starts a server, says where and as what, and goes on with `then`."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, kind, binary.path, then],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )


def read(parent: "subprocess.Popen[str]") -> tuple[Path, str]:
    """Return the server's socket and process id."""
    assert parent.stdout is not None
    path, pid = parent.stdout.readline().split()
    return Path(path), pid


def gone(path: Path) -> bool:
    """Wait until the server's directory is gone, which goes last; tell whether it is."""
    until(lambda: not path.parent.exists())
    return not path.parent.exists()


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda each: each.name
)
def test_a_server_ends_with_a_parent_that_a_signal_ends(
    any_binary: ServerBinary, number: signal.Signals
) -> None:
    """It is killed: who was connected is cut off."""
    with start(any_binary, "import signal; signal.pause()") as parent:
        path, _ = read(parent)
        with Connection(Address(path)) as witness:
            parent.send_signal(number)
            gone(path)
            with pytest.raises(ConnectionError):
                witness.call("PING")


@pytest.mark.parametrize("last", ["pass", "raise SystemExit(3)", "1 / 0", "import os; os._exit(0)"])
def test_a_server_ends_with_a_parent_that_ends_by_itself(any_binary: ServerBinary, last: str) -> None:
    """A server that nobody stopped goes, with its directory."""
    with start(any_binary, last) as parent:
        path, _ = read(parent)
    assert gone(path)


def test_a_movable_server_leaves_no_shared_memory(movable_binary: ServerBinary) -> None:
    """What libfaketime made for a process goes with it, or a later one of the same id would fail."""
    with start(movable_binary, "import signal; signal.pause()", MovableServer.__name__) as parent:
        path, pid = read(parent)
        parent.kill()
    until(lambda: not path.parent.exists())
    assert list(Path("/dev/shm").glob(f"*faketime*_{pid}")) == []
