"""Threads that the explorer did not start, and what they may do with its caches."""

from _thread import get_ident
from threading import current_thread
from time import sleep

from cache_provider.clock import monotonic
from cache_provider.testing.race.errors import StrayThread
from cache_provider.testing.race.helpers import Helpers
from cache_provider.testing.seam import find_site

A_LOOK = 0.005
"""Real seconds for which one look at those outside lasts."""


def stray(name: str, when: str = "") -> StrayThread:
    """Return the error for the calling thread.

    Args:
        name: What it called.
        when: What makes it stray, if not that nobody said when it runs.
    """
    why = when or "but the explorer did not start it and cannot say when it runs"
    return StrayThread(
        f"thread {current_thread().name!r} called {name} at {find_site()}, {why}; "
        "start it with r.spawn(function, *arguments)"
    )


class Visitors:
    """Who may use the caches of a schedule that is over: the caller of the search, to look at them.

    Args:
        patience: For how many real seconds a task may wait for something outside the explorer.

    Attributes:
        strays: The errors of all others.
        helpers: The threads that were not there before.
        patience: The same.
    """

    def __init__(self, patience: float) -> None:
        self.strays: list[StrayThread] = []
        self.helpers = Helpers()
        self.patience = patience
        self._owner = get_ident()

    def wait_for_helpers(self) -> None:
        """Give threads that a schedule has left behind at work their time to use its cache, and be refused.

        Raises:
            StrayThread: One has.
        """
        end = monotonic() + self.patience
        while self.helpers.are_busy((), {}) and monotonic() < end:
            sleep(A_LOOK)
        if self.strays:
            raise self.strays[0]

    def check(self, name: str) -> None:
        """Refuse a thread that a schedule has left behind.

        Raises:
            StrayThread: It is one.
        """
        if get_ident() != self._owner:
            error = stray(name, "after its schedule was over")
            self.strays.append(error)
            raise error
