"""Real time for waiting tasks: a thread that rings when it is time.

An event loop's own timers follow `time.monotonic`, which freezegun and other
tools freeze or move; a wait that must end in real time cannot use them.
"""

import threading
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from queue import Empty, SimpleQueue

from cache_provider.clock import monotonic
from cache_provider.exclusion import Mutex, exclusive
from cache_provider.forking import heed_forks

_WORTH_TIDYING = 64


class Timer:
    """One call that is due at a moment; `cancel` takes it back."""

    def __init__(self, at: float, ring: Callable[[], object]) -> None:
        self.at = at
        self.ring: Callable[[], object] | None = ring

    def cancel(self) -> None:
        """Take the call back, unless it was made already."""
        self.ring = None

    def __lt__(self, other: "Timer") -> bool:
        return self.at < other.at


class Timers:
    """Calls at real times, from a daemon thread that starts with the first."""

    def __init__(self) -> None:
        self._new: SimpleQueue[Timer] = SimpleQueue()
        self._starting = Mutex()
        self._thread: threading.Thread | None = None
        heed_forks(self)

    def _after_fork(self) -> None:
        """Forget the parent's thread and its calls."""
        self._new = SimpleQueue()
        self._starting = Mutex()
        self._thread = None

    def after(self, seconds: float, ring: Callable[[], object]) -> Timer:
        """Call `ring` in `seconds` of real time, from another thread."""
        timer = Timer(monotonic() + seconds, ring)
        self._start()
        self._new.put(timer)
        return timer

    @exclusive("_starting")
    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(
                target=_serve, args=(self._new,), name="cache-provider-timers", daemon=True
            )
            self._thread.start()


def _serve(new: "SimpleQueue[Timer]") -> None:
    waiting: list[Timer] = []
    tidy_at = _WORTH_TIDYING
    while True:
        _ring_those_due(waiting)
        try:
            heappush(waiting, new.get(timeout=_seconds_to(waiting)))
        except Empty:
            continue
        if len(waiting) >= tidy_at:
            # Most waits end long before their time-out: what was cancelled must not pile up.
            waiting = [timer for timer in waiting if timer.ring is not None]
            heapify(waiting)
            tidy_at = max(_WORTH_TIDYING, 2 * len(waiting))


def _ring_those_due(waiting: list[Timer]) -> None:
    now = monotonic()
    while waiting and waiting[0].at <= now:
        ring = heappop(waiting).ring
        if ring is not None:
            ring()


def _seconds_to(waiting: list[Timer]) -> float | None:
    return max(0.0, min(waiting[0].at - monotonic(), threading.TIMEOUT_MAX)) if waiting else None


REAL_TIME = Timers()
"""The timers of this process."""
