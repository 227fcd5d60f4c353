"""Clocks that caches read: integer milliseconds since the epoch.

`SystemClock` is the wall clock as the test sees it, `ManualClock` a value that
the test moves. A clock also tells a waiting thread how long it may sleep.
"""

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Protocol

from cache_provider.arguments import (
    EPOCH,
    MILLISECOND,
    Ttl,
    check_flag,
    deadline_after,
    duration_ms,
    moment_ms,
)
from cache_provider.exclusion import Mutex, exclusive
from cache_provider.forking import heed_forks
from cache_provider.time_moves import BUILTIN, TIME_MOVES, is_moved

_PACKAGE = __name__.partition(".")[0]

LOOK_AGAIN = 0.005
"""Real seconds between two looks at a clock that may move without telling."""


class Errand(Protocol):
    """Something to be done when a clock comes to a moment; None once there is nothing to do any more."""

    @property
    def due_ms(self) -> int | None:
        """When it is due."""
        ...

    def carry_out(self, remaining_ms: int) -> None:
        """Do it; the clock is then moved on by so many milliseconds."""
        ...


class Clock(ABC):
    """Where a cache reads the time.

    A subclass needs only `now_ms`; waiters then read it every few
    milliseconds. A clock that can notify when it is moved overrides the rest.
    """

    @abstractmethod
    def now_ms(self) -> int:
        """Return the milliseconds since the epoch, rounded down."""

    def real_seconds(self) -> float:
        """Return real seconds, from an arbitrary start, which bound the waits on this clock as well.

        A clock for which no real time passes returns the same at every call.
        """
        return monotonic()

    def pause(self, until_ms: int | None) -> float | None:
        """Return how many real seconds a waiter may sleep before it must look again.

        Args:
            until_ms: The moment on this clock that would end the wait, or None.

        Returns:
            Seconds, or None where this clock will wake the waiter itself.
        """
        del until_ms
        return LOOK_AGAIN

    def watch(self, wake: Callable[[], object]) -> None:  # noqa: B027 - a clock need not tell
        """Call `wake`, from any thread, whenever this clock is moved; by default never."""

    def unwatch(self, wake: Callable[[], object]) -> None:  # noqa: B027 - a clock need not tell
        """End a `watch`."""

    def attend(self, errand: Errand) -> bool:
        """Carry out `errand` when it is due, in the thread that moves this clock; False if it cannot."""
        del errand
        return False


class SystemClock(Clock):
    """The wall clock as the test sees it.

    Follows freezegun, time-machine and `mock.patch("time.time")` from every
    thread. With freezegun's `auto_tick_seconds` each reading is a tick. A
    freeze that names this package in `ignore` has no effect on it.
    """

    def now_ms(self) -> int:
        # A patched time.time is never a builtin; time-machine moves the builtin itself.
        if type(time.time) is BUILTIN:
            return time.time_ns() // 1_000_000
        return _patched_now_ms()

    def pause(self, until_ms: int | None) -> float | None:
        remaining = None if until_ms is None else max(0.0, (until_ms - self.now_ms()) / 1000)
        if not is_moved():
            return remaining
        return LOOK_AGAIN if remaining is None else min(remaining, LOOK_AGAIN)

    def watch(self, wake: Callable[[], object]) -> None:
        # A tool tells when it begins to freeze or to move time, and of nothing that it does then.
        TIME_MOVES.watch(wake)

    def unwatch(self, wake: Callable[[], object]) -> None:
        TIME_MOVES.unwatch(wake)

    def __repr__(self) -> str:
        return "SystemClock()"


