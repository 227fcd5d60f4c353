"""The time of redis-py's own lock, where its client is one of a server in this process.

Its `acquire` looks at `time.monotonic` and sleeps: under freezegun the first stands still and
the wait has no end, and no clock of a test moves it. On such a client it waits as our own
locks do: until real time or the server's clock, whichever is first, says that it is over. All
other locks find the time that they would find without us.
"""

import asyncio
import time
from functools import partial
from sys import _getframe  # pyright: ignore[reportPrivateUsage] - the lock does not say who it is
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio.lock
import redis.lock

from cache_provider.aio.waiting import AsyncWaiter
from cache_provider.clock import Clock, SystemClock
from cache_provider.door.entrance import core_of
from cache_provider.exclusion import Mutex, exclusive
from cache_provider.forking import heed_forks
from cache_provider.time_moves import is_moved
from cache_provider.waiting import Gate, Patience, Waiter


class _Timeline:
    """Seconds that pass as fast as real time or a clock does, whichever is faster.

    Args:
        clock: The clock; not kept.
    """

    def __init__(self, clock: Clock) -> None:
        self._seconds = 0.0
        self._seen = _look(clock)
        self._after_fork()
        heed_forks(self)

    def _after_fork(self) -> None:
        self._moving = Mutex()

    @exclusive("_moving")
    def now(self, clock: Clock) -> float:
        """Return the seconds from an arbitrary start."""
        before, self._seen = self._seen, _look(clock)
        real, shown = self._seen[0] - before[0], self._seen[1] - before[1]
        is_plain = isinstance(clock, SystemClock) and not is_moved()
        self._seconds += real if is_plain else max(real, shown)
        return self._seconds


def _look(clock: Clock) -> tuple[float, float]:
    return clock.real_seconds(), clock.now_ms() / 1000


_lines: WeakKeyDictionary[Clock, _Timeline] = WeakKeyDictionary()


def _clock_of(frame: FrameType) -> Clock | None:
    """Return the clock of the server in this process whose lock runs in a frame, None for any other code."""
    client = getattr(frame.f_locals.get("self"), "redis", None)
    pool = getattr(client, "connection_pool", None)
    server = getattr(pool, "connection_kwargs", {}).get("server")
    if server is None:
        return None
    overseer = core_of(server).overseer
    return None if overseer is not None and overseer.keeps_time else server.clock


def _now(clock: Clock) -> float:
    line = _lines.get(clock) or _lines.setdefault(clock, _Timeline(clock))
    return line.now(clock)


def _pause(gate: Gate, clock: Clock, seconds: float) -> Any:
    return gate.wait(Patience(clock, round(seconds * 1000)))


class _LockTime:
    """Stands where `redis.lock` has the module `time`."""

    def monotonic(self) -> float:
        clock = _clock_of(_getframe(1))
        return time.monotonic() if clock is None else _now(clock)

    def sleep(self, seconds: float) -> None:
        clock = _clock_of(_getframe(1))
        time.sleep(seconds) if clock is None else _pause(Waiter(), clock, seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class _LoopTime:
    """Stands where the lock looks at its loop's time."""

    def __init__(self, clock: Clock) -> None:
        self.time = partial(_now, clock)


class _AsyncLockTime:
    """Stands where `redis.asyncio.lock` has the module `asyncio`."""

    def get_running_loop(self) -> Any:
        clock = _clock_of(_getframe(1))
        loop = asyncio.get_running_loop()
        return loop if clock is None else _LoopTime(clock)

    def sleep(self, seconds: float) -> Any:
        clock = _clock_of(_getframe(1))
        return asyncio.sleep(seconds) if clock is None else _pause(AsyncWaiter(), clock, seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


def lead_locks() -> None:
    """Have redis-py's locks find this time, if they do not yet; those of other servers notice nothing."""
    for module, name, ours in (
        (redis.lock, "mod_time", _LockTime),
        (redis.asyncio.lock, "asyncio", _AsyncLockTime),
    ):
        if not isinstance(getattr(module, name, ours()), ours):
            setattr(module, name, ours())
