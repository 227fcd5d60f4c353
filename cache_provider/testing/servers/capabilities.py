"""What a server binary can do here, found out by trying."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cache_provider.testing.servers.binaries import ServerBinary
from cache_provider.testing.servers.certificates import Certificates
from cache_provider.testing.servers.failures import ServerError
from cache_provider.testing.servers.movable import MovableServer, find_libfaketime
from cache_provider.testing.servers.process import ServerProcess


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether a binary can do something; false in a condition if not.

    Attributes:
        missing: Why it cannot, for the message of a skipped test; empty if it can.
    """

    missing: str = ""

    def __bool__(self) -> bool:
        return not self.missing


@cache
def can_speak_tls(binary: ServerBinary, certificates: Certificates) -> Ability:
    """Tell whether the binary was built with TLS."""
    try:
        with ServerProcess(binary, certificates=certificates):
            return Ability()
    except ServerError as error:
        return Ability(f"{binary.name} ({binary.source}) does not speak TLS: {_lines(error)[-1]}")


@cache
def can_move_time(binary: ServerBinary) -> Ability:
    """Tell whether the binary's clock can be moved; see `MovableServer`."""
    if not find_libfaketime():
        return Ability("libfaketime is not installed")
    try:
        with MovableServer(binary, frozen_at=datetime(2000, 1, 1, tzinfo=UTC)) as server:
            server.pass_time(1.234)
    except ServerError as error:
        return Ability(f"{binary.name} ({binary.source}) runs on real time: {_lines(error)[0]}")
    return Ability()


def _lines(error: ServerError) -> list[str]:
    """Return the story, which is the first, and the server's log."""
    return str(error).splitlines()
