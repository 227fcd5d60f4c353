"""A process in a private directory, neither of which outlives the process that started them.

How a child learns that its parent is gone is the operating system's own affair,
and most ways have a hole: a Linux parent-death signal follows the *thread* that
forked and needs code between fork and exec, which is unsafe under threads;
`atexit` does not run when a signal ends Python. So a shell waits on a pipe of
which only the parent holds the other end. However the parent ends, the pipe
closes; the shell then kills the process and removes the directory.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from cache_provider.testing.servers.failures import ServerError
from cache_provider.testing.servers.patience import wait_until

_SOCKET_LIMIT = 100
"""Longest path of a unix socket; the systems' own limits lie between 103 and 107 bytes."""

_HALT_PATIENCE = 5.0

# A line is the pid of the process to watch, empty for none, or "done".
_WATCH = """
pid=
while read -r line; do
  if [ "$line" = done ]; then exit; fi
  pid=$line
done
if [ -n "$pid" ]; then
  kill -KILL "$pid"
  for prefix in "$@"; do rm -f "$prefix$pid"; done
fi
rm -rf "$DIRECTORY"
"""

# The process reports its own pid before it becomes the server: at no moment is it unwatched.
_ANNOUNCE = 'echo $$; log=$1; shift; exec "$@" >>"$log" 2>&1'


class Guard:
    """A private directory and the process that runs in it.

    The process has no terminal, so Ctrl-C reaches only the caller. A forked
    child of the caller holds the pipe too: while it lives, the process does.

    Args:
        traces: What the process leaves behind when it is killed: paths that
            lack only its pid at the end.
    """

    def __init__(self, traces: Sequence[str] = ()) -> None:
        self.directory = _short_directory()
        self._traces = traces
        self._watcher = subprocess.Popen(  # noqa: S603 - the text is above
            ["/bin/sh", "-c", _WATCH, "guard", *traces],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "DIRECTORY": str(self.directory)},
            start_new_session=True,
            bufsize=0,
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Where the process writes."""
        return self.directory / "log"

    @property
    def pid(self) -> int | None:
        """The process's id, or None if none was started or its end was waited for."""
        return None if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process is not None and self._process.poll() is None

    def run(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        """Start the process in the directory; `environment` comes on top of the caller's."""
        changes = [f"{name}={value}" for name, value in environment.items()]
        self._process = subprocess.Popen(  # noqa: S603 - a server that was looked for
            ["/bin/sh", "-c", _ANNOUNCE, "start", self.log, "/usr/bin/env", *changes, *command],
            stdin=subprocess.DEVNULL,
            stdout=self._watcher.stdin,
            stderr=subprocess.DEVNULL,
            cwd=self.directory,
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
        )

    def send(self, number: signal.Signals) -> None:
        """Send a signal; does nothing if the process has ended."""
        if self._process is not None:
            self._process.send_signal(number)

    def halt(self) -> None:
        """Stop the process in its tracks, as SIGSTOP does, and return once it stands."""
        process = self._process
        if process is not None:
            self.send(signal.SIGSTOP)
            if not wait_until(lambda: not self.is_running or _stands(process), _HALT_PATIENCE):
                raise ServerError(f"process {process.pid} does not halt\n{self.tail()}")

    def end(self, patience: float) -> None:
        """End the process: by SIGTERM, and by SIGKILL if it still runs `patience` real seconds later."""
        if self._process is None:
            return
        if patience > 0:
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
            wait_until(lambda: not self.is_running, patience)
        self.send(signal.SIGKILL)
        self._process.wait()
        self._tell("")
        for prefix in self._traces:
            Path(f"{prefix}{self._process.pid}").unlink(missing_ok=True)
        self._process = None

    def close(self) -> None:
        """Remove the directory; the process must have ended."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self._tell("done")
        self._watcher.communicate()

    def tail(self) -> str:
        """Return the last lines the process wrote."""
        written = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return "\n".join(written.splitlines()[-20:])

    def _tell(self, line: str) -> None:
        assert self._watcher.stdin is not None, "made with a pipe"
        try:
            self._watcher.stdin.write(f"{line}\n".encode())
        except BrokenPipeError:
            return  # somebody killed the watcher; there is nothing left to tell it


def _stands(process: "subprocess.Popen[bytes]") -> bool:
    # WNOWAIT: the news stays news, for the next look and for a second halt.
    return os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None


def _short_directory() -> Path:
    """Make a directory in which a socket's path is short enough."""
    directory = tempfile.mkdtemp(prefix="server-")
    if len(os.fsencode(directory)) < _SOCKET_LIMIT - len("/socket"):
        return Path(directory)
    Path(directory).rmdir()
    return Path(tempfile.mkdtemp(prefix="server-", dir="/tmp"))
