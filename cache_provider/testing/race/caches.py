"""The explorer's caches: the double behind the seam, its waits taken over."""

from collections.abc import Callable

from cache_provider.arguments import Ttl
from cache_provider.interface.flight import FlightTable
from cache_provider.interface.lock import TEN_SECONDS, DistributedLock
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.testing.race.blocking import Locks, RaceGate
from cache_provider.testing.race.interception import Interception
from cache_provider.testing.seam import InstrumentedCache, InstrumentedLock


class RaceCache(InstrumentedCache):
    """A cache whose every operation is a step of a schedule.

    Args:
        provider: The double.
        interception: Where each operation stops.
        locks: Is told of the handles.
        make_gate: Makes what a caller of `get_or_set` waits at.
    """

    def __init__(
        self,
        provider: InMemoryCacheAdapter,
        interception: Interception,
        locks: Locks,
        make_gate: Callable[[], RaceGate],
    ) -> None:
        super().__init__(provider, interception)
        self._locks = locks
        self._flights = FlightTable(make_gate)

    def get_lock(
        self, name: str, timeout: Ttl = TEN_SECONDS, blocking_timeout: Ttl | None = None
    ) -> DistributedLock:
        """Return a handle on a lock; nothing is stored until it is acquired."""
        lock = self.provider.get_lock(name, timeout, blocking_timeout)
        self._locks.made(lock, blocking_timeout)
        return InstrumentedLock(self, lock)
