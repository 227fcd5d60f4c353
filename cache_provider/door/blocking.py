"""Commands that wait until there is something to take, served in the order they came."""

from collections import deque
from collections.abc import Callable
from typing import Any

from cache_provider.door.names import key_of
from cache_provider.door.replies import Refusal
from cache_provider.door.session import BlockingWait, Session
from cache_provider.memory.payload import Claim
from cache_provider.memory.waiters import QueuePlace, WaitingRoom


class DoorRoom(WaitingRoom):
    """The waiters of a keyspace, those at the door among them.

    A provider's write tells this room of each key while the mutex is held; who
    waits there at the door is served at once, before anybody else can look.

    Args:
        ready: What is told of a key that changed.
        queues: Who waited before there was this room.
    """

    def __init__(self, ready: Callable[[str], object], queues: dict[str, deque[QueuePlace]]) -> None:
        super().__init__()
        self.queues.update(queues)
        self._ready = ready
        self._wanted: dict[str, int] = {}

    def want(self, name: str) -> None:
        """Have changes of a key told."""
        self._wanted[name] = self._wanted.get(name, 0) + 1
        # Writers look for waiters only where there are queues at all.
        self.queues.setdefault(name, deque())

    def unwant(self, name: str) -> None:
        """End a `want`."""
        number = self._wanted[name] - 1
        if number:
            self._wanted[name] = number
            return
        del self._wanted[name]
        if name in self.queues:
            self._end_if_empty(name)

    def hand(self, full_key: str, claim: Claim) -> bool:
        is_there = super().hand(full_key, claim)
        self._tell(full_key)
        return is_there

    def wake(self, full_key: str) -> None:
        super().wake(full_key)
        self._tell(full_key)

    def wake_all(self) -> None:
        super().wake_all()
        for name in list(self._wanted):
            self.queues.setdefault(name, deque())
            self._ready(name)

    def _tell(self, full_key: str) -> None:
        if full_key in self._wanted:
            self._ready(full_key)

    def _end_if_empty(self, full_key: str) -> None:
        if full_key not in self._wanted:
            super()._end_if_empty(full_key)


class Queues:
    """Who waits at the door for which key, by database. The caller holds the mutex.

    Attributes:
        waits: The commands that wait for each key.
        held: Whether nobody is to be served yet.
    """

    def __init__(self, room_of: Callable[[int], DoorRoom], view_for: Callable[[Session, int], Any]) -> None:
        self._room_of = room_of
        self._view_for = view_for
        self.waits: dict[tuple[int, str], deque[BlockingWait]] = {}
        self._changed: deque[tuple[int, str]] = deque()
        self._is_serving = False
        self.held = False

    def __len__(self) -> int:
        return len({id(wait) for queue in self.waits.values() for wait in queue})

    def join(self, wait: BlockingWait) -> None:
        """Have a command wait."""
        for name in wait.keys:
            self.waits.setdefault((wait.index, name), deque()).append(wait)
            self._room_of(wait.index).want(name)

    def leave(self, wait: BlockingWait) -> None:
        """Have it wait no more."""
        for name in wait.keys:
            queue = self.waits.get((wait.index, name))
            if queue is not None and wait in queue:
                queue.remove(wait)
                if not queue:
                    del self.waits[wait.index, name]
                self._room_of(wait.index).unwant(name)

    def changed(self, index: int, name: str) -> None:
        """Note that a key changed, and serve who waits for it unless more is to come."""
        if (index, name) in self.waits:
            self._changed.append((index, name))
            if not self.held:
                self.serve()

    def serve(self) -> None:
        """Serve those whose keys have changed, first come first."""
        if self._is_serving:
            return
        self._is_serving = True
        try:
            while self._changed:
                index, name = self._changed.popleft()
                for wait in list(self.waits.get((index, name), ())):
                    self._try(wait, index, key_of(name))
        finally:
            self._is_serving = False

    def _try(self, wait: BlockingWait, index: int, key: bytes) -> None:
        if wait.session.wait is not wait or wait.session.is_closed:
            return
        view = self._view_for(wait.session, index)
        try:
            reply = wait.attempt(view, key)
        except Refusal as refusal:
            reply = refusal
        # Published first: what this brings others comes after it in the queue.
        view.publish()
        if reply is not None:
            self.leave(wait)
            wait.session.served(reply)
