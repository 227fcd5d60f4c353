"""An event loop whose time and whose idle moments belong to the explorer.

Only what `asyncio` documents is used: a loop may be given a selector, which it
asks to wait exactly when nothing is ready to run, and it tells the time by `time`.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from selectors import DefaultSelector, SelectorKey
from typing import TypeVar, TypeVarTuple, Unpack

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

    @property
    def has_others(self) -> bool:
        """Whether it is to watch anything besides the loop's own wake-ups."""
        return len(self.get_map()) > 1

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Return what is ready at once, or comes from outside while the explorer waits for it."""
        if timeout is not None and timeout <= 0:
            return super().select(0)
        return super().select(self._when_idle(timeout))


class RaceLoop(asyncio.SelectorEventLoop):
    """An event loop on the explorer's time.

    Args:
        when_idle: Called whenever no task of the loop can go on by itself.
        seconds: Tells the time.

    Attributes:
        selector: What it asks to wait.
    """

    def __init__(self, when_idle: Callable[[float | None], float], seconds: Callable[[], float]) -> None:
        self.selector = IdleSelector(when_idle)
        super().__init__(self.selector)
        self._seconds = seconds

    def time(self) -> float:
        """Return the explorer's time in seconds."""
        return self._seconds()

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run the function at once, in this thread: nothing runs beside the task whose turn it is."""
        del executor
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is for whoever awaits the future
            future.set_exception(error)
        return future
