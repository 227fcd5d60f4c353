"""The clock that a lease is judged by, also after the last who could move it is gone."""

from collections.abc import Callable
from typing import Any
from weakref import ref

from cache_provider.clock import Clock, SystemClock, monotonic


class LeaseClock(Clock):
    """An adapter's clock, as the locks see it that all adapters of the process share.

    It keeps the clock from going no more than its adapter does. Once that
    clock is gone nobody can move it, and time goes on here in real time from
    where the clock was last seen: so a forgotten lock holds nobody up for longer
    than its lease.

    Args:
        clock: The adapter's clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._watchers: list[Callable[[], object]] = []
        self._clock: Callable[[], Clock | None] = ref(clock, self._go_on)
        self._seen = clock.now_ms(), monotonic()

    def __repr__(self) -> str:
        return repr(self._clock() or "a clock that is gone")

    def now_ms(self) -> int:
        clock = self._clock()
        if clock is None:
            now_ms, at = self._seen
            return now_ms + int((monotonic() - at) * 1000)
        now_ms = clock.now_ms()
        self._seen = now_ms, monotonic()
        return now_ms

    def real_seconds(self) -> float:
        clock = self._clock()
        return monotonic() if clock is None else clock.real_seconds()

    def pause(self, until_ms: int | None) -> float | None:
        clock = self._clock()
        if clock is not None:
            return clock.pause(until_ms)
        return None if until_ms is None else max(0.0, (until_ms - self.now_ms()) / 1000)

    def watch(self, wake: Callable[[], object]) -> None:
        self._watchers.append(wake)
        clock = self._clock()
        if clock is not None:
            clock.watch(wake)

    def unwatch(self, wake: Callable[[], object]) -> None:
        self._watchers.remove(wake)
        clock = self._clock()
        if clock is not None:
            clock.unwatch(wake)

    def _go_on(self, _gone: Any) -> None:
        for wake in self._watchers.copy():
            wake()


def lease_clock(clock: Clock) -> Clock:
    """Return what judges the leases of locks in the table of the process; the system's clock cannot go."""
    return clock if isinstance(clock, SystemClock) else LeaseClock(clock)
