"""A view: the keyspaces as one command, transaction or script sees and changes them, at one moment.

It reads what is there and collects what is to be; `publish` makes all of it
visible in one step. The caller holds the server's mutex from the first read to
the publication. Lists, hashes, sets and sorted sets are changed in place: no
provider reads one without the mutex.
"""

import random
from collections.abc import Callable
from typing import TypeVar

from cache_provider.door.core import Core
from cache_provider.door.names import key_of, name_of
from cache_provider.door.numbers import in_int64
from cache_provider.door.payloads import Members, Scores
from cache_provider.door.replies import Refusal, no_such_key, wrong_type
from cache_provider.door.session import Session
from cache_provider.memory.entry import Change
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.payload import Compound, Fields, Items, Payload, wire_of

C = TypeVar("C", bound=Compound)

_WORTH_DRAWING = 64


class View:
    """What a command sees.

    Args:
        core: The server that the door leads to.
        session: Whose command it is.
        now: The moment, in milliseconds, by which all deadlines are judged.

    Attributes:
        index: The number of the database.
        space: Its keys.
        changes: What is to become of its keys; None for those that go.
        blocking: Whether a command may ask to wait.
        later: What is to be done once the mutex is free again.
    """

    blocking = True
    later: tuple[Callable[[], object], ...] = ()

    def __init__(self, core: Core, session: Session, now: int) -> None:
        self.core = core
        self.session = session
        self.now = now
        self.index = index = session.index
        self.space: Keyspace = core.database(index)
        self.changes: dict[str, Change | None] = {}
        self._all = {index: self.changes}
        # The keys that are made anew: who waits for one is served then, and not by what becomes of it later.
        self._made: set[tuple[int, str]] = set()
        self._events: list[tuple[int, str, bytes]] = []

    def select(self, index: int) -> None:
        """Look at another database."""
        self.index = index
        self.space = self.core.database(index)
        self.changes = self._all.setdefault(index, {})

    # Reading

    def entry(self, name: str) -> Change | None:
        """Return payload and deadline of a live key, or None."""
        if name in self.changes:
            change = self.changes[name]
            return None if change is None or self._is_over(name, change[1]) else change
        stored = self.space.entries.get(name)
        if stored is None:
            return None
        if not isinstance(stored, tuple):
            return (stored, None)
        deadline = stored[1]
        if deadline is not None and deadline <= self.now:
            self.space.expire(name)
            self.notify("x", "expired", key_of(name))
            return None
        return (stored[0], deadline)

    def _is_over(self, name: str, deadline: int | None) -> bool:
        if deadline is None or deadline > self.now:
            return False
        self.changes[name] = None
        self.notify("x", "expired", key_of(name))
        return True

    def exists(self, key: bytes) -> bool:
        """Tell whether a live key is there."""
        return self.entry(name_of(key)) is not None

    def payload(self, key: bytes) -> Payload | None:
        """Return what a live key holds. A stored None is told from a missing key by `exists`."""
        found = self.entry(name_of(key))
        return None if found is None else found[0]

    def deadline(self, key: bytes) -> int | None:
        """Return a live key's deadline."""
        found = self.entry(name_of(key))
        return None if found is None else found[1]

    def string(self, key: bytes) -> bytes | None:
        """Return the wire value of a key, None for a missing one.

        Raises:
            Refusal: The key holds something else.
        """
        found = self.entry(name_of(key))
        if found is None:
            self.core.misses += 1
            return None
        self.core.hits += 1
        payload = found[0]
        if type(payload) is bytes:
            return payload
        if isinstance(payload, Compound):
            raise wrong_type()
        return wire_of("", payload)

    def _compound(self, key: bytes, kind: type[C]) -> C | None:
        found = self.entry(name_of(key))
        if found is None:
            return None
        if isinstance(found[0], kind):
            return found[0]
        raise wrong_type()

    def items(self, key: bytes) -> Items | None:
        """Return a list; see `string`."""
        return self._compound(key, Items)

    def fields(self, key: bytes) -> Fields | None:
        """Return a hash; see `string`."""
        return self._compound(key, Fields)

    def members(self, key: bytes) -> Members | None:
        """Return a set; see `string`."""
        return self._compound(key, Members)

    def scores(self, key: bytes) -> Scores | None:
        """Return a sorted set; see `string`."""
        return self._compound(key, Scores)

    def require(self, key: bytes) -> Change:
        """Return payload and deadline of a key that must be there."""
        found = self.entry(name_of(key))
        if found is None:
            raise no_such_key()
        return found

    def names(self) -> list[str]:
        """Return the live keys of the database."""
        now = self.now
        live = [
            name
            for name, stored in self.space.entries.items()
            if name not in self.changes
            and (type(stored) is not tuple or stored[1] is None or stored[1] > now)
        ]
        return live + [name for name, change in self.changes.items() if change is not None]

    def random_name(self) -> str | None:
        """Return some live key of the database."""
        while not self.changes and len(self.space.entries) >= _WORTH_DRAWING:
            name = self.space.order.draw()
            if name is not None and self.entry(name) is not None:
                return name
        names = self.names()
        return random.choice(names) if names else None  # noqa: S311 - no secret

    def scan(self, cursor: int, count: int) -> tuple[int, list[str]]:
        """Return the next cursor and some live keys."""
        if self.changes:
            return 0, self.names()
        next_cursor, names = self.space.order.walk(cursor, count)
        return next_cursor, [name for name in names if self.entry(name) is not None]

    # Writing

    def put(self, key: bytes, payload: Payload, deadline: int | None = None) -> None:
        """Have a key hold something, until its deadline, as if it were made anew."""
        name = name_of(key)
        self.put_anew(name, self.entry(name), payload, deadline)

    def put_anew(self, name: str, found: Change | None, payload: Payload, deadline: int | None) -> None:
        """Do the same where `entry` has just found what the key holds."""
        if found is None:
            self._make(name)
        elif found[0] is not payload:
            self._made.add((self.index, name))
        self.changes[name] = (payload, deadline)
        self.core.changes += 1

    def keep(self, key: bytes, payload: Payload) -> None:
        """Have a key hold something, as long as what it holds; without end where it holds nothing.

        Of a compound that was changed in place: let everybody know. An empty one goes.
        """
        if isinstance(payload, Compound) and not payload:
            self.changes[name_of(key)] = None
            self.core.changes += 1
            self.notify("g", "del", key)
        else:
            name = name_of(key)
            self.keep_over(name, self.entry(name), payload)

    def keep_over(self, name: str, found: Change | None, payload: Payload) -> None:
        """Do the same, of what is no compound, where `entry` has just found what the key holds."""
        if found is None:
            self._make(name)
        self.changes[name] = (payload, None if found is None else found[1])
        self.core.changes += 1

    def remove(self, key: bytes) -> bool:
        """Remove a live key; tell whether it was there."""
        name = name_of(key)
        if self.entry(name) is None:
            return False
        self.changes[name] = None
        self.core.changes += 1
        return True

    def replace(self, key: bytes, payload: Compound, event: str, kind: str) -> int:
        """Have a key hold the result of a `…STORE` command; an empty one removes it. Return its size."""
        if payload:
            name = name_of(key)
            if self.entry(name) is None:
                self._make(name)
            self._write(name, payload, None)
            self.notify(kind, event, key)
        elif self.remove(key):
            self.notify("g", "del", key)
        return len(payload)

    def exchange(self, own: dict[str, Change | None], other: dict[str, Change | None]) -> None:
        """Have the database hold the keys of another, made anew, and its own no more."""
        self.changes.update({**dict.fromkeys(own), **other})
        self._made |= {(self.index, name) for name in other}

    def _make(self, name: str) -> None:
        self._made.add((self.index, name))
        if self.core.subscriptions.events:
            self.notify("n", "new", key_of(name))

    def _write(self, name: str, payload: Payload, deadline: int | None) -> None:
        self.changes[name] = (payload, deadline)
        self.core.changes += 1

    def after(self, milliseconds: int, command: str) -> int:
        """Return the deadline that is so far from now.

        Raises:
            Refusal: It leaves int64.
        """
        deadline = self.now + milliseconds
        if not in_int64(deadline):
            raise Refusal(f"ERR invalid expire time in '{command}' command")
        return deadline

    def notify(self, kind: str, event: str, key: bytes) -> None:
        """Tell who listens for events of keys, once the change is visible."""
        flags = self.core.subscriptions.events
        if flags and kind in flags:
            self._events.append((self.index, event, key))

    def publish(self) -> None:
        """Make all changes visible: the end of this view."""
        if self.changes or len(self._all) > 1:
            self.core.publish(self._all, self._made, self.now)
        for event in self._events:
            self.core.subscriptions.announce(*event)
