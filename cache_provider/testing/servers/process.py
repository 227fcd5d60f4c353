"""A real server for a test: started, stopped, halted, killed."""

import signal
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

from cache_provider.testing.servers.address import Address, free_port
from cache_provider.testing.servers.binaries import ServerBinary
from cache_provider.testing.servers.certificates import Certificates
from cache_provider.testing.servers.configuration import configuration
from cache_provider.testing.servers.failures import PortTakenError, RefusedError, ServerError
from cache_provider.testing.servers.guard import Guard
from cache_provider.testing.servers.patience import wait_until
from cache_provider.testing.servers.wire import Connection, WireReply, fields, items, text

START_PATIENCE = 10.0
"""Real seconds that a server may take until it answers."""

_PORTS_TO_TRY = 10


class ServerProcess:
    """A server that keeps nothing on disk and ends, at the latest, with this process.

    Listens on a unix socket in a private directory, or on a free port of
    127.0.0.1. As a context manager it is started and stopped.

    Args:
        binary: What to run.
        tcp: Listen on a port instead of a unix socket.
        password: The default user's password; also the one it shows to its primary.
        certificates: Speak TLS, and nothing else, on the port; implies `tcp`.
        settings: More lines for the configuration file, by directive; a value
            is written as it is, so one with blanks is several arguments.
        arguments: More arguments for the command line.

    Raises:
        ServerError: From whatever starts the server: it did not come up. The
            message ends with the server's log.
    """

    stop_patience = 2.0
    """Real seconds that the process may take to heed SIGTERM before it is killed."""

    def __init__(
        self,
        binary: ServerBinary,
        *,
        tcp: bool = False,
        password: str | None = None,
        certificates: Certificates | None = None,
        settings: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.binary = binary
        self._tcp = tcp or certificates is not None
        self._certificates = certificates
        self._settings = dict(settings or {})
        self._arguments = arguments
        authority = None if certificates is None else certificates.authority
        self._address = Address(password=password, authority=authority)
        self._guard: Guard | None = None

    @property
    def address(self) -> Address:
        """Where it listens; stays the same until `stop`."""
        if self._guard is None:
            raise ServerError(f"{self!r} has no address")
        return self._address

    @property
    def url(self) -> str:
        """The URL as redis-py takes it, password included."""
        return self.address.url

    @property
    def port(self) -> int:
        """The port on 127.0.0.1; 0 for a server on a unix socket."""
        return self.address.port

    @property
    def pid(self) -> int | None:
        """The process's id, or None while there is no process."""
        return None if self._guard is None else self._guard.pid

    @property
    def is_running(self) -> bool:
        """Whether the process exists; a paused one does."""
        return self._guard is not None and self._guard.is_running

    @property
    def log(self) -> str:
        """The last lines of the server's log."""
        return "" if self._guard is None else self._guard.tail()

    def start(self) -> Self:
        """Start the server, unless it runs, and return once it answers."""
        if self._guard is None:
            self._start_afresh()
        elif not self._guard.is_running:
            self._launch(self._guard)
        return self

    def stop(self) -> None:
        """End the server, by SIGKILL where SIGTERM is not heeded, and remove all that was made for it."""
        self._end(self.stop_patience)

    def discard(self) -> None:
        """Do what `stop` does, at once and without a word to the server."""
        self._end(0)

    def kill(self) -> None:
        """Kill the server with SIGKILL, as a crash would; `restart` brings it back."""
        if self._guard is not None:
            self._guard.end(patience=0)

    def restart(self) -> None:
        """End the server, if it runs, and start it again on the same address; it is empty then."""
        if self._guard is not None:
            self._guard.end(self.stop_patience)
        self.start()

    def pause(self) -> None:
        """Halt the server with SIGSTOP: from now on it takes connections and answers nothing."""
        if self._guard is not None:
            self._guard.halt()

    def resume(self) -> None:
        """Let a paused server go on; it then answers what it was sent meanwhile."""
        if self._guard is not None:
            self._guard.send(signal.SIGCONT)

    def connect(self, timeout: float = 5.0) -> Connection:
        """Return a raw connection; each answer on it may take `timeout` real seconds."""
        return Connection(self.address, timeout)

    def call(self, *arguments: str | int) -> WireReply:
        """Send one command on a connection of its own and return the reply."""
        with self.connect() as connection:
            return connection.call(*arguments)

    def info(self, section: str) -> dict[str, str]:
        """Return a section of what INFO tells."""
        return fields(self.call("INFO", section))

    def now_ms(self) -> int:
        """Return the server's own time in milliseconds since the epoch."""
        seconds, microseconds = items(self.call("TIME"))
        return int(text(seconds)) * 1000 + int(text(microseconds)) // 1000

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        where = "not started" if self._guard is None else self._address.path or f"port {self._address.port}"
        return f"<{type(self).__name__} {self.binary.name}, {where}>"

    def _make_guard(self) -> Guard:
        return Guard()

    def _environment(self) -> dict[str, str]:
        """Return what the process finds in its environment, on top of the caller's."""
        return {}

    def _start_afresh(self) -> None:
        guard = self._guard = self._make_guard()
        try:
            self._start_somewhere(guard)
        except BaseException:
            self.discard()
            raise

    def _start_somewhere(self, guard: Guard) -> None:
        """Start, elsewhere if somebody was quicker to take the port."""
        for others in reversed(range(_PORTS_TO_TRY)):
            self._choose_address(guard)
            try:
                self._launch(guard)
            except PortTakenError:
                if not others:
                    raise
                guard.log.unlink()
            else:
                return

    def _choose_address(self, guard: Guard) -> None:
        if self._tcp:
            self._address = replace(self._address, port=free_port())
        else:
            self._address = replace(self._address, path=guard.directory / "socket")

    def _launch(self, guard: Guard) -> None:
        file = guard.directory / "configuration"
        file.write_text(configuration(guard.directory, self._address, self._certificates, self._settings))
        guard.run([self.binary.path, file, *self._arguments], self._environment())
        in_time = wait_until(lambda: not guard.is_running or self._answers(guard), START_PATIENCE)
        if not in_time or not guard.is_running:
            raise self._failure(guard)

    def _failure(self, guard: Guard) -> ServerError:
        """Say why the server did not come up, and leave no process behind."""
        story = "does not answer" if guard.is_running else "ended by itself"
        guard.end(patience=0)
        log = guard.tail()
        taken = "Address already in use" in log
        return (PortTakenError if taken else ServerError)(f"{self!r} {story}\n{log}")

    def _answers(self, guard: Guard) -> bool:
        try:
            with Connection(self._address, timeout=1) as connection:
                # The process behind a port may be another one, which was quicker.
                return connection.call("PING") == "PONG" and fields(connection.call("INFO", "server"))[
                    "process_id"
                ] == str(guard.pid)
        except (OSError, RefusedError):
            return False

    def _end(self, patience: float) -> None:
        guard, self._guard = self._guard, None
        if guard is not None:
            guard.end(patience)
            guard.close()
