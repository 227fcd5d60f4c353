"""What stress tests run under."""

import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _restless_interpreter(tiny_switch_interval: None) -> None:
    """Let the interpreter switch threads every 10 µs."""


@pytest.fixture(params=["freely", "line by line"])
def interleaving(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a test twice: as its threads happen to run, and with switches between the lines of the package."""
    before = threading.gettrace()
    if request.param == "line by line":
        threading.settrace(_GivesWay("cache_provider."))
    yield
    threading.settrace(before)


class _GivesWay:
    """A trace function under which threads give way to each other in the middle of a package's functions.

    Args:
        prefix: How the names of the package's modules begin.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        # Enough to meet every race of a short function, and soon over.
        self._lines = iter(range(10_000))

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> "_GivesWay | None":
        if event == "call" and not frame.f_globals.get("__name__", "").startswith(self._prefix):
            return None
        line = next(self._lines, None)
        if line is None:
            return None
        # At every single line the threads would take turns in step, always the same ones side by side.
        if event == "line" and line % 7 == 0:
            # Not a wait for anything: the shortest sleep there is, as one of 0 often comes back at once.
            time.sleep(1e-6)
        return self
