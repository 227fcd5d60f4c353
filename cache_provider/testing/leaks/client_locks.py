"""What is known of redis-py's own locks: whether they were given back, and in time."""

from dataclasses import dataclass, replace
from datetime import timedelta

from cache_provider.door.entrance import core_of
from cache_provider.memory.entry import entry_of
from cache_provider.memory.payload import wire_of
from cache_provider.testing.leaks.leak import Leak, LeakKind
from cache_provider.testing.leaks.stories import outlived
from cache_provider.testing.seam.command import DoorCommand


@dataclass(frozen=True)
class _HeldByClient:
    """A lock that was acquired.

    Attributes:
        command: The `SET` that acquired it.
        token: What it stored.
        deadline_ms: When the lease ends; None if never.
    """

    command: DoorCommand
    token: bytes
    deadline_ms: int | None

    @property
    def name(self) -> str:
        return self.command.keys[0]

    def is_over(self, now_ms: int) -> bool:
        return self.deadline_ms is not None and now_ms >= self.deadline_ms

    def is_there(self) -> bool:
        stored = core_of(self.command.server).database(self.command.database).entries.get(self.name)
        return stored is not None and wire_of("", entry_of(stored)[0]) == self.token

    def deadline(self) -> int | None:
        stored = core_of(self.command.server).database(self.command.database).entries.get(self.name)
        return None if stored is None else entry_of(stored)[1]

    def leak(self, now_ms: int) -> Leak:
        kind: LeakKind = "lock"
        story = f"lock {self.name!r} of redis-py is still held; acquired"
        if self.is_over(now_ms):
            kind, story = "outlived lease", outlived(self.name, now_ms - (self.deadline_ms or now_ms))
        age = timedelta(milliseconds=now_ms - self.command.at_ms)
        return Leak(kind, self.name, self.command.site, age, story)


class CommandedLocks:
    """The locks of redis-py that were acquired, by their tokens; not thread-safe."""

    def __init__(self) -> None:
        self._held: dict[bytes, _HeldByClient] = {}
        self._outlived: list[Leak] = []

    def note(self, command: DoorCommand) -> None:
        """Remember what a command of a lock did, if it is one."""
        if not command.is_of_lock or command.error is not None:
            return
        if command.takes_lock:
            if command.result is not None:
                held = _HeldByClient(command, command.given[1], None)
                self._held[held.token] = replace(held, deadline_ms=held.deadline())
        elif command.name != "SCRIPT LOAD":
            self._go_on(command)

    def _go_on(self, command: DoorCommand) -> None:
        """Note a release, or a lease that was prolonged; both are scripts, with the token behind the key."""
        token = command.given[3]
        held = self._held.get(token)
        if held is None:
            return
        if command.gives_lock:
            del self._held[token]
            if not command.result and held.is_over(command.ended_ms):
                self._outlived.append(held.leak(command.ended_ms))
        elif command.result:
            self._held[token] = replace(held, deadline_ms=held.deadline())

    def held(self) -> list[tuple[int, str]]:
        """Return the locks that are still there, by database and name."""
        return [(held.command.database, held.name) for held in self._held.values() if held.is_there()]

    def last_deadline(self) -> int:
        """Return when the last lease of those ends, 0 without any."""
        return max((held.deadline_ms or 0 for held in self._held.values() if held.is_there()), default=0)

    def leaks(self, now_ms: int) -> list[Leak]:
        """Return the locks that are still held or outlived their lease."""
        left = [held for held in self._held.values() if held.is_over(now_ms) or held.is_there()]
        return self._outlived + [held.leak(now_ms) for held in left]
