"""`ThreadedCall`: a blocking command of a thread, which it may give up."""

from contextlib import suppress
from typing import Any

from cache_provider.redis.failures import FOREIGN
from cache_provider.redis.lending import Lender, Lent
from cache_provider.redis.requests import Argument
from cache_provider.steps import finish
from cache_provider.waiting import Patience


class ThreadedCall:
    """A command that blocks on the server, on a connection that nobody else uses meanwhile.

    Args:
        lender: Where the connection comes from.
        lent: The connection.
    """

    def __init__(self, lender: Lender, lent: Lent) -> None:
        self._lender = lender
        self._lent = lent

    def send(self, words: tuple[Argument, ...]) -> None:
        """Send the command."""
        self._lent.connection.send_command(*words)

    def is_answered(self, patience: Patience, at_most: float) -> bool:
        """Wait for the answer, so many real seconds; return whether it is there."""
        # A thread that listens to a socket hears no clock: where time is moved it looks again soon.
        pause = patience.clock.pause(patience.until_ms)
        seconds = at_most if pause is None else min(at_most, pause)
        return bool(self._lent.connection.can_read(timeout=seconds))

    def answer(self) -> Any:
        """Return the answer, or raise it, and let the connection go."""
        try:
            return self._lent.connection.read_response()
        finally:
            finish(self._lender.take_back(self._lent))

    def hang_up(self) -> None:
        """End the command without an answer."""
        with suppress(*FOREIGN):  # the adapter's end may come at the same time
            self._lent.connection.disconnect()
        finish(self._lender.take_back(self._lent))
