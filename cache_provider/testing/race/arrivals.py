"""What threads hand in to an event loop: callbacks, in an order that no scheduler decides."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import Context
from functools import partial
from itertools import count
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

_LATER = 1 << 62
"""After every callback that is for a future."""


class Arrival(asyncio.Handle):
    """A callback that a thread has handed in."""

    def __init__(
        self,
        callback: Callable[..., object],
        arguments: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        super().__init__(callback, arguments, loop, context)
        self.thread = threading.current_thread()
        self.arguments = arguments
        self._deliver = partial(loop.call_soon, callback, *arguments, context=context)
        self._called: asyncio.Handle | None = None

    def deliver(self) -> None:
        """Have the loop call it."""
        if not self.cancelled():
            self._called = self._deliver()

    def cancel(self) -> None:
        """Have it not called, even if the loop was told to already."""
        super().cancel()
        if self._called is not None:
            self._called.cancel()


class Arrivals:
    """The callbacks that wait for all threads to come to rest.

    Two threads that work at once hand them in as the system has it; which goes first is to be the
    same in every run. So they go by the futures that they are for, in the order in which these were
    made, and those for none by the thread, in the order in which these were started.
    """

    def __init__(self) -> None:
        self._waiting: list[Arrival] = []
        self._numbers = WeakKeyDictionary[asyncio.Future[Any], int]()
        self._next_number = count()

    def number(self, future: asyncio.Future[Any]) -> None:
        """Note that a future was made."""
        self._numbers[future] = next(self._next_number)

    def add(self, arrival: Arrival) -> None:
        """Note what the calling thread hands in."""
        self._waiting.append(arrival)

    @property
    def are_there(self) -> bool:
        """Whether anything was handed in."""
        return bool(self._waiting)

    def of(self, kind: type[T]) -> list[T]:
        """Return the arguments of a class with which anything handed in is to be called."""
        return [
            argument
            for arrival in self._waiting.copy()
            for argument in arrival.arguments
            if isinstance(argument, kind)
        ]

    def deliver(self) -> None:
        """Have the loop call all that were handed in."""
        # In this way none is lost that comes meanwhile.
        handed_in = self._waiting.copy()
        del self._waiting[: len(handed_in)]
        threads = {thread: place for place, thread in enumerate(threading.enumerate())}
        for arrival in sorted(handed_in, key=lambda arrival: self._place(arrival, threads)):
            arrival.deliver()

    def _place(self, arrival: Arrival, threads: dict[threading.Thread, int]) -> tuple[int, int]:
        of_futures = [
            self._numbers[argument]
            for argument in arrival.arguments
            if isinstance(argument, asyncio.Future) and argument in self._numbers
        ]
        return min(of_futures, default=_LATER), threads.get(arrival.thread, -1)
