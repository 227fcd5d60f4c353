"""What goes wrong on purpose: a command that is refused, or whose connection ends."""

from dataclasses import dataclass


@dataclass(slots=True)
class ServerMishap:
    """One command that fails.

    Attributes:
        name: The command's, in capitals.
        text: The error that answers it; None ends the connection instead.
        after: Whether the command runs first.
        times: How often it is still to happen.
    """

    name: str
    text: bytes | None
    after: bool
    times: int


def next_mishap(mishaps: list[ServerMishap], name: str, *, after: bool) -> ServerMishap | None:
    """Return what happens to a command now, and count it."""
    for mishap in mishaps:
        if mishap.name == name and mishap.after == after:
            mishap.times -= 1
            if not mishap.times:
                mishaps.remove(mishap)
            return mishap
    return None


class ConnectionLostError(Exception):
    """Raised by who oversees: the client's connection ends instead of a reply.

    Args:
        timed_out: Let the client find out by a time-out; not at a socket, where it sees the connection end.
    """

    def __init__(self, *, timed_out: bool = False) -> None:
        super().__init__("the connection was ended on purpose")
        self.timed_out = timed_out
