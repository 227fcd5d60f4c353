"""`Call`: one operation as it was called, and how it ended."""

from datetime import datetime, timedelta
from typing import Any

from cache_provider.arguments import EPOCH, MILLISECOND
from cache_provider.door.mishaps import ConnectionLostError
from cache_provider.door.replies import Refusal
from cache_provider.testing.seam import Operation, Site


class Call:
    """One operation of a cache or of its locks.

    Arguments and result are copies, made when the operation began and when it
    ended: if the code changes its own objects later, they stay the same.
    """

    __slots__ = ("_commands", "_record")

    def __init__(self, record: Operation) -> None:
        self._record = record
        self._commands: tuple[Call, ...] | None = None

    @property
    def operation(self) -> str:
        """The method's name; for locks `"lock.acquire"`, `"lock.release"`, ...

        For a client at the Redis door the command, in capitals; `"EXEC"` for a transaction.
        """
        return self._record.name

    @property
    def key(self) -> str | None:
        """The caller's key, or the lock's name; None where there is no single key."""
        return self._record.key

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys that the operation names."""
        # What is not a str is refused further on.
        return tuple(map(str, self._record.keys))

    @property
    def arguments(self) -> dict[str, Any]:
        """What it was called with, by parameter name, defaults included.

        A command's arguments have no names: `words` holds them as text, or as bytes if they are not text.
        """
        return self._record.arguments

    @property
    def commands(self) -> "tuple[Call, ...]":
        """The commands of a transaction, each with its own result."""
        if self._commands is None or self._record.duration_ms is None:
            self._commands = tuple(map(Call, self._record.told_parts()))
        return self._commands

    @property
    def result(self) -> Any:
        """What it returned; also None while it runs and if it raised.

        For a command, the server's reply in plain Python values, as text if it is text.
        """
        return self._record.outcome

    @property
    def error(self) -> BaseException | None:
        """What it raised, or None; for a command the server's error reply."""
        return self._record.error

    @property
    def site(self) -> Site:
        """The line of the caller's code."""
        return self._record.site

    @property
    def at_ms(self) -> int:
        """When it began, in milliseconds since the epoch, on the cache's clock."""
        return self._record.at_ms

    @property
    def at(self) -> datetime:
        """When it began on the cache's clock, an aware UTC `datetime`."""
        return EPOCH + self.at_ms * MILLISECOND

    @property
    def duration_ms(self) -> int | None:
        """How long it took on the cache's clock, in milliseconds; None while it runs."""
        return self._record.duration_ms

    @property
    def duration(self) -> timedelta | None:
        """How long it took on the cache's clock; None while it runs."""
        return None if self.duration_ms is None else self.duration_ms * MILLISECOND

    def __repr__(self) -> str:
        return f"<Call {self.title()} {self.outcome()}>"

    def title(self) -> str:
        """Return the operation with its keys, or with its pattern."""
        named = ", ".join(map(repr, self.keys[:3])) or repr(self.arguments.get("pattern", ""))
        more = f", … {len(self.keys)} keys" if len(self.keys) > 3 else ""
        return self.operation if named == "''" and not self.keys else f"{self.operation} {named}{more}"

    def outcome(self) -> str:
        """Return how it ended, in a few words."""
        if self.error is not None:
            return _ended_by(self.error)
        return "has not ended" if self.duration_ms is None else f"-> {_short(repr(self.result))}"


def _ended_by(error: BaseException) -> str:
    if isinstance(error, Refusal):
        return f"-> error {_short(error.text)}"
    if isinstance(error, ConnectionLostError):
        return "lost its connection"
    return "was given up" if isinstance(error, GeneratorExit) else f"raised {type(error).__name__}"


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
