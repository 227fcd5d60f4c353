"""Whether time is moved, and hearing that somebody begins to move it.

freezegun, time-machine and mocks tell nobody when they begin. So where one of
them is imported, and only while somebody waits, the module `time` says when one
of its functions is replaced, and `time_machine.travel` when a journey starts.
A module may be given another class (Python's data model, "Customizing module
attribute access"); to wrap each tool's own way in would take three of them, and
their private parts. What is left is to look again and again.
"""

import sys
import threading
import time
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from cache_provider.exclusion import Mutex, exclusive
from cache_provider.forking import heed_forks

BUILTIN: type = type(len)
"""The type of `time.time` while nobody patches it."""

_TOOLS = ("freezegun", "time_machine", "unittest.mock")


def is_moved() -> bool:
    """Tell whether a tool freezes or moves time at this moment."""
    if type(time.time) is not BUILTIN:
        return True
    # Missing too while another thread is still importing the tool.
    hatch = getattr(sys.modules.get("time_machine"), "escape_hatch", None)
    return hatch is not None and bool(hatch.is_travelling())


class TimeMoves:
    """Who wants to hear of the beginning of a freeze or a journey."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], object]] = []
        self._hearing = False
        self._travel: Any = None
        self._start: Any = None
        self._heard_start: Any = None
        # Of a kind that a signal handler may take again in the midst of it.
        self._changing = Mutex(threading.RLock())
        heed_forks(self)

    def _after_fork(self) -> None:
        """Forget the parent's threads."""
        self._changing = Mutex(threading.RLock())
        self._listeners = []
        self._end_hearing()

    @exclusive("_changing")
    def watch(self, wake: Callable[[], object]) -> None:
        """Call `wake`, from whatever thread, when somebody begins to move time, or ends it."""
        self._listeners.append(wake)
        if not self._hearing and any(tool in sys.modules for tool in _TOOLS):
            self._begin_hearing()

    @exclusive("_changing")
    def unwatch(self, wake: Callable[[], object]) -> None:
        """End a `watch`."""
        self._listeners.remove(wake)
        if self._hearing and not self._listeners:
            self._end_hearing()

    def announce(self) -> None:
        """Wake all who wait."""
        for wake in self._listeners.copy():
            wake()

    def _begin_hearing(self) -> None:
        self._hearing = True
        # Somebody else's class of module stays.
        if type(time) is ModuleType:
            time.__class__ = _HeardModule  # pyright: ignore[reportAttributeAccessIssue] # every module has one
        self._travel = getattr(sys.modules.get("time_machine"), "travel", None)
        if self._travel is not None:
            self._start = self._travel.start
            self._travel.start = self._heard_start = _heard(self._start)

    def _end_hearing(self) -> None:
        self._hearing = False
        if type(time) is _HeardModule:
            time.__class__ = ModuleType  # type: ignore[assignment] # where the check above narrowed it
        # Nor is taken away what somebody else has put there meanwhile.
        if self._travel is not None and self._travel.start is self._heard_start:
            self._travel.start = self._start
        self._travel = self._start = self._heard_start = None


class _HeardModule(ModuleType):
    """The module `time` while somebody listens."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        TIME_MOVES.announce()


def _heard(start: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(start)
    def start_and_tell(*arguments: Any, **options: Any) -> Any:
        try:
            return start(*arguments, **options)
        finally:
            TIME_MOVES.announce()

    return start_and_tell


TIME_MOVES = TimeMoves()
"""Those who wait in this process."""
