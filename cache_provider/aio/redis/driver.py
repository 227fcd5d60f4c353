"""The asynchronous driver: clients of `redis.asyncio` as lines, and programs carried out on them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import redis.asyncio
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel

from cache_provider.aio.redis.blocked import AwaitedCall
from cache_provider.aio.steps import finish
from cache_provider.aio.waiting import AsyncWaiter, running_loop, sleep
from cache_provider.clock import SYSTEM_CLOCK, monotonic
from cache_provider.errors import CacheError, CacheTimeoutError
from cache_provider.redis.clients import Family, Opened, connection_pool, with_its_helpers
from cache_provider.redis.connections import abandon, awaited, cluster_nodes
from cache_provider.redis.delivery import Delivery
from cache_provider.redis.lending import Lender
from cache_provider.redis.life import Life
from cache_provider.redis.natives import DeleteIfEqual
from cache_provider.redis.requests import Argument, Command, Program, T
from cache_provider.waiting import Patience

A_MOMENT = 0.25
"""Real seconds for which a cancellation waits for what must be carried out all the same."""


class _ClosingCluster(redis.asyncio.RedisCluster):
    """A client of a cluster that sends no command again after an error."""

    ERRORS_ALLOW_RETRY: Any = ()

    async def initialize(self, *arguments: Any, **options: Any) -> Any:
        """Ask for the nodes, if that is due; send to those that were there before, by their connections.

        redis-py 7 makes each node anew whenever it asks, and nobody closes what the last ones opened.
        """
        is_due = self._initialize
        await super().initialize(*arguments, **options)
        if is_due:
            known: Any = self.nodes_manager.nodes_cache
            served: Any = self.nodes_manager.slots_cache
            # Slots of one range share a list.
            for nodes in {id(nodes): nodes for nodes in served.values()}.values():
                nodes[:] = [known.get(node.name, node) for node in nodes]
        return self


def _cluster(nodes: list[ClusterNode], options: dict[str, Any]) -> Any:
    client: Any = _ClosingCluster(startup_nodes=nodes, **options)
    if hasattr(
        client, "cluster_error_retry_attempts"
    ):  # before redis-py 6; of pipelines it is the first one too
        client.cluster_error_retry_attempts = 1
    transport = awaited(client.connection_kwargs.get("connection_class", redis.asyncio.Connection))
    client.connection_kwargs["connection_class"] = transport
    for node in client.nodes_manager.startup_nodes.values():
        node.connection_class = transport
    return client


FAMILY = Family(
    home="redis.asyncio",
    pool=redis.asyncio.ConnectionPool,
    one_node=redis.asyncio.Redis,
    sentinel=Sentinel,
    cluster=_cluster,
    cluster_node=ClusterNode,
    retry=Retry,
    watchful=awaited,
    gate=AsyncWaiter,
    kinds=(redis.asyncio.Redis, redis.asyncio.RedisCluster),
)
"""Clients that an event loop waits for."""


class AsyncLine:
    """A client of one node, of Sentinel or of a cluster, on one event loop."""

    def __init__(self, opened: Opened, life: Life) -> None:
        self.client = opened.client
        self.life = life
        self.places = opened.places
        self.is_ours = opened.is_ours
        self.is_cluster = isinstance(self.client, redis.asyncio.RedisCluster)
        self._lender = Lender(opened.places)
        self.delete_if_equal = DeleteIfEqual()

    async def execute(self, *words: Argument, **options: bool) -> Any:
        """Send a command that names its key, and return the answer."""
        return await _heeding_cancellation(self.client.execute_command(*words, **options))

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

    async def reconnect(self) -> None:
        """Close what connections are idle, so that the next one is opened to the server that is there now."""
        pool = connection_pool(self.client)
        if pool is not None:
            await pool.disconnect(inuse_connections=False)

    async def pause(self, seconds: float) -> None:
        """Let real time pass."""
        await sleep(seconds)

    async def blocked_call(self, full_key: bytes) -> AwaitedCall:
        """Return a call of a blocking command about a key."""
        pool = connection_pool(self.client)
        source = pool or await self._node(full_key)
        return AwaitedCall(self._lender, await finish(self._lender.lend(pool, source)))

    async def _node(self, full_key: bytes) -> Any:
        await _heeding_cancellation(self.client.initialize())
        return self.client.nodes_manager.get_node_from_slot(self.client.keyslot(full_key))

    async def close(self) -> None:
        """Close what was opened here."""
        for connection in self._lender.close():
            await connection.disconnect()
        if not self.is_ours:
            return
        for client in with_its_helpers(self.client):
            await client.aclose()
        # After a lost connection a cluster's client believes that it has been closed.
        for node in cluster_nodes(self.client):
            await node.disconnect()


async def _heeding_cancellation(sending: Awaitable[Any]) -> Any:
    """Wait for an answer; be cancelled also where the cancellation was swallowed on the way.

    redis-py sends within `asyncio.wait_for`, which on Python 3.11 returns a
    result that came together with a cancellation, and forgets the latter.
    """
    task = asyncio.current_task()
    asked_before = 0 if task is None else task.cancelling()
    try:
        answer = await sending
    except RuntimeError as error:
        raise CacheError(
            f"{error}; a client of redis.asyncio serves one loop, an adapter with a url all"
        ) from error
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
        make: Makes a client for the loop that runs.
        shared: A client for all loops instead, which is left open, and may send a command again unasked.
    """

    def __init__(self, make: Callable[[], Opened] | None = None, *, shared: Opened | None = None) -> None:
        super().__init__(repeats_itself=shared is not None)
        self._make = make
        self._shared = None if shared is None else AsyncLine(shared, self.life)
        self._lines: dict[asyncio.AbstractEventLoop, AsyncLine] = {}
        self._ends: dict[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = {}
        # Only this keeps them: a loop knows its tasks weakly.
        self._left: set[asyncio.Future[Any]] = set()

    async def run(self, program: Program[T]) -> T:
        """Run a program to its end."""
        line = self._line()
        try:
            return await finish(self.carry_out(line, program))
        finally:
            if self.life.is_over:
                await line.close()  # what this program may have opened since
                await self.disconnect()

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
            running.exception()  # seen: the task that was cancelled is not there to be told

    async def blocked_call(self, full_key: bytes) -> AwaitedCall:
        """Return a call of a blocking command about a key."""
        self.life.require()
        return await self._line().blocked_call(full_key)

    async def disconnect(self) -> None:
        """Close the client of the loop that runs; beside one that was handed in, what was opened here."""
        if self._shared is not None:
            await self._shared.close()
        end = self._ends.pop(running_loop(), None)
        if end is not None:
            await end.aclose()

    def _line(self) -> AsyncLine:
        loop = running_loop()
        if self._shared is not None:
            return self._shared
        return self._lines.get(loop) or self._open(loop)

    def _open(self, loop: asyncio.AbstractEventLoop) -> AsyncLine:
        """Make a line for a loop; forget those of loops that ended without a word."""
        assert self._make is not None, "nothing is shared"
        for gone in [other for other in tuple(self._lines) if other.is_closed()]:
            line = self._lines.pop(gone, None)
            self._ends.pop(gone, None)
            if line is not None:
                abandon(line.client)
        line = self._lines[loop] = AsyncLine(self._make(), self.life)
        end = self._ends[loop] = self._until_the_end(loop, line)
        _begin(end)
        return line

    async def _until_the_end(
        self, loop: asyncio.AbstractEventLoop, line: AsyncLine
    ) -> AsyncGenerator[None, None]:
        """Close a line with the loop: who ends one shuts down the generators that were begun in it."""
        try:
            yield
        finally:
            self._lines.pop(loop, None)
            self._ends.pop(loop, None)
            await line.close()


def _begin(generator: AsyncGenerator[None, None]) -> None:
    """Run a generator to its first `yield`, for which it need not wait."""
    with suppress(StopIteration):
        generator.__anext__().__await__().__next__()
