"""Flights: one caller computes a missing value, the others of its process wait for the outcome."""

import os
import threading
from typing import Any

from cache_provider.waiting import Patience, Waiter


class Flight:
    """One computation of one key, and those who wait for it.

    Args:
        lease: How long the leader has; after that it counts as crashed.
    """

    def __init__(self, lease: Patience) -> None:
        self._lease = lease
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

    def is_lost(self) -> bool:
        """Tell whether the leader counts as crashed."""
        return not self.is_over and self._lease.is_over()

    def wait(self, patience: Patience) -> None:
        """Wait for the end, for the leader to count as crashed, or for the end of patience."""
        waiter = Waiter()
        self._waiters.append(waiter)
        while not (self.is_over or self._lease.is_over() or patience.is_over()):
            waiter.wait(patience, self._lease.alarm(), at_most=self._lease.left())

    def _end(self) -> None:
        # In this order, and the other way round in `wait`, so that nobody is left waiting.
        self.is_over = True
        for waiter in self._waiters:
            waiter.wake()


class FlightTable:
    """The flights of one provider that are on their way."""

    def __init__(self) -> None:
        self._flights: dict[tuple[int, str], Flight] = {}

    def board(self, key: str, lease: Patience) -> tuple[Flight, bool]:
        """Return the flight for `key`, and whether the caller is to lead it, for as long as `lease`."""
        mine = Flight(lease)
        # With the process' number: a child must not wait for a thread of its parent.
        flight = self._flights.setdefault((os.getpid(), key), mine)
        return flight, flight is mine

    def close(self, key: str, flight: Flight) -> None:
        """Let later callers start a flight of their own, if `flight` is still the one for `key`."""
        if self._flights.get((os.getpid(), key)) is flight:
            self._flights.pop((os.getpid(), key), None)
