"""Waiting in a task: a gate that any thread may open, on real time and on the cache's clock."""

import asyncio
from collections.abc import Generator
from threading import TIMEOUT_MAX
from types import coroutine

from cache_provider.aio.timers import REAL_TIME
from cache_provider.clock import SYSTEM_CLOCK, Clock, monotonic
from cache_provider.errors import CacheConfigurationError
from cache_provider.waiting import Gate, Patience

_NOT_ASYNCIO = (
    "asynchronous providers need asyncio, and it is not running here: "
    "under trio use a synchronous provider in trio.to_thread.run_sync"
)


class AsyncWaiter(Gate):
    """One task's gate; made while its event loop runs."""

    def __init__(self) -> None:
        self._loop = running_loop()
        self._is_open = asyncio.Event()

    def wake(self) -> bool:
        try:
            self._loop.call_soon_threadsafe(self._is_open.set)
        except RuntimeError:  # its loop is closed
            return False
        return True

    async def wait(
        self,
        patience: Patience,
        alarm: tuple[Clock, int] | None = None,
        *,
        at_most: float = TIMEOUT_MAX,
    ) -> None:
        with self._watch(patience, alarm) as watch:
            seconds = watch.seconds(at_most)
            await (self._sleep(seconds) if seconds > 0 else give_way())

    async def _sleep(self, seconds: float) -> None:
        if seconds >= TIMEOUT_MAX:
            await self._opened()
            return
        timer = REAL_TIME.after(seconds, self.wake)
        try:
            await self._opened()
        finally:
            timer.cancel()

    async def _opened(self) -> None:
        await self._is_open.wait()
        self._is_open.clear()


def running_loop() -> asyncio.AbstractEventLoop:
    """Return asyncio's running loop.

    Raises:
        CacheConfigurationError: None runs: it is another library that runs this coroutine.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise CacheConfigurationError(_NOT_ASYNCIO) from None


@coroutine
def give_way() -> Generator[None, None, None]:
    """Let the other tasks of the loop run once, as waiting for a server would."""
    try:
        # What `asyncio.sleep(0)` comes to, without two coroutines more for each operation.
        yield
    except TypeError:
        # What trio throws at code that yields what it does not know. Without
        # any loop nothing is thrown: the leak watch takes such steps by itself.
        raise CacheConfigurationError(_NOT_ASYNCIO) from None


async def sleep(seconds: float) -> None:
    """Wait in real time, whatever moves the loop's clock."""
    until = monotonic() + seconds
    while (left := until - monotonic()) > 0:
        await AsyncWaiter().wait(Patience(SYSTEM_CLOCK, None), at_most=left)
