"""The asynchronous driver: clients of `redis.asyncio` as lines, and programs carried out on them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel

from cache_provider.aio.steps import finish
from cache_provider.aio.waiting import AsyncWaiter, sleep
from cache_provider.clock import SYSTEM_CLOCK, monotonic
from cache_provider.errors import CacheTimeoutError
from cache_provider.redis.clients import Family, mark_unsent, with_its_helpers
from cache_provider.redis.delivery import Delivery
from cache_provider.redis.failures import FOREIGN
from cache_provider.redis.requests import Argument, Command, Program, T
from cache_provider.waiting import Patience

A_MOMENT = 0.25
"""Real seconds for which a cancellation waits for what must be carried out all the same."""


def _connect(transport: Any) -> Any:
    async def connect(connection: Any) -> None:
        try:
            await transport.connect(connection)
        except FOREIGN as error:
            mark_unsent(error)
            raise

    return connect


FAMILY = Family(
    redis.asyncio.ConnectionPool,
    redis.asyncio.Redis,
    Sentinel,
    redis.asyncio.RedisCluster,
    ClusterNode,
    Retry,
    _connect,
)
"""Clients that an event loop waits for."""


class AsyncLine:
    """A client of one node, of Sentinel or of a cluster, on one event loop."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.is_cluster = isinstance(client, redis.asyncio.RedisCluster)

    async def execute(self, *words: Argument) -> Any:
        """Send a command that names its key, and return the answer."""
        return await _heeding_cancellation(self.client.execute_command(*words))

    async def pipeline(self, commands: tuple[Command, ...], *, atomic: bool) -> list[Any]:
        """Send several commands in one round trip; return their answers, errors among them."""
        async with self.client.pipeline(transaction=atomic) as pipeline:
            for command in commands:
                pipeline.execute_command(*command.arguments)
            answers: list[Any] = await _heeding_cancellation(pipeline.execute(raise_on_error=False))
            return answers

    async def primaries(self) -> list[str]:
        """Return the names of a cluster's primaries."""
        await _heeding_cancellation(self.client.initialize())
        return [node.name for node in self.client.get_primaries()]

    async def ask(self, node_name: str, *words: Argument) -> Any:
        """Send a command that names no key to one node of a cluster."""
        node = self.client.get_node(node_name=node_name)
        return await _heeding_cancellation(node.execute_command(*words))

    async def pause(self, seconds: float) -> None:
        """Let real time pass."""
        await sleep(seconds)


async def _heeding_cancellation(sending: Awaitable[Any]) -> Any:
    """Wait for an answer; be cancelled also where the cancellation was swallowed on the way.

    redis-py sends within `asyncio.wait_for`, which on Python 3.11 returns a
    result that came together with a cancellation, and forgets the latter.
    """
    task = asyncio.current_task()
    asked_before = 0 if task is None else task.cancelling()
    answer = await sending
    if task is not None and task.cancelling() > asked_before:
        raise asyncio.CancelledError
    return answer


async def _a_moment(running: "asyncio.Future[Any]") -> None:
    """Wait for what runs on, in real time and not for long, however often the task is cancelled again."""
    until = monotonic() + A_MOMENT
    gate = AsyncWaiter()
    running.add_done_callback(lambda _done: gate.wake())
    while not running.done() and (left := until - monotonic()) > 0:
        with suppress(asyncio.CancelledError):
            await gate.wait(Patience(SYSTEM_CLOCK, None), at_most=left)


class AsyncDriver(Delivery):
    """Runs programs in the calling task.

    Connections belong to the event loop that opened them, so each loop has a client of its own.

    Args:
        make_client: Makes a client for the loop that runs.
        repeats_itself: Whether it may send a command again unasked.
    """

    def __init__(self, make_client: Callable[[], Any], *, repeats_itself: bool) -> None:
        super().__init__(repeats_itself=repeats_itself)
        self._make_client = make_client
        # Only this keeps them: a loop knows its tasks weakly.
        self._left: set[asyncio.Future[Any]] = set()
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncLine] = WeakKeyDictionary()

    async def run(self, program: Program[T]) -> T:
        """Run a program to its end."""
        return await finish(self.carry_out(self._line(), program))

    async def run_through(self, program: Program[T]) -> T:
        """Run a program to its end, also if the calling task is cancelled meanwhile.

        The cancellation then waits for a server that answers as servers do. One
        that does not answer is left to the loop.
        """
        running = self._start(program)
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError as cancelled:
            await _a_moment(running)
            if running.done() and not running.cancelled() and (failure := running.exception()) is not None:
                cancelled.add_note(f"and what was carried out all the same failed: {failure}")
            raise
        return running.result()

    async def run_briefly(self, program: Program[T]) -> T:
        """Run a program for as long as servers need; what takes longer is left to the loop.

        Raises:
            CacheTimeoutError: It is not over yet.
        """
        running = self._start(program)
        await _a_moment(running)
        if not running.done():
            raise CacheTimeoutError("the server has not answered yet")
        return running.result()

    def _start(self, program: Program[T]) -> "asyncio.Future[T]":
        running = asyncio.ensure_future(self.run(program))
        self._left.add(running)
        running.add_done_callback(self._let_go)
        return running

    def _let_go(self, running: "asyncio.Future[Any]") -> None:
        self._left.discard(running)
        if not running.cancelled():
            running.exception()  # seen: whoever was cancelled is not there to be told

    async def disconnect(self) -> None:
        """Close the client of the loop that runs."""
        line = self._lines.pop(asyncio.get_running_loop(), None)
        for client in () if line is None else with_its_helpers(line.client):
            await client.aclose()

    def _line(self) -> AsyncLine:
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop)
        if line is None:
            line = self._lines[loop] = AsyncLine(self._make_client())
        return line