class ManualClock(Clock):
    """A clock that moves only when told to, and wakes everyone who waits on it.

    >>> clock = ManualClock()
    >>> clock.now()
    datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    >>> clock.advance(90)
    >>> clock.now().minute, clock.now().second
    (1, 30)

    Args:
        start: Where it starts: an aware `datetime`, or seconds since the epoch.
        autojump: Let a wait complete immediately by moving the clock to the next
            deadline that would end it. A wait that no deadline ends stays a wait.
    """

    def __init__(
        self, start: datetime | float = datetime(2000, 1, 1, tzinfo=UTC), *, autojump: bool = False
    ) -> None:
        self._now = _position_ms("start", start)
        self._autojump = check_flag("autojump", autojump)
        self._moving = Mutex()
        self._watchers: list[Callable[[], object]] = []
        self._errands: list[Errand] = []
        heed_forks(self)

    def _after_fork(self) -> None:
        """Forget the parent's threads."""
        self._moving = Mutex()
        self._watchers = []
        self._errands = []

    def now_ms(self) -> int:
        return self._now

    def now(self) -> datetime:
        """Return the clock's time as an aware UTC `datetime`."""
        return EPOCH + self._now * MILLISECOND

    def advance(self, duration: Ttl) -> None:
        """Move forward by `duration` (a `timedelta`, or seconds) and wake every waiter.

        Raises:
            ValueError: `duration` is negative (`set` may go back), or leads past int64 milliseconds.
        """
        milliseconds = duration_ms("duration", duration)
        if milliseconds < 0:
            raise ValueError(f"duration must not be negative, not {duration!r}; use set() to go back")
        self._move(lambda now: deadline_after("duration", now, milliseconds))

    def set(self, when: datetime | float) -> None:
        """Move to `when` (an aware `datetime`, or seconds since the epoch) and wake every waiter."""
        position = _position_ms("when", when)
        self._move(lambda _: position)

    def pause(self, until_ms: int | None) -> float | None:
        if not self._autojump or until_ms is None:
            return None  # `advance` and `set` wake the waiter
        self._move(lambda now: max(now, until_ms))
        return 0.0

    @exclusive("_moving")
    def watch(self, wake: Callable[[], object]) -> None:
        self._watchers.append(wake)

    @exclusive("_moving")
    def unwatch(self, wake: Callable[[], object]) -> None:
        self._watchers.remove(wake)

    @exclusive("_moving")
    def attend(self, errand: Errand) -> bool:
        self._errands = [other for other in self._errands if other.due_ms is not None]
        self._errands.append(errand)
        return True

    def _move(self, to: Callable[[int], int]) -> None:
        if self._errands:
            to = self._run_errands(to)
        for wake in self._moved(to):
            wake()

    def _run_errands(self, to: Callable[[int], int]) -> Callable[[int], int]:
        """Stop at each moment on the way at which something is due; return what is left of the move."""
        start = self._now
        left = to(start) - start
        while left >= 0 and (errand := self._first_errand(self._now + left)) is not None:
            step = max(0, (errand.due_ms or 0) - self._now)
            self._moved(lambda now, step=step: now + step)  # type: ignore[misc] # the default binds it
            left -= step
            errand.carry_out(left)
        return lambda now: now + left

    def _first_errand(self, until_ms: int) -> Errand | None:
        """Return the errand that is due first, if that is by then."""
        due = [(errand.due_ms, number) for number, errand in enumerate(self._errands)]
        dated = [(due_ms, number) for due_ms, number in due if due_ms is not None and due_ms <= until_ms]
        return self._errands[min(dated)[1]] if dated else None

    @exclusive("_moving")
    def _moved(self, to: Callable[[int], int]) -> list[Callable[[], object]]:
        """Move, and return those to be woken."""
        self._now = to(self._now)
        return self._watchers.copy()

    def __repr__(self) -> str:
        try:
            return f"ManualClock({self.now().isoformat()!r})"
        except OverflowError:  # past the year 9999, where datetime ends
            return f"ManualClock({self._now / 1000})"


SYSTEM_CLOCK = SystemClock()
"""The clock of everything that names none."""


if sys.platform == "win32":  # pragma: no cover

    def monotonic() -> float:
        """Return real seconds from an arbitrary start; no tool that moves time moves it."""
        freezegun = sys.modules.get("freezegun.api")
        return float(freezegun.real_monotonic() if freezegun else time.monotonic())

else:

    def monotonic() -> float:
        """Return real seconds from an arbitrary start; no tool that moves time moves it."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)


def _position_ms(name: str, when: object) -> int:
    if isinstance(when, timedelta):
        raise TypeError(f"{name} must be an aware datetime or seconds since the epoch, not {when!r}")
    return moment_ms(name, when) if isinstance(when, datetime) else duration_ms(name, when)


def _patched_now_ms() -> int:
    freezegun = sys.modules.get("freezegun.api")
    if freezegun is not None and time.time is freezegun.fake_time:
        return _frozen_now_ms(freezegun)
    return round(time.time() * 1000)


def _frozen_now_ms(freezegun: ModuleType) -> int:
    """Read the freeze itself: its `time.time` shows real time to some threads (it looks at the stack)."""
    try:
        if not _PACKAGE.startswith(freezegun.ignore_lists[-1]):
            moment: datetime = freezegun.get_current_time()
            since_epoch: timedelta = moment.replace(tzinfo=UTC) - EPOCH
            return since_epoch // MILLISECOND
    except IndexError:
        # Another thread ended the freeze between our two looks at it.
        pass
    return int(freezegun.real_time_ns()) // 1_000_000
