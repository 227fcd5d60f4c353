"""Where a test server listens: a unix socket or a port of the loopback interface."""

import secrets
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

HOST = "127.0.0.1"

BUS = 10_000
"""How far above its port a cluster node talks to the other nodes."""

# Below the range from which Linux takes the ports of outgoing connections, bus included.
_LOWEST, _HIGHEST = 10_000, 32_767 - BUS


@dataclass(frozen=True, slots=True)
class Address:
    """Where and how to reach a server.

    Attributes:
        path: Its unix socket, or None for a port.
        port: Its port on 127.0.0.1, or 0 for a unix socket.
        password: The default user's password.
        authority: The certificate of the authority to trust; given, the server speaks TLS.
    """

    path: Path | None = None
    port: int = 0
    password: str | None = field(default=None, repr=False)
    authority: Path | None = None

    @property
    def url(self) -> str:
        """The URL, in the words of redis-py, password included."""
        if self.path is not None:
            return f"unix://{_credentials(self.password)}{quote(str(self.path))}"
        if self.authority is None:
            return f"redis://{hosts([self.port], self.password)}/0"
        return f"rediss://{hosts([self.port], self.password)}/0?ssl_ca_certs={quote(str(self.authority))}"

    def connect(self, timeout: float) -> socket.socket:
        """Return a connected socket whose every operation takes at most `timeout` real seconds."""
        connection = socket.socket(socket.AF_INET if self.path is None else socket.AF_UNIX)
        try:
            connection.settimeout(timeout)
            connection.connect((HOST, self.port) if self.path is None else str(self.path))
            return self._encrypted(connection)
        except BaseException:
            connection.close()
            raise

    def _encrypted(self, connection: socket.socket) -> socket.socket:
        if self.authority is None:
            return connection
        return ssl.create_default_context(cafile=self.authority).wrap_socket(connection, server_hostname=HOST)


def hosts(ports: Iterable[int], password: str | None) -> str:
    """Return that part of a URL which names the password and every port on 127.0.0.1."""
    return _credentials(password) + ",".join(f"{HOST}:{port}" for port in ports)


def _credentials(password: str | None) -> str:
    return "" if password is None else f":{quote(password, safe='')}@"


def free_port() -> int:
    """Return a port that is free, with the bus port above it; somebody may take it at any moment."""
    while True:
        # Not `random`: a suite may seed it alike in every process.
        port = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST)
        if _is_free(port) and _is_free(port + BUS):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
