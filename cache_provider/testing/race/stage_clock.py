"""The clock of a schedule."""

from collections.abc import Callable
from datetime import datetime

from cache_provider.arguments import Ttl
from cache_provider.clock import ManualClock


class StageClock(ManualClock):
    """A clock on which real time counts for nothing: how fast the machine is decides nothing.

    Args:
        when_moved: Called when a task moves it.
    """

    def __init__(self, when_moved: Callable[[], None]) -> None:
        super().__init__()
        self._when_moved = when_moved

    def real_seconds(self) -> float:
        return 0.0

    def advance(self, duration: Ttl) -> None:
        super().advance(duration)
        self._when_moved()

    def set(self, when: datetime | float) -> None:
        super().set(when)
        self._when_moved()
