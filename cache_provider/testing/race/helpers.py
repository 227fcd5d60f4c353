"""Threads that code starts beside the explored tasks: pools, drivers, watchers of child processes."""

import linecache
import threading
from _thread import get_ident
from types import FrameType

from cache_provider.testing.race.watching import frames

_WAITS = (".get(", ".wait(", ".acquire(", ".join(", ".result(")
"""How a line reads on which a thread waits for something to do."""


class Helpers:
    """The threads that were not there before a search.

    What they do belongs to the tasks that wait for it, so no other task goes
    on before they have done it.
    """

    def __init__(self) -> None:
        self._bystanders = {thread.ident for thread in threading.enumerate()}
        self._usual = len(self._bystanders) + 1

    def are_there(self) -> bool:
        """Tell whether there is any; next to free where there is none."""
        return threading.active_count() > self._usual and bool(self._idents())

    def are_busy(self) -> bool:
        """Tell whether one of them does something else than wait for something to do."""
        running = frames()
        return any(ident in running and not _waits(running[ident]) for ident in self._idents())

    def _idents(self) -> list[int]:
        here = get_ident()
        return [
            thread.ident
            for thread in threading.enumerate()
            if thread.ident is not None and thread.ident not in self._bystanders and thread.ident != here
        ]


def _waits(frame: FrameType) -> bool:
    code = frame.f_code
    return any(word in linecache.getline(code.co_filename, frame.f_lineno) for word in _WAITS)
