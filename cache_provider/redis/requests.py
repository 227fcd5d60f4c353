"""What an operation asks of a server, and how an operation is written.

An operation is a generator: it yields requests, is sent the answers and returns
the result. So what is decided is written once, and a synchronous and an
asynchronous driver differ only in how they wait for an answer.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from cache_provider.redis.scripts import Script

T = TypeVar("T")

Argument: TypeAlias = bytes | str | int


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        arguments: The command's words; a key is already a full key.
        key: The caller's key, for messages.
        repeatable: Whether it only reads, so that it may be sent again when
            nobody knows whether it arrived.
    """

    arguments: tuple[Argument, ...]
    key: str = ""
    repeatable: bool = False

    @property
    def full_key(self) -> Argument:
        """The key as the server knows it."""
        return self.arguments[1]

    @property
    def needs(self) -> str:
        """The type of key that the command works on."""
        first = str(self.arguments[0])[0]
        return {"L": "list", "R": "list", "H": "hash"}.get(first, "value")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One run of a Lua script on one key."""

    script: Script
    full_key: bytes
    arguments: tuple[Argument, ...]
    key: str

    @property
    def needs(self) -> str:
        """The type of key that the script works on."""
        return self.script.needs


@dataclass(frozen=True, slots=True)
class Batch:
    """Several commands in one round trip; the answer is a list, errors included.

    Attributes:
        commands: The commands.
        whole: One command that does the same for all keys, where they are all
            on one node; the answer is then its answer.
        atomic: Whether they happen at one moment, where the topology can do it:
            on one node, not across a cluster.
    """

    commands: tuple[Command, ...]
    whole: Command | None = None
    atomic: bool = False


@dataclass(frozen=True, slots=True)
class ScanStep:
    """One step of a scan over every primary; the answer is the next position and full keys."""

    pattern: bytes
    count: int
    position: int


@dataclass(frozen=True, slots=True)
class AllKeys:
    """All full keys of every primary that match."""

    pattern: bytes


Request: TypeAlias = Command | Evaluation | Batch | ScanStep | AllKeys
Program: TypeAlias = Generator[Request, Any, T]
"""An operation: yields requests, is sent their answers, returns its result."""
