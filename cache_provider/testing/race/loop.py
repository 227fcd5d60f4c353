"""An event loop whose time and whose idle moments belong to the explorer.

Only what `asyncio` documents is used: a loop may be given a selector, which it
asks to wait exactly when nothing is ready to run, and it tells the time by `time`.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import Context, copy_context
from functools import partial
from pathlib import Path
from selectors import DefaultSelector, SelectorKey
from threading import get_ident
from typing import Any, TypeVar, TypeVarTuple, Unpack, cast

from cache_provider.testing.race.arrivals import Arrival, Arrivals
from cache_provider.testing.race.guests import Job
from cache_provider.testing.race.options import MOST_TASKS

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class IdleSelector(DefaultSelector):
    """A selector that never waits: where it would, something else may be made ready.

    Args:
        when_idle: Called with the seconds to the loop's next timer, None without one; returns how
            many real seconds to wait for what comes from outside the loop.
    """

    def __init__(self, when_idle: Callable[[float | None], float]) -> None:
        super().__init__()
        self._when_idle = when_idle
        self._watched = self.get_map()

    @property
    def has_others(self) -> bool:
        """Whether it is to watch anything besides the loop's own wake-ups."""
        return len(self._watched) > 1

    @property
    def has_children(self) -> bool:
        """Whether it is to watch other processes for their end, as the loops of later Pythons do on Linux."""
        return self.has_others and any(_is_process(key.fd) for key in self._watched.values())

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Return what is ready at once, or comes from outside while the explorer waits for it."""
        pause = self._when_idle(timeout) if timeout is None or timeout > 0 else 0
        # A wake-up says nothing to a loop that is awake, so there is nothing to ask the system for.
        return super().select(pause) if pause or self.has_others else []


class RaceLoop(asyncio.SelectorEventLoop):
    """An event loop on the explorer's time.

    Args:
        when_idle: Called whenever no task of the loop can go on by itself.
        seconds: Tells the time.
        is_given_up: Whether nobody is to be waited for any more.

    Attributes:
        selector: What it asks to wait.
        arrivals: What threads have handed in to it.
    """

    def __init__(
        self,
        when_idle: Callable[[float | None], float],
        seconds: Callable[[], float],
        is_given_up: Callable[[], bool],
    ) -> None:
        self.selector = IdleSelector(when_idle)
        self.arrivals = Arrivals()
        self._ident = get_ident()
        super().__init__(self.selector)
        self._seconds = seconds
        self._is_given_up = is_given_up
        self._has_executor = False

    def time(self) -> float:
        """Return the explorer's time in seconds."""
        return self._seconds()

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future, and remember when it was made."""
        future = super().create_future()
        self.arrivals.number(future)
        return future

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Call back soon; what another thread hands in waits until all of them have come to rest."""
        if get_ident() == self._ident:
            return super().call_soon_threadsafe(callback, *args, context=context)
        arrival = Arrival(callback, args, self, context)
        self.arrivals.add(arrival)
        super().call_soon_threadsafe(_wake_up)
        return arrival

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run the function in a thread, at once up to its end or its first stop at a cache."""
        del executor
        if not self._has_executor:
            self._has_executor = True
            self.set_default_executor(ThreadPoolExecutor(MOST_TASKS, "cache-provider-race"))
        job = Job(partial(copy_context().run, func, *args))
        future = super().run_in_executor(None, job)
        job.wait(self._is_given_up)
        return cast("asyncio.Future[T]", future)


def _is_process(descriptor: int) -> bool:
    try:
        return Path(f"/proc/self/fd/{descriptor}").readlink().name == "anon_inode:[pidfd]"
    except OSError:
        return False


def _wake_up() -> None:
    """Do nothing: a loop that is called back is awake."""
