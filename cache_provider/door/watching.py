"""WATCH: which transactions must not run because a key was written."""

from collections.abc import Callable

from cache_provider.door.blocking import DoorRoom
from cache_provider.door.session import Session
from cache_provider.memory.entry import Stored


class Watches:
    """The watched keys of all sessions. The caller holds the mutex.

    A write at the door names its keys here. One of a provider tells the room of
    its key, as it tells the waiters there; what it leaves is compared besides.

    Attributes:
        by_key: Who watches which key.
    """

    def __init__(self, room_of: Callable[[int], DoorRoom]) -> None:
        self._room_of = room_of
        self.by_key: dict[tuple[int, str], list[Session]] = {}

    def add(self, session: Session, index: int, name: str, seen: Stored | None) -> None:
        """Have a session's next transaction depend on a key, of which this is what is there."""
        place = index, name
        if place in session.watched:
            return
        session.watched[place] = seen
        self.by_key.setdefault(place, []).append(session)
        self._room_of(index).want(name)

    def touch(self, index: int, name: str) -> None:
        """Note that a key was written."""
        for session in self.by_key.get((index, name), ()):
            session.is_dirty = True

    def forget(self, session: Session) -> None:
        """Have a session depend on nothing."""
        for index, name in session.watched:
            watchers = self.by_key[index, name]
            watchers.remove(session)
            if not watchers:
                del self.by_key[index, name]
            self._room_of(index).unwant(name)
        session.watched = {}
        session.is_dirty = False
