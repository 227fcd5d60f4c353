"""Saying how far a long sweep has come."""

import sys
from collections.abc import Callable

from cache_provider.clock import monotonic

_INTERVAL = 2.0
"""Real seconds between two lines; a sweep that takes less says nothing."""


def to_stderr(line: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{line}\n")


class Progress:
    """Counts cells and writes a line now and then.

    Args:
        write: Is given each line.
        now: Returns real seconds.
    """

    def __init__(self, write: Callable[[str], object], now: Callable[[], float] = monotonic) -> None:
        self._write = write
        self._now = now
        self._said = now()
        self._cells = 0
        self._failed = 0

    def count(self, *, failed: bool, known: int) -> None:
        """Count one cell of `known` ones so far."""
        self._cells += 1
        self._failed += failed
        if self._now() - self._said >= _INTERVAL:
            self._said = self._now()
            self._write(f"sweep: {self._cells} of {known} cells, {self._failed} failed")
