"""Time that a test moves, on a server whose time nobody moves."""

import sys
import time
from collections.abc import Callable
from typing import Any

from cache_provider.steps import Steps
from cache_provider.testing.seam import Operation, Proceed
from cache_provider.time_moves import BUILTIN


class MovedTimeError(BaseException):
    """An operation was asked of a real server while the test had moved the time of its own process.

    No `Exception`: code under test that handles those must not take it for the server's.
    """


class RealTime:
    """An interceptor that lets no operation reach a server while time is moved or frozen.

    Args:
        forbid: Is told of an operation that was held up: what the test sees from then on says nothing.
    """

    def __init__(self, forbid: Callable[[], object]) -> None:
        self._forbid = forbid

    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Let the operation proceed if time is what it is."""
        check_time(operation.name, self._forbid)
        return (yield from proceed())


def check_time(operation: str, forbid: Callable[[], object]) -> None:
    """Do nothing if time is what it is.

    Raises:
        MovedTimeError: It is moved or frozen, and `forbid` was told.
    """
    if time_is_moved():
        forbid()
        raise MovedTimeError(f"{operation}: time is moved, and this server's is not")


def time_is_moved() -> bool:
    """Tell whether freezegun, time-machine or a mock has replaced the time of this process."""
    time_machine = sys.modules.get("time_machine")
    is_travelling = time_machine is not None and time_machine.escape_hatch.is_travelling()
    return is_travelling or type(time.time) is not BUILTIN
