"""The places in a pool of connections: who finds none free waits until one is given back."""

from collections import deque
from collections.abc import Callable

from cache_provider.clock import SYSTEM_CLOCK, monotonic
from cache_provider.exclusion import Mutex, exclusive
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

    Attributes:
        is_bounded: Whether there is an end to the places.
    """

    def __init__(self, limit: int, timeout: float, make_gate: Callable[[], Gate]) -> None:
        self.limit = limit
        self.is_bounded = limit < WITHOUT_END
        self.timeout = timeout
        self._make_gate = make_gate
        self._after_fork()
        heed_forks(self)

    def _after_fork(self) -> None:
        """Free all places: who held one is not in this process."""
        self._mutex = Mutex()
        self._free = self.limit
        self._queue: deque[Gate] = deque()

    def take(self) -> Steps[bool]:
        """Take a place, waiting for one if need be; tell whether there was one in time."""
        gate = self._take_or_queue()
        if gate is None:
            return True
        try:
            yield from self._wait(gate)
        except BaseException:
            if self._leave(gate):
                self.give_back()
            raise
        return self._leave(gate)

    @exclusive("_mutex")
    def take_free(self) -> bool:
        """Take a place if one is free; tell whether it was."""
        if not self._free:
            return False
        self._free -= 1
        return True

    @exclusive("_mutex")
    def give_back(self) -> None:
        """Give a place to the first waiter, or back."""
        while self._queue:
            # One whose event loop is gone is passed over.
            if self._queue.popleft().wake():
                return
        self._free += 1

    @exclusive("_mutex")
    def _take_or_queue(self) -> Gate | None:
        """Take a place and return None, or return the gate at which to wait for one."""
        if self._free:
            self._free -= 1
            return None
        gate = self._make_gate()
        self._queue.append(gate)
        return gate

    @exclusive("_mutex")
    def _is_queued(self, gate: Gate) -> bool:
        return gate in self._queue

    def _wait(self, gate: Gate) -> Steps[None]:
        until = monotonic() + self.timeout
        while self._is_queued(gate) and (left := until - monotonic()) > 0:
            yield gate.wait(Patience(SYSTEM_CLOCK, None), at_most=left)

    @exclusive("_mutex")
    def _leave(self, gate: Gate) -> bool:
        """Take a waiter out of the queue; tell whether it was called, and so has a place."""
        if gate in self._queue:
            self._queue.remove(gate)
            return False
        return True
