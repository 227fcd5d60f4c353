"""A server as Redis' commands find it: databases, clients, settings, and one mutex for all."""

from collections import deque
from collections.abc import Callable, Container, Mapping
from functools import partial
from itertools import count
from typing import Any, cast

from cache_provider.door.blocking import DoorRoom, Queues
from cache_provider.door.mishaps import ServerMishap
from cache_provider.door.names import key_of
from cache_provider.door.overseer import Overseer
from cache_provider.door.replies import NULL_ARRAY, Refusal, Reply
from cache_provider.door.session import BlockingWait, Session
from cache_provider.door.settings import ServerSettings
from cache_provider.door.subscriptions import Subscriptions
from cache_provider.door.watching import Watches
from cache_provider.exclusion import Mutex, exclusive
from cache_provider.forking import heed_forks
from cache_provider.memory.entry import Change
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.server import MemoryServer, keyspace_of, overseer_of

DATABASES = 16
TICK = 0.1
"""Real seconds between two looks for keys that expired and that nobody touched."""


class Core:
    """What all sessions of one server share.

    Args:
        server: The server; its keyspace is database 0.
        view_for: Makes a view of a database for a session that has waited, as of a moment.

    Attributes:
        server: The server.
        clock: What time it is.
        databases: How many there are.
        settings: What CONFIG gets and sets.
        sessions: The clients by number.
        unknown: How often each unknown command was sent.
        scripts: The texts of scripts by their SHA1.
        interpreter: What runs scripts, once there was one.
        limits: What the server refuses for its own state; None where nothing.
        scripts_may_all: Whether scripts may use commands that are not for them, as DEBUG has it.
        has_lua: Whether scripts run at all, if Lua is installed.
        is_tested: Whether it knows the commands TEST.….
        mishaps: What goes wrong on purpose.
        overseer: Who is shown the commands of the clients that come from then on; usually nobody.
    """

    def __init__(self, server: MemoryServer, view_for: Callable[["Core", Session, int], Any]) -> None:
        self.server = server
        self.clock = server.clock
        self._make_view = view_for
        self.databases = DATABASES
        self.settings = ServerSettings()
        self.sessions: dict[int, Session] = {}
        self.unknown: dict[str, int] = {}
        self.scripts: dict[str, bytes] = {}
        self.interpreter: object = None
        self.limits: Any = None
        self.scripts_may_all = False
        self.has_lua = True
        self.is_tested = False
        self.mishaps: list[ServerMishap] = []
        self.overseer = cast("Overseer | None", overseer_of(server))
        self.numbers = count(1)
        self.hits = self.misses = self.changes = self.processed = 0
        self._is_publishing = False
        self.started_ms = self.clock.now_ms()
        self._spaces = {0: keyspace_of(server)}
        self.subscriptions = Subscriptions()
        self.departed: deque[Session] = deque()
        self._counting = Mutex()
        self.mutex = self._spaces[0].mutex
        self.mutex.run(self._take_places)
        heed_forks(self)

    def _after_fork(self) -> None:
        """Forget the parent's clients, whose threads and sockets are gone."""
        self._counting = Mutex()
        self.sessions = {}
        self.subscriptions = Subscriptions()
        self._take_places()

    def _take_places(self) -> None:
        # A child has a new mutex, too.
        self.mutex = self._spaces[0].mutex
        self._rooms: dict[int, DoorRoom] = {}
        self.queues = Queues(self._room, self._view_for)
        self.watches = Watches(self._room)
        for index, space in self._spaces.items():
            self._furnish(index, space)

    def _furnish(self, index: int, space: Keyspace) -> None:
        room = self._rooms[index] = DoorRoom(partial(self._key_changed, index), space.queues)
        space.keep_waiting_in(room)

    def _room(self, index: int) -> DoorRoom:
        self.database(index)
        return self._rooms[index]

    def database(self, index: int) -> Keyspace:
        """Return the keys of a database."""
        space = self._spaces.get(index)
        if space is None:
            main = self._spaces[0]
            space = self._spaces[index] = Keyspace(main.max_size, main.eviction, main.clock, beside=main)
            self._furnish(index, space)
        return space

    def used_databases(self) -> list[int]:
        """Return the numbers of the databases that were ever looked at."""
        return sorted(self._spaces)

    @exclusive("mutex")
    def admit(self, session: Session) -> None:
        """Have a session among the clients."""
        self.sessions[session.number] = session

    @exclusive("_counting")
    def note_unknown(self, name: str) -> None:
        """Count a command that nobody knows; a script asks for such with the mutex held."""
        self.unknown[name] = self.unknown.get(name, 0) + 1

    def part(self, session: Session) -> None:
        """End a session, from anywhere: the garbage collector may call this while the mutex is held."""
        session.is_closed = True
        self.departed.append(session)
        for _ in self.mutex.attempt():
            try:
                self.see_off()
            finally:
                self.mutex.release()

    def see_off(self) -> None:
        """Let nothing of those who have gone be left; under the mutex."""
        while self.departed:
            self.leave(self.departed.popleft())

    def leave(self, session: Session) -> None:
        """Let nothing of a session be left; under the mutex."""
        session.is_closed = True
        if session.wait is not None:
            self.queues.leave(session.wait)
            session.wait = None
        self.watches.forget(session)
        self.subscriptions.forget(session)
        self.sessions.pop(session.number, None)

    @exclusive("mutex")
    def answer(self, session: Session, reply: Reply) -> None:
        """Send a reply, and then what the client was told meanwhile."""
        held, session.aside = session.aside, None
        session.answer(reply)
        for push in held or ():
            session.tell(push)

    @exclusive("mutex")
    def time_is_up(self, wait: BlockingWait) -> None:
        """End a wait that has lasted long enough, unless it was served meanwhile."""
        if wait.session.wait is wait:
            self.queues.leave(wait)
            wait.session.served(NULL_ARRAY)

    def tell_expired(self) -> None:
        """Have keys that expired and that nobody touched be gone, where somebody wants to hear of it."""
        if "x" in self.subscriptions.events:
            self._expire_due(self.clock.now_ms())

    @exclusive("mutex")
    def _expire_due(self, now: int) -> None:
        for index, space in self._spaces.items():
            for name in space.expire_due(now):
                self.subscriptions.announce(index, "expired", key_of(name))

    @exclusive("mutex")
    def lost(self, session: Session) -> None:
        """Let nothing of a session be left whose socket is closed."""
        self.leave(session)

    def release(self, session: Session, refusal: Refusal | None) -> bool:
        """End a wait as CLIENT UNBLOCK does; tell whether there was one. Under the mutex."""
        wait = session.wait
        if wait is None:
            return False
        self.queues.leave(wait)
        session.served(NULL_ARRAY if refusal is None else refusal)
        return True

    def _view_for(self, session: Session, index: int) -> Any:
        view = self._make_view(self, session, self.clock.now_ms())
        view.select(index)
        view.blocking = False
        return view

    def _key_changed(self, index: int, name: str) -> None:
        self.watches.touch(index, name)
        if not self._is_publishing:
            self.queues.changed(index, name)

    def publish(
        self,
        changed: Mapping[int, Mapping[str, Change | None]],
        made: Container[tuple[int, str]],
        now: int,
    ) -> None:
        """Make the changes of one view visible, and serve who waits for a key that is made anew."""
        queues = self.queues
        if not queues.waits and not self.watches.by_key:
            # Mostly nobody at the door waits for a key, and nobody watches one.
            for index, changes in changed.items():
                self._spaces[index].publish(changes, now)
            return
        was_held = queues.held
        queues.held = True
        try:
            for index, changes in changed.items():
                self._publish(index, changes, now)
                for name in changes:
                    self.watches.touch(index, name)
                    if (index, name) in made:
                        queues.changed(index, name)
        finally:
            queues.held = was_held
        if not was_held:
            queues.serve()

    @exclusive("mutex")
    def put_back(self, changes: dict[int, dict[str, Change | None]]) -> None:
        """Have keys be what they were, by database."""
        self.publish(changes, (), self.server.clock.now_ms())

    def _publish(self, index: int, changes: Mapping[str, Change | None], now: int) -> None:
        # The keyspace tells of each key, as of any write of a provider: who is served is decided here.
        self._is_publishing = True
        try:
            self._spaces[index].publish(changes, now)
        finally:
            self._is_publishing = False
