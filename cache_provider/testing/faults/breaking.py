"""What happens to a whole server: a restart, and a failover that loses the last writes."""

from collections import deque

from cache_provider.door.copying import copy_of
from cache_provider.door.core import Core
from cache_provider.door.entrance import core_of
from cache_provider.memory.entry import Change, entry_of
from cache_provider.memory.payload import Compound
from cache_provider.memory.server import MemoryServer
from cache_provider.testing.seam.command import DoorCommand
from cache_provider.testing.seam.operation import Operation
from cache_provider.testing.seam.passage import Watcher

LONGEST = 100
"""How many writes can be lost at the most."""

Images = dict[tuple[int, str], Change | None]
"""What keys were, by database and name; None for those that were not there."""


def restart(server: MemoryServer, *, keep_data: bool) -> None:
    """End all connections and everything that belongs to them; forget scripts, and keys unless they are kept.

    Args:
        server: The server.
        keep_data: Whether the keys are still there afterwards, as on a server that persists them.
    """
    core = core_of(server)
    _hang_up(core)
    core.scripts.clear()
    if not keep_data:
        for index in core.used_databases():
            core.database(index).clear()


def _hang_up(core: Core) -> None:
    for session in list(core.sessions.values()):
        session.break_off()
        core.lost(session)


class WriteJournal(Watcher):
    """Remembers what keys were before each of the last writes of clients; the innermost interceptor."""

    def __init__(self) -> None:
        self._images: deque[tuple[DoorCommand, Images]] = deque(maxlen=LONGEST)
        self.note_begun = self._begin

    def _begin(self, record: Operation) -> None:
        if isinstance(record, DoorCommand) and record.effect.writes:
            self._images.append((record, _images_of(record)))

    def lose(self, server: MemoryServer, number: int) -> None:
        """Take back the last writes, the newest first, and end all connections."""
        core = core_of(server)
        _hang_up(core)
        while number and self._images:
            record, images = self._images.pop()
            if record.error is None:
                _put_back(core, images)
                number -= 1


def _images_of(command: DoorCommand) -> Images:
    core = core_of(command.server)
    if command.keys:
        return {(command.database, key): _image(core, command.database, key) for key in command.keys}
    # A flush, or a script that does not name its keys.
    return {
        (index, key): _image(core, index, key)
        for index in core.used_databases()
        for key in list(core.database(index).entries)
    }


def _image(core: Core, index: int, key: str) -> Change | None:
    stored = core.database(index).entries.get(key)
    if stored is None:
        return None
    payload, deadline, _ = entry_of(stored)
    return (copy_of(payload) if isinstance(payload, Compound) else payload), deadline


def _put_back(core: Core, images: Images) -> None:
    changes: dict[int, dict[str, Change | None]] = {}
    for (index, key), image in images.items():
        changes.setdefault(index, {})[key] = image
    core.put_back(changes)
