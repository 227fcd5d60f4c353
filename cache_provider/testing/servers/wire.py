"""A client of a few lines, so that starting a server needs no client library."""

from types import TracebackType
from typing import Self, TypeAlias

from cache_provider.testing.servers.address import Address
from cache_provider.testing.servers.failures import RefusedError

WireReply: TypeAlias = "str | int | list[WireReply] | None"
"""What a command returns under version 2 of the protocol; bytes that are not UTF-8 come as surrogates."""

_CLOSED = "the server closed the connection"


class Connection:
    """One connection to a server, for one thread.

    Args:
        address: Where the server listens.
        timeout: Real seconds that connecting, and each answer, may take.

    Raises:
        OSError: The server cannot be reached, or answers too late.
        RefusedError: It does not take the address's password.
    """

    def __init__(self, address: Address, timeout: float = 5.0) -> None:
        self._socket = address.connect(timeout)
        self._replies = self._socket.makefile("rb")
        if address.password is not None:
            self._authenticate(address.password)

    def call(self, *arguments: str | int) -> WireReply:
        """Send a command and return its reply.

        Raises:
            OSError: The connection broke, or the answer came too late.
            RefusedError: The server answered with an error.
        """
        words = [str(argument).encode("utf-8", "surrogateescape") for argument in arguments]
        self._socket.sendall(b"*%d\r\n" % len(words) + b"".join(map(_bulk, words)))
        return self._reply()

    def close(self) -> None:
        """Close the connection."""
        self._replies.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _authenticate(self, password: str) -> None:
        try:
            self.call("AUTH", password)
        except BaseException:
            self.close()
            raise

    def _reply(self) -> WireReply:
        line = self._replies.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionResetError(_CLOSED)
        kind, word = line[:1], line[1:-2].decode("utf-8", "surrogateescape")
        if kind == b"+":
            return word
        if kind == b"-":
            raise RefusedError(word)
        if kind == b":":
            return int(word)
        return self._body(kind, int(word))

    def _body(self, kind: bytes, size: int) -> WireReply:
        if size < 0:
            return None
        if kind == b"*":
            return [self._reply() for _ in range(size)]
        body = self._replies.read(size + 2)
        if len(body) < size + 2:
            raise ConnectionResetError(_CLOSED)
        return body[:-2].decode("utf-8", "surrogateescape")


def _bulk(word: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(word), word)


def text(reply: WireReply) -> str:
    """Return a reply that is text."""
    if not isinstance(reply, str):
        raise TypeError(f"the server's reply is not text: {reply!r}")
    return reply


def number(reply: WireReply) -> int:
    """Return a reply that is an integer."""
    if not isinstance(reply, int):
        raise TypeError(f"the server's reply is not an integer: {reply!r}")
    return reply


def items(reply: WireReply) -> list[WireReply]:
    """Return a reply that is an array."""
    if not isinstance(reply, list):
        raise TypeError(f"the server's reply is not an array: {reply!r}")
    return reply


def fields(reply: WireReply) -> dict[str, str]:
    """Return the `name:value` lines of a reply such as that of INFO."""
    return dict(line.split(":", 1) for line in text(reply).splitlines() if ":" in line)
