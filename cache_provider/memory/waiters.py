"""Who waits for which key to become free, first come first woken, and in the end served."""

from bisect import insort
from collections import deque
from collections.abc import Callable
from itertools import count
from operator import attrgetter

from cache_provider.memory.entry import Entry
from cache_provider.memory.payload import Claim
from cache_provider.waiting import Gate

PATIENCE = 3
"""How often a waiter is woken in vain before what it waits for is handed to it."""

_numbers = count(1)


class QueuePlace:
    """One waiter's place in the queue for a key, from its first wait for it to its last.

    Args:
        gate: Where it sleeps.
        inherit: Has a claim made for it in the place of an entry, or answers
            False if that is no longer there or the waiter no longer the next;
            None where it is nothing to be handed.
        tenant: Stands for the adapter that it waits for.

    Attributes:
        number: Lower than that of everybody who came later.
        turns: How often it was woken.
        inherited: The claim that was made for it.
    """

    __slots__ = ("gate", "inherit", "inherited", "number", "tenant", "turns")

    def __init__(
        self,
        gate: Gate,
        inherit: "Callable[[QueuePlace, Entry], bool] | None" = None,
        tenant: object = None,
    ) -> None:
        self.gate = gate
        self.tenant = tenant
        self.inherit = inherit
        self.number = next(_numbers)
        self.turns = 0
        self.inherited: Claim | None = None

    def wake(self) -> bool:
        """Give it its turn; tell whether there is still somebody to wake."""
        self.turns += 1
        return self.gate.wake()


class WaitingRoom:
    """The waiters of one server, by full key. The caller holds the server's mutex.

    One waiter is woken at a time and takes the turn along: if it leaves without
    having claimed the key, it hands the turn on, so that none is lost. One that
    somebody else was quicker than queues again, where it was. After `PATIENCE`
    turns in vain it is an heir, whom nobody can be quicker than.

    Attributes:
        queues: The waiters by full key; no queue is empty.
    """

    def __init__(self) -> None:
        self.queues: dict[str, deque[QueuePlace]] = {}

    def enlist(self, full_key: str, place: QueuePlace) -> None:
        """Queue a waiter, unless it is queued, behind those who came before it."""
        queue = self.queues.setdefault(full_key, deque())
        if place not in queue:
            insort(queue, place, key=attrgetter("number"))

    def leave(self, full_key: str, place: QueuePlace, *, claimed: bool) -> None:
        """Let a waiter go. It may have been woken, so if it claimed nothing the next has its turn."""
        queue = self.queues.get(full_key)
        if queue is not None and place in queue:
            queue.remove(place)
            self._end_if_empty(full_key)
        if not claimed:
            self.wake(full_key)

    def heir(self, full_key: str) -> QueuePlace | None:
        """Return who waits first for `full_key`, if its patience is over."""
        queue = self.queues.get(full_key)
        first = queue[0] if queue else None
        return None if first is None or first.inherit is None or first.turns < PATIENCE else first

    def hand(self, full_key: str, claim: Claim) -> bool:
        """Let the heir go with a claim that was made for it; tell whether it is still there."""
        heir = self.queues[full_key].popleft()
        self._end_if_empty(full_key)
        heir.inherited = claim
        return heir.wake()

    def wake(self, full_key: str) -> None:
        """Wake the first waiter for `full_key`; one whose event loop is gone is passed over."""
        queue = self.queues.get(full_key)
        if queue is None:
            return
        while queue and not queue.popleft().wake():
            pass
        self._end_if_empty(full_key)

    def rouse(self, tenant: object) -> None:
        """Have everybody look who waits for one adapter; it keeps its place and its turns."""
        for queue in self.queues.values():
            for place in queue:
                if place.tenant is tenant:
                    place.gate.wake()

    def wake_all(self) -> None:
        """Wake everybody."""
        for queue in self.queues.values():
            for place in queue:
                place.wake()
        self.queues.clear()

    def _end_if_empty(self, full_key: str) -> None:
        if not self.queues[full_key]:
            del self.queues[full_key]
