"""Whether a call of what threads wait for each other by is a step of a schedule, and making it one."""

import sys
from _thread import get_ident
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple, Protocol

from cache_provider.testing.race.calls import CallWait
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.race.tasks import PrimitiveCall, Task


class Desk(Protocol):
    """Runs the tasks of a schedule, each in a thread.

    Attributes:
        stage: The schedule.
    """

    stage: Stage

    def task_here(self) -> Task | None:
        """Return the task whose turn it is in the calling thread, if it is one's."""
        ...

    def stop_before(self, call: PrimitiveCall, wait: CallWait | None) -> None:
        """Stop the calling task until it is its turn, and the wait is over."""
        ...


class Caller(NamedTuple):
    """A task that makes a call."""

    desk: Desk
    task: Task

    @property
    def stage(self) -> Stage:
        """The schedule."""
        return self.desk.stage

    def until(self, timeout: float | None) -> int | None:
        """Return when a patience ends that begins now, in milliseconds; None if it never does."""
        if timeout is None:
            return None
        return self.stage.clock.now_ms() + (max(round(timeout * 1000), 1) if timeout > 0 else 0)

    def call(self, call: PrimitiveCall, wait: CallWait | None, act: Callable[[], Any]) -> Any:
        """Stop, and then do what the call does, all of it in one step."""
        self.desk.stop_before(call, wait)
        self.task.is_calling = True
        try:
            return act()
        finally:
            self.task.is_calling = False


DESKS: dict[int, Desk] = {}
"""By the identifier of a thread: whose tasks it runs."""

_EXPLORER = __name__.rpartition(".")[0]
_OTHERS = sys.stdlib_module_names - {"contextlib", "functools"} | {__name__.partition(".")[0]}


def caller_here() -> Caller | None:
    """Return the task that runs in the calling thread."""
    desk = DESKS.get(get_ident())
    task = None if desk is None else desk.task_here()
    return None if desk is None or task is None else Caller(desk, task)


def explored_caller(primitive: object, *, gives: bool = False, waits: bool = True) -> Caller | None:
    """Return who is to stop before a call; None where it is to be made as if there were no explorer.

    That is so for who is not a task, for what a method does inside, and for the standard library's own use.

    Args:
        primitive: What is called.
        gives: Whether the call only lets others go on: a task that unwinds makes it, too.
        waits: Whether the call may wait; those of redis-py that do not are part of its commands.
    """
    caller = caller_here()
    if caller is None or caller.task.is_calling or (gives and caller.stage.is_stopped):
        return None
    frame = frame_above(2)
    if not waits and _is_redis_pys(frame):
        return None
    return caller if is_users(frame, primitive) else None


def _is_redis_pys(frame: FrameType) -> bool:
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0] == "redis"


def frame_above(levels: int) -> FrameType:
    """Return the frame that called who called this, and so on."""
    # Documented, for all its name.
    return sys._getframe(levels + 1)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def is_users(frame: FrameType | None, primitive: object = None) -> bool:
    """Tell whether the user's code calls; where a method of `primitive` does, whether it called that."""
    while frame is not None:
        name: str = frame.f_globals.get("__name__", "")
        if name.partition(".")[0] not in _OTHERS or name.startswith(_EXPLORER):
            return True
        if primitive is None or frame.f_locals.get("self") is not primitive:
            return False
        frame = frame.f_back
    return False


def makes_explored(frame: FrameType) -> bool:
    """Tell whether a lock that is made here is one whose calls are steps.

    Those of redis-py guard what is done within a step; nobody is to see them.
    """
    return not _is_redis_pys(frame) and is_users(frame)
