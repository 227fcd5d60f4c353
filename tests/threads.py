"""Threads that a test can trust: they end, and what they raise is raised again."""

import gc
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

PATIENCE = 30.0
"""Real seconds after which a thread counts as stuck; nothing ever waits this long on the way to green."""


class Task(Generic[T]):
    """A function running in a thread, with its result."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._results: list[T] = []
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._results.append(self._function())
        except BaseException as error:  # noqa: BLE001 - it is raised again in `result`
            self._errors.append(error)

    def is_running(self) -> bool:
        """Tell whether the thread has not ended."""
        return self._thread.is_alive()

    def result(self) -> T:
        """Wait for the end; return the result or raise what the function raised."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the thread is stuck"
        if self._errors:
            raise self._errors[0]
        return self._results[0]


def until(condition: Callable[[], bool]) -> None:
    """Wait until another thread has brought `condition` about."""
    look_again = threading.Event()
    for _ in range(int(PATIENCE / 0.001)):
        if condition():
            return
        look_again.wait(0.001)
    raise AssertionError("what was waited for never happened")


def renewing_threads() -> list[threading.Thread]:
    """Return the threads that keep the claims of renewed locks."""
    return [thread for thread in threading.enumerate() if thread.name == "cache-provider-renewals"]


def nothing_is_renewed() -> None:
    """Wait until no claim of an earlier test is kept any more."""
    gc.collect()
    until(lambda: renewing_threads() == [])
