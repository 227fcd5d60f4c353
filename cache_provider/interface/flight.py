"""Flights: one caller computes a missing value, the others of its process wait for the outcome."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from copy import copy
from typing import Any

from cache_provider.exclusion import Mutex, exclusive
from cache_provider.steps import Steps
from cache_provider.waiting import Gate, Patience, Waiter


class Outcome:
    """What a computation came to: a value, or the exception that ended it."""

    def __init__(self, value: Any = None, error: Exception | None = None) -> None:
        self.value = value
        self.error = error
        # As they were when the computation ended: its caller may add some of its own.
        self._notes = list(getattr(error, "__notes__", ()))

    def unwrap(self) -> Any:
        """Return the value, or raise the exception."""
        if self.error is not None:
            raise self.error
        return self.value

    def for_a_waiter(self) -> "Outcome":
        """Return the same outcome with an exception that only one caller raises.

        Raised by several, one exception would gather the tracebacks, and so the
        local variables, of them all.
        """
        if self.error is None:
            return self
        twin = _twin(self.error)
        twin.__cause__ = self.error
        vars(twin).pop("__notes__", None)
        for note in self._notes:
            twin.add_note(note)
        return Outcome(error=twin)


def _twin(error: Exception) -> Exception:
    """Return another exception of the same class with the same arguments and attributes."""
    kind = type(error)
    try:
        twin = copy(error)
    except Exception:  # noqa: BLE001 - a constructor that takes something else than its arguments
        twin = error
    if type(twin) is not kind or twin is error:
        twin = kind.__new__(kind, *error.args)
        twin.args = error.args
        vars(twin).update(vars(error))
    return twin


class Flight:
    """One computation of one key, and those who wait for it.

    Args:
        place: Where it stands in the table.
        lease: How long the leader has; after that it counts as crashed.

    Attributes:
        place: Where it stands in the table.
        is_over: Whether it ended, with an outcome or without.
        outcome: What it came to; None if the leader was interrupted, and somebody else must compute.
    """

    def __init__(self, place: tuple[int, str], lease: Patience) -> None:
        self.place = place
        self.is_over = False
        self.outcome: Outcome | None = None
        self._lease = lease
        self._waiters: list[Gate] = []
        self._is_boarding = True
        self._changing = Mutex()

    @contextmanager
    def leading(self) -> Generator[None]:
        """Mark what runs inside, and whatever that starts, as this flight's own."""
        mark = _LED.set(_LED.get() | {self})
        try:
            yield
        finally:
            # A task that was dropped is closed in whatever context that happens.
            with suppress(ValueError):
                _LED.reset(mark)

    def is_led_here(self) -> bool:
        """Tell whether the caller runs as part of this flight, so that waiting for it would never end."""
        return self in _LED.get()

    def end(self, outcome: Outcome | None) -> None:
        """End, and wake everyone who waits."""
        for waiter in self._ended(outcome):
            waiter.wake()

    @exclusive("_changing")
    def stop_boarding(self) -> bool:
        """Let nobody come on board any more; tell whether somebody could until now."""
        could, self._is_boarding = self._is_boarding, False
        return could

    def is_lost(self) -> bool:
        """Tell whether the leader counts as crashed."""
        return not self.is_over and self._lease.is_over()

    def wait(self, gate: Gate, patience: Patience) -> Steps[None]:
        """Wait for the end, for the leader to count as crashed, or for the end of patience."""
        self._await_end(gate)
        while not (self.is_over or self._lease.is_over() or patience.is_over()):
            yield gate.wait(patience, self._lease.alarm(), at_most=self._lease.left())

    @exclusive("_changing")
    def _await_end(self, gate: Gate) -> None:
        self._waiters.append(gate)

    @exclusive("_changing")
    def _ended(self, outcome: Outcome | None) -> list[Gate]:
        self.outcome = outcome
        self.is_over = True
        return self._waiters.copy()


_LED: ContextVar[frozenset[Flight]] = ContextVar("the flights that the caller leads", default=frozenset())


class FlightTable:
    """The flights of one provider that are on their way.

    Args:
        make_gate: Makes what one caller waits at.
    """

    def __init__(self, make_gate: Callable[[], Gate] = Waiter) -> None:
        self.make_gate = make_gate
        self._flights: dict[tuple[int, str], Flight] = {}

    def board(self, key: str, lease: Patience) -> tuple[Flight, bool]:
        """Return the flight for `key`, and whether the caller is to lead it, for as long as `lease`."""
        # With the process' number: a child must not wait for a thread of its parent.
        mine = Flight((os.getpid(), key), lease)
        flight = self._flights.setdefault(mine.place, mine)
        return flight, flight is mine

    def close(self, flight: Flight) -> None:
        """Let later callers start a flight of their own."""
        # The first to close it, and nobody else: what stands there afterwards is another flight.
        if flight.stop_boarding():
            del self._flights[flight.place]
