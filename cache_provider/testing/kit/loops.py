"""Doing something on every event loop that a cache was used on, before that loop is closed."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any
from weakref import WeakKeyDictionary

from cache_provider.steps import Steps
from cache_provider.testing.seam import Operation, Proceed


class LoopEnds:
    """An interceptor that hears of the end of each loop it meets an operation on.

    A fixture that no plugin awaits cannot close what belongs to a loop. But
    every runner (`asyncio.run`, pytest-asyncio's, anyio's) ends the loop's
    asynchronous generators before it closes the loop, so one of them waits there.

    Args:
        farewell: What is awaited on each loop, once, at its end.
    """

    def __init__(self, farewell: Callable[[], Awaitable[None]]) -> None:
        self._farewell = farewell
        self._waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = (
            WeakKeyDictionary()
        )

    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Let the operation proceed; see to it that its loop's end is heard of."""
        del operation
        yield self.attend()
        return (yield from proceed())

    def close(self) -> None:
        """Do on the loops that are still open, and now at rest, what is to be done at their end."""
        for loop, waiting in list(self._waiting.items()):
            if not loop.is_closed() and not loop.is_running():
                loop.run_until_complete(waiting.aclose())

    async def attend(self) -> None:
        """See to it that the end of the running loop is heard of."""
        loop = asyncio.get_running_loop()
        if loop not in self._waiting:
            self._waiting[loop] = self._until_the_end()
            await anext(self._waiting[loop])

    async def _until_the_end(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            await self._farewell()
