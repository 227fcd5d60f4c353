"""An open socket, as `MemoryServer.listen` returns it."""

from types import TracebackType
from typing import Protocol, Self


class Listening(Protocol):
    """A server at a socket; a context manager that closes it.

    Attributes:
        host: The address it listens on; None for a unix path.
        port: The port; None for a unix path.
        path: The unix path; None for an address.
    """

    host: str | None
    port: int | None
    path: str | None

    @property
    def url(self) -> str:
        """Where clients find it, the password included."""
        ...

    def close(self) -> None:
        """Close the socket and all its connections; nothing is left of them. Idempotent."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
