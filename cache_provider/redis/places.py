"""The places in a pool of connections: who finds none free waits until one is given back."""

from collections import deque
from collections.abc import Callable
from threading import Lock

from cache_provider.clock import SYSTEM_CLOCK, monotonic
from cache_provider.forking import heed_forks
from cache_provider.steps import Steps
from cache_provider.waiting import Gate, Patience

WITHOUT_END = 2**31
"""How many connections redis-py names where it sets no bound."""


class PoolPlaces:
    """As many places as a pool has connections, first come first served.

    redis-py's own pools fail at once when they are full, those of a Cluster and
    of Sentinel whatever one asks for.

    Args:
        limit: How many places there are; from `WITHOUT_END` on nobody counts.
        timeout: Real seconds that a caller waits for one.
        make_gate: Makes what a caller waits at.
    """

    def __init__(self, limit: int, timeout: float, make_gate: Callable[[], Gate]) -> None:
        self.limit = limit
        self.timeout = timeout
        self._make_gate = make_gate
        self._after_fork()
        heed_forks(self)

    def _after_fork(self) -> None:
        """Free all places: who held one is not in this process."""
        self._mutex = Lock()
        self._free = self.limit
        self._queue: deque[Gate] = deque()

    @property
    def is_bounded(self) -> bool:
        """Whether there is an end to the places."""
        return self.limit < WITHOUT_END

    def take(self) -> Steps[bool]:
        """Take a place, waiting for one if need be; tell whether there was one in time."""
        with self._mutex:
            if self._free:
                self._free -= 1
                return True
            gate = self._make_gate()
            self._queue.append(gate)
        try:
            yield from self._wait(gate)
        except BaseException:
            if self._leave(gate):
                self.give_back()
            raise
        return self._leave(gate)

    def give_back(self) -> None:
        """Give a place to whoever waits first, or back."""
        with self._mutex:
            while self._queue:
                # One whose event loop is gone is passed over.
                if self._queue.popleft().wake():
                    return
            self._free += 1

    def _wait(self, gate: Gate) -> Steps[None]:
        until = monotonic() + self.timeout
        while gate in self._queue and (left := until - monotonic()) > 0:
            yield gate.wait(Patience(SYSTEM_CLOCK, None), at_most=left)

    def _leave(self, gate: Gate) -> bool:
        """Take a waiter out of the queue; tell whether it was called, and so has a place."""
        with self._mutex:
            if gate in self._queue:
                self._queue.remove(gate)
                return False
            return True
