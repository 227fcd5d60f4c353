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
        gets: Whether it is a `SET` with `GET`, of which redis-py has to be told
            that its answer is not a mere OK.
    """

    arguments: tuple[Argument, ...]
    key: str = ""
    repeatable: bool = False
    gets: bool = False

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
    """One run of a Lua script.

    Attributes:
        script: The script.
        full_key: The key as the server knows it.
        arguments: What the script is told besides.
        key: The caller's key, for messages.
        hurried: Whether there is time for one attempt only.
        beside: Further keys, in the same slot.
    """

    script: Script
    full_key: bytes
    arguments: tuple[Argument, ...]
    key: str
    hurried: bool = False
    beside: tuple[bytes, ...] = ()

    @property
    def needs(self) -> str:
        """The type of key that the script works on."""
        return self.script.needs


@dataclass(frozen=True, slots=True)
class Batch:
    """Several commands in one round trip; the answer is a list.

    Attributes:
        commands: The commands.
        atomic: Whether they happen at one moment, where the topology can do it:
            on one node, not across a cluster.
    """

    commands: tuple[Command, ...]
    atomic: bool = False


@dataclass(frozen=True, slots=True)
class ManyKeys:
    """One command on several keys, which across a cluster is one command for each key.

    One node's answer is that of the `whole`; a cluster's is a list, as of a
    `Batch` of `each`; without keys it is an empty list. A command for each key
    is only made where it is sent.

    Attributes:
        name: The command.
        words: Its words, equally many for each key: a full key and what belongs to it.
        keys: The callers' keys, for messages.
        repeatable: Whether it only reads.
    """

    name: str
    words: tuple[Argument, ...]
    keys: tuple[str, ...]
    repeatable: bool = False

    @property
    def whole(self) -> Command:
        """The one command for all keys."""
        return Command((self.name, *self.words), repeatable=self.repeatable)

    @property
    def each(self) -> Batch:
        """The same for each key alone."""
        step = len(self.words) // len(self.keys)
        parts = (self.words[start : start + step] for start in range(0, len(self.words), step))
        pairs = zip(self.keys, parts, strict=True)
        return Batch(tuple(Command((self.name, *part), key, self.repeatable) for key, part in pairs))


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


Trip: TypeAlias = Command | Evaluation | Batch | ScanStep | AllKeys
"""What is sent, and on a failure sent again, as one."""

Request: TypeAlias = Trip | ManyKeys
Program: TypeAlias = Generator[Request, Any, T]
"""An operation: yields requests, is sent their answers, returns its result."""
