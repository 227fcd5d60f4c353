"""Flights: one caller computes a missing value, the others of its process wait for the outcome."""

import os
import threading
from typing import Any

from cache_provider.waiting import Patience, Waiter


class Flight:
    """One computation of one key, and those who wait for it."""

    def __init__(self) -> None:
        self._leader = threading.get_ident()
        self.is_over = False
        self.value: Any = None
        self.error: Exception | None = None
        self.abandoned = False
        self._waiters: list[Waiter] = []

    def is_led_here(self) -> bool:
        """Tell whether the calling thread leads this flight."""
        return self._leader == threading.get_ident()

    def land(self, value: Any) -> None:
        """End with a value."""
        self.value = value
        self._end()

    def fail(self, error: Exception) -> None:
        """End with the exception that every waiter gets too."""
        self.error = error
        self._end()

    def abandon(self) -> None:
        """End without an outcome: the leader was interrupted, and somebody else must compute."""
        self.abandoned = True
        self._end()

    def wait(self, patience: Patience) -> bool:
        """Wait for the end; False if patience ended first."""
        waiter = Waiter()
        self._waiters.append(waiter)
        while not self.is_over:
            if patience.is_over():
                return False
            waiter.wait(patience)
        return True

    def _end(self) -> None:
        # In this order, and the other way round in `wait`, so that nobody is left waiting.
        self.is_over = True
        for waiter in self._waiters:
            waiter.wake()


class FlightTable:
    """The flights of one provider that are on their way."""

    def __init__(self) -> None:
        self._flights: dict[tuple[int, str], Flight] = {}

    def board(self, key: str) -> tuple[Flight, bool]:
        """Return the flight for `key`, and whether the caller is to lead it."""
        mine = Flight()
        # With the process' number: a child must not wait for a thread of its parent.
        flight = self._flights.setdefault((os.getpid(), key), mine)
        return flight, flight is mine

    def close(self, key: str) -> None:
        """Let later callers start a flight of their own."""
        del self._flights[os.getpid(), key]
