"""Who waits for which key to become free, first come first woken."""

from collections import deque

from cache_provider.waiting import Gate


class WaitingRoom:
    """The waiters of one server, by full key. The caller holds the server's mutex.

    One waiter is woken at a time and takes the turn along: if it leaves without
    having claimed the key, it hands the turn on, so that none is lost.

    Attributes:
        queues: The waiters by full key; no queue is empty.
    """

    def __init__(self) -> None:
        self.queues: dict[str, deque[Gate]] = {}

    def enlist(self, full_key: str, waiter: Gate) -> None:
        """Queue `waiter`, unless it is queued."""
        queue = self.queues.setdefault(full_key, deque())
        if waiter not in queue:
            queue.append(waiter)

    def leave(self, full_key: str, waiter: Gate, *, claimed: bool) -> None:
        """Let `waiter` go. It may have been woken, so if it claimed nothing the next has its turn."""
        queue = self.queues.get(full_key)
        if queue is not None and waiter in queue:
            queue.remove(waiter)
            if not queue:
                del self.queues[full_key]
        if not claimed:
            self.wake(full_key)

    def wake(self, full_key: str) -> None:
        """Wake whoever waits first for `full_key`; one whose event loop is gone is passed over."""
        queue = self.queues.get(full_key)
        if queue is None:
            return
        while queue and not queue.popleft().wake():
            pass
        if not queue:
            del self.queues[full_key]

    def wake_all(self) -> None:
        """Wake everybody."""
        for queue in self.queues.values():
            for waiter in queue:
                waiter.wake()
        self.queues.clear()
