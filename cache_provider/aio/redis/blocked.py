"""`AwaitedCall`: a blocking command of a task, which it may give up."""

import asyncio
from typing import Any

from cache_provider.aio.steps import finish
from cache_provider.aio.waiting import AsyncWaiter
from cache_provider.redis.lending import Lender, Lent
from cache_provider.redis.requests import Argument
from cache_provider.waiting import Patience

_FOR_LONG = 1e6
"""Seconds; without a time-out of its own redis-py takes the client's."""


class AwaitedCall:
    """A command that blocks on the server, on a connection that nobody else uses meanwhile.

    Args:
        lender: Where the connection comes from.
        lent: The connection.
    """

    def __init__(self, lender: Lender, lent: Lent) -> None:
        self._lender = lender
        self._lent = lent
        self._gate = AsyncWaiter()
        self._reading: asyncio.Future[Any] | None = None

    async def send(self, words: tuple[Argument, ...]) -> None:
        """Send the command, and begin to listen."""
        await self._lent.connection.send_command(*words)
        reading = asyncio.ensure_future(self._lent.connection.read_response(timeout=_FOR_LONG))
        reading.add_done_callback(self._wake)
        self._reading = reading

    def _wake(self, _reading: "asyncio.Future[Any]") -> None:
        self._gate.wake()

    async def is_answered(self, patience: Patience, at_most: float) -> bool:
        """Wait for the answer, so many real seconds; return whether it is there."""
        assert self._reading is not None, "nothing was sent"
        if not self._reading.done():
            await self._gate.wait(patience, at_most=at_most)
        return self._reading.done()

    async def answer(self) -> Any:
        """Return the answer, or raise it, and let the connection go."""
        assert self._reading is not None, "nothing was sent"
        await finish(self._lender.take_back(self._lent))
        return self._reading.result()

    async def hang_up(self) -> None:
        """End the command without an answer."""
        if self._reading is not None and not self._reading.done():
            self._reading.cancel()
            await asyncio.wait([self._reading])
        await self._lent.connection.disconnect(nowait=True)
        await finish(self._lender.take_back(self._lent))
