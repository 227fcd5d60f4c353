"""`ClientWatch`: what clients at the Redis door leave behind."""

from collections.abc import Iterable
from datetime import timedelta
from threading import Lock
from typing import Any
from weakref import WeakSet

from cache_provider.clock import Clock
from cache_provider.door.client_side import ClientSide
from cache_provider.door.core import Core
from cache_provider.door.session import Session
from cache_provider.memory.server import MemoryServer, keyspace_of
from cache_provider.testing.leaks.client_keys import CommandedKeys
from cache_provider.testing.leaks.client_locks import CommandedLocks
from cache_provider.testing.leaks.leak import Leak, LeakKind, globs, is_allowed
from cache_provider.testing.seam.command import DoorCommand
from cache_provider.testing.seam.operation import Operation
from cache_provider.testing.seam.passage import Watcher

_SUBSCRIBING = frozenset({"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"})


class ClientWatch(Watcher):
    """Watches what clients leave behind: keys, locks of redis-py, subscriptions, waits, connections.

    Give it to `oversee` as the innermost interceptor.

    Args:
        clock: The clock of the server.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys = CommandedKeys()
        self._locks = CommandedLocks()
        self._last: dict[int, DoorCommand] = {}
        self._subscribed: dict[int, DoorCommand] = {}
        self._pools: WeakSet[Any] = WeakSet()
        self._server: MemoryServer | None = None
        self._noting = Lock()
        self.note_begun = self._begin
        self.note_written = self._written

    def pool_opened(self, pool: Any) -> None:
        """Remember a pool whose connections are to be given back."""
        self._pools.add(pool)

    def _begin(self, record: Operation) -> None:
        if not isinstance(record, DoorCommand):
            return
        self._server = record.server
        self._last[record.session.number] = record
        if record.name in _SUBSCRIBING:
            self._subscribed[record.session.number] = record
        if record.effect.writes:
            with self._noting:
                self._keys.begin(record)

    def _written(self, record: Operation) -> None:
        if isinstance(record, DoorCommand):
            with self._noting:
                self._keys.end(record)
                self._locks.note(record)

    def leaks(self, allow_keys: Iterable[str] = (), allow_locks: Iterable[str] = ()) -> list[Leak]:
        """Return what is left behind now, locks first.

        Args:
            allow_keys: Redis globs of keys that may stay without a ttl, of keys that a client may
                wait for and of channels that it may listen to.
            allow_locks: Redis globs of the names of locks that may stay held or outlive their lease.

        Raises:
            TypeError: One of them is no iterable of `str`.
        """
        keys, locks = globs("allow_keys", allow_keys), globs("allow_locks", allow_locks)
        now = self._clock.now_ms()
        with self._noting:
            about_locks, about_keys = self._locks.leaks(now), self._keys.leaks(now)
        rest = about_keys + self._open_sessions(now) + self._kept_connections(now)
        return [leak for leak in about_locks if not is_allowed(leak.key, locks)] + [
            leak for leak in rest if not is_allowed(leak.key, keys)
        ]

    def _open_sessions(self, now: int) -> list[Leak]:
        door = None if self._server is None else keyspace_of(self._server).door
        if not isinstance(door, Core):
            return []
        leaks = [self._open_session(session, now) for session in list(door.sessions.values())]
        return [leak for leak in leaks if leak is not None]

    def _open_session(self, session: Session, now: int) -> Leak | None:
        if session.is_closed:
            return None
        wait = session.wait
        if wait is not None:
            keys = " ".join(wait.keys)
            return self._of_session(
                "blocked client", session, keys, f"a client still waits for {keys!r} since", now
            )
        if session.listening:
            listened = (*session.channels, *session.patterns, *session.shards)
            channels = " ".join(channel.decode("utf-8", "backslashreplace") for channel in listened)
            story = f"a client still listens to {channels!r} since"
            return self._of_session("subscription", session, channels, story, now)
        return None

    def _of_session(self, kind: LeakKind, session: Session, key: str, story: str, now: int) -> Leak | None:
        known = self._subscribed if kind == "subscription" else self._last
        record = known.get(session.number)
        if record is None:
            return None
        return Leak(kind, key, record.site, timedelta(milliseconds=now - record.at_ms), story)

    def _kept_connections(self, now: int) -> list[Leak]:
        leaks: list[Leak | None] = []
        for pool in list(self._pools):
            for session in _in_use(pool):
                if not (session.is_closed or session.listening or session.wait is not None):
                    story = "a connection was not given back to its pool; it was used last"
                    leaks.append(self._of_session("connection", session, "", story, now))
        return [leak for leak in leaks if leak is not None]


def _in_use(pool: Any) -> list[Session]:
    """Return whose connections somebody has of a pool of redis-py, which tells nobody."""
    if hasattr(pool, "_in_use_connections"):
        connections = list(pool._in_use_connections)  # noqa: SLF001 - see above
    else:
        idle = set(map(id, pool.pool.queue))
        connections = [each for each in pool._connections if id(each) not in idle]  # noqa: SLF001 - see above
    return [each.session for each in connections if isinstance(each, ClientSide) and each.session is not None]
