"""Threads that code starts beside the explored tasks: pools, drivers, watchers of child processes."""

import linecache
import threading
from collections.abc import Container, Mapping
from types import CodeType, FrameType

from cache_provider.testing.race.watching import frames

_WAITS = (".get(", ".wait(", ".acquire(", ".join(", ".result(")
"""How a line reads on which a thread waits for something to do."""

_PACKAGE = __name__.partition(".")[0]


# Of the real one, for which a search has a stand-in.
_CONDITION_WAIT = threading.Condition.wait.__code__
_CONDITION_RESTORE = "_acquire_restore"
"""Where a thread that a condition woke takes the condition's lock again; it may not get it for a while."""


class Helpers:
    """The threads that were not there before a search.

    What they do belongs to the tasks that wait for it, so no other task goes
    on before they have done it. Only the thread that runs the tasks asks for them.
    """

    def __init__(self) -> None:
        # Not their identifiers, which threads to come may have again.
        self._others = frozenset(threading.enumerate())

    def are_there(self) -> bool:
        """Tell whether there is any."""
        return not self._others.issuperset(threading.enumerate()) and bool(self._idents())

    def are_busy(self, resting: Container[int], callers: Mapping[int, CodeType]) -> bool:
        """Tell whether one of them does something else than wait for something to do.

        Args:
            resting: Those that have stopped at the cache.
            callers: The code from which others came to the cache: a line of it that
                reads as a wait may be `cache.get(...)`.
        """
        running = frames()
        return any(
            ident in running
            and ident not in resting
            and (running[ident].f_code is callers.get(ident) or not _waits(running[ident]))
            for ident in self._idents()
        )

    def _idents(self) -> list[int]:
        self._others |= {threading.current_thread()}
        return [
            thread.ident
            for thread in threading.enumerate()
            if thread not in self._others and thread.ident is not None
        ]


def _waits(frame: FrameType) -> bool:
    if frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        return False
    code = frame.f_code
    if code.co_name == _CONDITION_RESTORE:
        return False
    if code is _CONDITION_WAIT:
        # One that was woken and has not come round to it yet is not waiting any more. Its lock may still be
        # locked then: without the GIL a release hands it over.
        variables = frame.f_locals
        waiter = variables.get("waiter")
        return waiter is not None and waiter in getattr(variables["self"], "_waiters", ())
    return any(word in linecache.getline(code.co_filename, frame.f_lineno) for word in _WAITS)
