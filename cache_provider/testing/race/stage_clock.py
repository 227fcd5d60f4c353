"""The clock of a schedule."""

from collections.abc import Callable
from datetime import datetime

from cache_provider.arguments import Ttl
from cache_provider.clock import Errand, ManualClock


class StageClock(ManualClock):
    """A clock on which real time counts for nothing: how fast the machine is decides nothing.

    Args:
        when_moved: Called when a task moves it.
        renews: Tells whether leases are renewed as it is moved. Where the end of
            a lease is a choice, it is that the renewal came too late.
    """

    def __init__(self, when_moved: Callable[[], None], renews: Callable[[], bool] = lambda: True) -> None:
        super().__init__()
        self._when_moved = when_moved
        self._renews = renews

    def real_seconds(self) -> float:
        return 0.0

    def _first_errand(self, until_ms: int) -> Errand | None:
        return super()._first_errand(until_ms) if self._renews() else None

    def advance(self, duration: Ttl) -> None:
        super().advance(duration)
        self._when_moved()

    def set(self, when: datetime | float) -> None:
        super().set(when)
        self._when_moved()
