"""Who looks at every command on its way, where a test asks for it: nobody else pays for that."""

from collections.abc import Callable
from typing import Any, Protocol

from cache_provider.door.replies import Reply
from cache_provider.door.session import Request, Session
from cache_provider.door.table import CommandRow
from cache_provider.memory.server import MemoryServer
from cache_provider.steps import Steps
from cache_provider.waiting import Gate

Proceed = Callable[[], Steps[Reply]]
"""Lets a command have its effect: yields while it is blocked, returns its reply, raises a `Refusal`."""


class Passing:
    """A command that has arrived and has no effect yet.

    Attributes:
        server: The server that it has arrived at.
        session: Whose it is.
        row: Its row of the table; None for one that Redis does not know.
        request: Its words, the name included.
        queued: Of an `EXEC`, the commands of the transaction.
        is_async: Whether steps may yield what has to be awaited.
    """

    __slots__ = ("is_async", "queued", "request", "row", "server", "session")

    def __init__(
        self,
        server: MemoryServer,
        session: Session,
        row: CommandRow | None,
        request: Request,
        *,
        is_async: bool,
    ) -> None:
        self.server = server
        self.session = session
        self.row = row
        self.request = request
        self.queued = list(session.queued or ()) if row is not None and row.name == "EXEC" else []
        self.is_async = is_async


class Overseer(Protocol):
    """Is shown the commands of one server.

    Attributes:
        keeps_time: Whether this process is told the time by the server's clock, and sleeps by it.

    Not shown is what has no effect of its own: how a connection is opened (`HELLO`,
    `SELECT`, `CLIENT …`), `MULTI`, and what a transaction queues; that is in its `EXEC`.
    """

    keeps_time: bool

    def steps(self, passing: Passing, proceed: Proceed) -> Steps[Reply]:
        """Return the command's reply, or raise a `Refusal` or `ConnectionLostError` in its place."""
        ...

    def gate(self, session: Session, gate: Gate) -> Gate:
        """Return where a client is to wait for a reply: at `gate`, or elsewhere."""
        ...

    def seconds(self) -> float:
        """Return the time by which clients in this process measure how long a reply takes."""
        ...

    def look(self, session: Session) -> Steps[None]:
        """Be told that a client looks whether a message has come, and does not wait for one."""
        ...

    def pool_opened(self, pool: Any) -> None:
        """Take note of a pool of connections in this process."""
        ...
