"""What stands where redis-py's connections have a parser: there is nothing to parse."""

from typing import Any

from redis._parsers import _AsyncRESP3Parser, _RESP3Parser


class NoParser(_RESP3Parser):
    """Knows redis-py's classes of errors, and sees no bytes."""

    def on_connect(self, connection: Any) -> None:
        """Do nothing."""

    def on_disconnect(self) -> None:
        """Do nothing."""


class NoAsyncParser(_AsyncRESP3Parser):
    """The same for coroutines."""

    def on_connect(self, connection: Any) -> None:
        """Do nothing."""

    def on_disconnect(self) -> None:
        """Do nothing."""
