"""What is known of the keys that commands wrote: whether they will ever expire."""

from dataclasses import dataclass
from datetime import timedelta

from cache_provider.door.entrance import core_of
from cache_provider.memory.entry import entry_of
from cache_provider.memory.payload import Claim
from cache_provider.testing.leaks.leak import Leak, LeakKind
from cache_provider.testing.leaks.stories import KEY_STORIES
from cache_provider.testing.seam.command import DoorCommand

_ENDLESS = -1
_ABSENT = -2


@dataclass(slots=True)
class _Suspect:
    command: DoorCommand
    kind: LeakKind


class CommandedKeys:
    """The keys that commands wrote, by database and name; not thread-safe.

    The store is looked at before a command and after it: so it need not be known
    what each of two hundred commands does to a ttl.
    """

    def __init__(self) -> None:
        self._before: dict[int, dict[str, int]] = {}
        self._suspects: dict[tuple[int, str], _Suspect] = {}

    def begin(self, command: DoorCommand) -> None:
        """Look at the deadlines of a command's keys before it."""
        self._before[id(command)] = {key: _deadline(command, key) for key in command.keys}

    def end(self, command: DoorCommand) -> None:
        """Look at them after it."""
        for key, before in self._before.pop(id(command), {}).items():
            after = _deadline(command, key)
            place = command.database, key
            if after != _ENDLESS or command.is_of_lock:
                self._suspects.pop(place, None)
            elif before >= 0 and not _persists(command):
                self._suspects[place] = _Suspect(command, "lost ttl")
            elif before == _ABSENT:
                self._suspects[place] = _Suspect(command, "no ttl")
            elif before >= 0:
                # Without a deadline from here on because somebody asked for it.
                self._suspects.pop(place, None)

    def leaks(self, now_ms: int) -> list[Leak]:
        """Return the keys that will never expire, though nobody asked for that."""
        return [
            Leak(
                suspect.kind,
                key,
                suspect.command.site,
                timedelta(milliseconds=now_ms - suspect.command.at_ms),
                KEY_STORIES[suspect.kind].format(key=key),
            )
            for (_, key), suspect in self._suspects.items()
            if _deadline(suspect.command, key) == _ENDLESS
        ]


def _deadline(command: DoorCommand, key: str) -> int:
    stored = core_of(command.server).database(command.database).entries.get(key)
    if stored is None:
        return _ABSENT
    payload, deadline, _ = entry_of(stored)
    if isinstance(payload, Claim):
        return _ABSENT
    if deadline is None:
        return _ENDLESS
    return deadline if deadline > command.clock.now_ms() else _ABSENT


def _persists(command: DoorCommand) -> bool:
    """Tell whether a command is to take a ttl away."""
    if command.name == "GETEX":
        return "PERSIST" in (word.upper() for word in command.words if isinstance(word, str))
    return command.name == "PERSIST" or any(map(_persists, command.commands))
