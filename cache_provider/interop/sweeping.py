"""Sweeping a server from a task of an event loop."""

import asyncio
from threading import TIMEOUT_MAX

from cache_provider.aio.waiting import AsyncWaiter
from cache_provider.arguments import Ttl, ttl_ms
from cache_provider.memory.server import MemoryServer
from cache_provider.waiting import Patience


class Sweeper:
    """Removes what has expired and nobody touched, at an interval.

    The interval is real time, so a frozen or moved loop does not stop it; a
    clock that tells when it is moved is heeded at once. A sweep holds the loop
    up for as long as it takes, about a millisecond for a thousand expired entries.

    Args:
        server: What is swept.
        name: How messages call the interval.
        interval: Real time between two sweeps, a `timedelta` or seconds, more than 0.

    Attributes:
        last_sweep_ms: When the last sweep was, or else when this was made, on the server's clock.

    Raises:
        TypeError, ValueError: `interval` is not legal.
    """

    def __init__(self, server: MemoryServer, name: str, interval: Ttl) -> None:
        self._server = server
        self._seconds = min(ttl_ms(name, interval) / 1000, TIMEOUT_MAX)
        self._task: asyncio.Task[None] | None = None
        self.last_sweep_ms = server.clock.now_ms()

    @property
    def running(self) -> bool:
        """Whether the task sweeps; it does not survive its loop."""
        task = self._task
        return task is not None and not task.done() and not task.get_loop().is_closed()

    def start(self) -> None:
        """Start the task in the running loop, unless it runs."""
        if not self.running:
            self._task = asyncio.create_task(self._sweep_on(), name="cache-provider-sweeper")

    async def stop(self) -> None:
        """End the task and return when it has ended. Does nothing if it does not run."""
        task, self._task = (self._task, None) if self.running else (None, None)
        if task is not None:
            task.cancel()
            # Not `await task`: a cancellation of the caller could not be told from the task's own.
            await asyncio.wait([task])

    async def _sweep_on(self) -> None:
        waiter = AsyncWaiter()
        while True:
            # Without end on the cache's clock: a sweep must never be what moves one that jumps.
            await waiter.wait(Patience(self._server.clock, None), at_most=self._seconds)
            self._server.sweep()
            self.last_sweep_ms = self._server.clock.now_ms()
