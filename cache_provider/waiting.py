"""Waiting for another thread without polling: gates, several clocks, one real time-out."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from threading import TIMEOUT_MAX
from typing import Self

from cache_provider.arguments import deadline_after
from cache_provider.clock import Clock


class Patience:
    """How long a waiter is willing to wait, on the cache's clock and in real time.

    A wait ends at whichever comes first, so that neither a frozen clock nor one
    that was moved can make it hang.

    Args:
        clock: The clock of the cache that is waited for.
        timeout_ms: Milliseconds to wait, or None to wait without end.
    """

    def __init__(self, clock: Clock, timeout_ms: int | None) -> None:
        self.clock = clock
        self.started = clock.real_seconds()
        self._timeout = None if timeout_ms is None else timeout_ms / 1000
        self.until_ms = None if timeout_ms is None else deadline_after("timeout", clock.now_ms(), timeout_ms)

    def waited(self) -> float:
        """Return the real seconds since the wait began."""
        return self.clock.real_seconds() - self.started

    def remaining(self) -> float | None:
        """Return the real seconds left, or None without end."""
        return None if self._timeout is None else max(0.0, self._timeout - self.waited())

    def alarm(self) -> tuple[Clock, int] | None:
        """Return the clock and the moment on it that end this patience, or None without end."""
        return None if self.until_ms is None else (self.clock, self.until_ms)

    def left(self) -> float:
        """Return the seconds left, by whichever measure of time ends first; 0 when it is over."""
        if self.until_ms is None or self._timeout is None:
            return TIMEOUT_MAX
        return max(0.0, min(self._timeout - self.waited(), (self.until_ms - self.clock.now_ms()) / 1000))

    def is_over(self) -> bool:
        """Tell whether the wait has lasted long enough, by either measure of time."""
        if self.until_ms is None or self._timeout is None:
            return False
        return self.waited() >= self._timeout or self.clock.now_ms() >= self.until_ms


class Gate(ABC):
    """Where one caller waits: closed until somebody wakes it, or a time comes.

    A wake that comes before the wait is kept, so none is lost.
    """

    @abstractmethod
    def wake(self) -> bool:
        """Open the gate once, from any thread; tell whether there is still somebody to wake."""

    @abstractmethod
    def wait(
        self,
        patience: Patience,
        alarm: tuple[Clock, int] | None = None,
        *,
        at_most: float = TIMEOUT_MAX,
    ) -> object:
        """Sleep until woken, until patience ends or until the alarm's clock reaches its moment.

        May return early; the caller looks again at what it waits for.

        Args:
            patience: How long to wait at most.
            alarm: Another clock and the moment on it (milliseconds) that ends
                the wait too, such as the end of the lease that is waited for.
            at_most: Real seconds after which to return in any case.

        Returns:
            Nothing, or an awaitable that does the waiting.
        """

    def _watch(self, patience: Patience, alarm: tuple[Clock, int] | None) -> "Watch":
        """Return what has the clocks wake this gate."""
        ends: dict[Clock, int | None] = {patience.clock: patience.until_ms}
        if alarm is not None:
            clock, until_ms = alarm
            own = ends.get(clock)
            ends[clock] = until_ms if own is None else min(own, until_ms)
        return Watch(patience, ends, self.wake)


class Watch:
    """A `with` block in which clocks wake a gate when they are moved.

    A class of its own: to leave a generator's block would cost the waiter that was woken
    a tenth of the way to what it waited for.

    Args:
        patience: How long the gate waits at most.
        ends: The clocks, each with the moment on it that ends the wait, or None.
        wake: What opens the gate.
    """

    def __init__(
        self, patience: Patience, ends: Mapping[Clock, int | None], wake: Callable[[], object]
    ) -> None:
        self._patience = patience
        self._ends = ends
        self._wake = wake
        self._watched: list[Clock] = []

    def __enter__(self) -> Self:
        """Have the clocks wake the gate; watched from before they are read, so that no move is missed."""
        try:
            for clock in self._ends:
                clock.watch(self._wake)
                self._watched.append(clock)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_raised: object) -> None:
        """Have no clock wake it any more."""
        for clock in self._watched:
            clock.unwatch(self._wake)

    def seconds(self, at_most: float) -> float:
        """Return the real seconds to sleep, 0 if a time has come already."""
        ends = self._ends.items()
        if any(until is not None and clock.now_ms() >= until for clock, until in ends):
            return 0.0
        pauses = [self._patience.remaining(), *(clock.pause(until) for clock, until in ends)]
        return min([at_most, *(pause for pause in pauses if pause is not None)])


class Waiter(Gate):
    """One thread's gate."""

    def __init__(self) -> None:
        # A SimpleQueue waits in C on real time, whatever tool moves the clocks,
        # and may be put to from signal handlers, callbacks and any thread.
        self._wakes: SimpleQueue[None] = SimpleQueue()

    def wake(self) -> bool:
        self._wakes.put(None)
        return True

    def wait(
        self,
        patience: Patience,
        alarm: tuple[Clock, int] | None = None,
        *,
        at_most: float = TIMEOUT_MAX,
    ) -> None:
        with self._watch(patience, alarm) as watch:
            seconds = watch.seconds(at_most)
            if seconds > 0:
                self._sleep(seconds)

    def _sleep(self, seconds: float) -> None:
        try:
            self._wakes.get(timeout=seconds)
        except Empty:
            return
