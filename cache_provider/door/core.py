"""A `MemoryServer` as Redis' commands find it: sixteen databases, clients, settings, and one mutex for all."""

from collections import deque
from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from cache_provider.door.blocking import DoorRoom, Queues
from cache_provider.door.settings import Settings
from cache_provider.door.subscriptions import Subscriptions
from cache_provider.door.view import View
from cache_provider.door.watching import Watches
from cache_provider.forking import heed_forks
from cache_provider.memory.entry import Change
from cache_provider.memory.server import MemoryServer

if TYPE_CHECKING:
    from cache_provider.door.session import Session

DATABASES = 16


class _SideDatabase(MemoryServer):
    """A database that no provider sees; it shares the mutex of number 0."""

    def __init__(self, main: MemoryServer) -> None:
        self._main = main
        super().__init__(main.max_size, main.eviction, main.clock)

    def _forget_threads(self) -> None:
        super()._forget_threads()
        self.mutex = self._main.mutex
        self.entering = self._main.entering


class Core:
    """What all sessions of one server share.

    Args:
        server: The server; its keyspace is database 0.

    Attributes:
        server: The server.
        databases: How many there are.
        settings: What CONFIG gets and sets.
        notifies: The classes of keyspace events that are told, by letter.
        sessions: The clients by number.
        unknown: How often each unknown command was sent.
    """

    def __init__(self, server: MemoryServer) -> None:
        self.server = server
        self.databases = DATABASES
        self.settings = Settings()
        self.notifies: frozenset[str] = frozenset()
        self.sessions: dict[int, Session] = {}
        self.unknown: dict[str, int] = {}
        self.scripts: dict[str, bytes] = {}
        self.password: str | None = None
        self.numbers = count(1)
        self.hits = self.misses = self.changes = self.processed = 0
        self.started_ms = server.clock.now_ms()
        self._spaces: dict[int, MemoryServer] = {0: server}
        self.subscriptions = Subscriptions(self)
        self.departed: deque[Session] = deque()
        self._take_places()
        heed_forks(self)

    def after_fork(self) -> None:
        """Forget the parent's clients, whose threads and sockets are gone."""
        self.sessions = {}
        self.subscriptions = Subscriptions(self)
        self._take_places()

    def _take_places(self) -> None:
        self._rooms: dict[int, DoorRoom] = {}
        self.queues = Queues(self._room, self._view_for)
        self.watches = Watches(self._room)
        for index, space in self._spaces.items():
            self._furnish(index, space)

    def _furnish(self, index: int, space: MemoryServer) -> None:
        room = self._rooms[index] = DoorRoom(partial(self._key_changed, index))
        space.keep_waiting_in(room)

    def _room(self, index: int) -> DoorRoom:
        self.database(index)
        return self._rooms[index]

    def database(self, index: int) -> MemoryServer:
        """Return the keys of a database."""
        space = self._spaces.get(index)
        if space is None:
            space = self._spaces[index] = _SideDatabase(self.server)
            self._furnish(index, space)
        return space

    def used_databases(self) -> list[int]:
        """Return the numbers of the databases that were ever looked at."""
        return sorted(self._spaces)

    def part(self, session: "Session") -> None:
        """End a session, from anywhere: the garbage collector may call this while the mutex is held."""
        session.is_closed = True
        self.departed.append(session)
        mutex = self.server.mutex
        if mutex.acquire(blocking=False):
            try:
                self.see_off()
            finally:
                mutex.release()

    def see_off(self) -> None:
        """Let nothing of those who have gone be left; under the mutex."""
        while self.departed:
            self.departed.popleft().leave_quietly()

    def view(self, session: "Session", now: int) -> View:
        """Return a view for a session's next command."""
        return View(self, session, now)

    def _view_for(self, session: "Session", index: int) -> View:
        view = View(self, session, self.server.clock.now_ms())
        view.select(index)
        view.blocking = False
        return view

    def _key_changed(self, index: int, name: str) -> None:
        self.watches.touch(index, name)
        self.queues.changed(index, name)

    def publish(self, changed: Sequence[tuple[int, dict[str, Change | None]]], now: int) -> None:
        """Make the changes of one view visible, and serve whom they bring something."""
        queues, was_held = self.queues, self.queues.held
        queues.held = True
        try:
            for index, changes in changed:
                self._spaces[index].publish(changes, now)
                for name in changes:
                    self.watches.touch(index, name)
                    queues.changed(index, name)
        finally:
            queues.held = was_held
        if not was_held:
            queues.serve()
