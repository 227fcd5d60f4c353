"""One schedule with coroutines: whenever the loop has nothing to do, one of the parked goes on."""

import asyncio
import os
from asyncio import CancelledError, current_task
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context, copy_context
from math import ceil
from threading import get_ident
from typing import Any, cast
from weakref import WeakKeyDictionary

from cache_provider.aio.lock import AsyncDistributedLock
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.errors import LockNotOwnedError
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.testing.race.awaited import awaited_at, describe
from cache_provider.testing.race.blocking import GateWait, LockWait, RaceGate
from cache_provider.testing.race.caches import AsyncRaceCache, RaceCache
from cache_provider.testing.race.children import end_child, refuse_child
from cache_provider.testing.race.clients import ClientFactory, RaceClients, Side
from cache_provider.testing.race.errors import Abort, BlockedOutside, Crash, Deadlock, RaceError
from cache_provider.testing.race.guests import Guests, mark, whom_for
from cache_provider.testing.race.interception import Interception
from cache_provider.testing.race.loop import RaceLoop
from cache_provider.testing.race.mishaps import CancelledBefore
from cache_provider.testing.race.pauses import sleeping
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.race.tasks import PrimitiveCall, Task, Wait
from cache_provider.testing.race.visitors import A_LOOK, Visitors, stray
from cache_provider.testing.race.watching import frames, outside
from cache_provider.testing.seam import Operation, find_site, site_of

_PATIENCE = 100
"""How many times a task may be cancelled before it is left behind."""


class CoroutineRun:
    """The coroutines of one schedule.

    Args:
        stage: The schedule.
        visitors: Who may look at the caches afterwards.
        factory: Makes clients of redis-py.

    Attributes:
        stage: The schedule.
        ticks: Grows whenever the loop is idle.
    """

    def __init__(self, stage: Stage, visitors: Visitors, factory: ClientFactory) -> None:
        self.stage = stage
        self._visitors = visitors
        self.ticks = 0
        self.interception = Interception(stage, self._arrive)
        self._parked: dict[int, asyncio.Future[None]] = {}
        self._tasks: dict[asyncio.Task[Any], Task] = {}
        self._parents: WeakKeyDictionary[asyncio.Task[Any], Task] = WeakKeyDictionary()
        self._helpers = visitors.helpers
        self._waited = 0.0
        self._waited_at = -1
        self._ident = get_ident()
        self._pid = os.getpid()
        self._start_ms = stage.clock.now_ms()
        self._loop = RaceLoop(self._when_idle, self._seconds, lambda: stage.is_stopped)
        self._loop.set_task_factory(cast("Any", self._make))
        self._guests = Guests(stage, self._loop, self._loop.arrivals, self._task_of)
        self.clients = RaceClients(
            stage,
            factory,
            threads=Side(Interception(stage, self._arrive_in_thread), self._guests.pause),
            coroutines=Side(self.interception, self._pause_at),
        )
        self._all_ended: asyncio.Future[None] = self._loop.create_future()
        self._refusals = 0
        self._is_over = False
        self._main = stage.add(None, lambda: None)
        self._main.has_begun = True

    def _seconds(self) -> float:
        return (self.stage.clock.now_ms() - self._start_ms) / 1000

    def whose(self) -> str | None:
        """Return the name of the task that runs in the calling thread, or for which that works."""
        if self._is_over:
            return None
        is_ours = get_ident() == self._ident
        running = current_task(self._loop) if is_ours else whom_for()
        task = None if running is None else self._tasks.get(running) or self._parents.get(running)
        if task is None:
            return "" if is_ours else None
        return task.name

    # For the scenario

    def make_cache(self, **options: Any) -> AsyncRaceCache:
        """Return another cache on the schedule's server."""
        provider = AsyncInMemoryCacheAdapter(server=self.stage.server, **options)
        return AsyncRaceCache(provider, self.interception, self.stage, lambda: RaceGate(self._wait_at))

    def make_sync_cache(self, **options: Any) -> RaceCache:
        """Return a cache on the schedule's server for threads that work for the coroutines."""
        provider = InMemoryCacheAdapter(server=self.stage.server, **options)
        interception = Interception(self.stage, self._arrive_in_thread)
        return RaceCache(provider, interception, self.stage, lambda: RaceGate(self._guests.wait_at))

    def spawn(self, name: str | None, function: Callable[[], Coroutine[Any, Any, Any]]) -> Task:
        """Run a coroutine beside the others."""
        self._check_numbering()
        running = current_task()
        task = self.stage.add(name, function, self._main if running is None else self._tasks.get(running))
        self._follow(self._loop.create_task(self._begin(task)), task)
        return task

    async def _begin(self, task: Task) -> Any:
        """Wait for the task's first turn, and do what it is for."""
        await self._stop(task, None, None)
        return await task.function()

    async def join(self) -> None:
        """Wait until all other tasks have ended."""
        task = self._calling()
        await self._stop(task, None, self.stage.joining(task))

    def run(self, scenario: Callable[[], Awaitable[object]]) -> None:
        """Run the scenario in a loop of its own, and whatever it spawns to its end."""
        try:
            self._loop.run_until_complete(self._perform(scenario))
        finally:
            self._is_over = True
            self._loop.close()

    async def _perform(self, scenario: Callable[[], Awaitable[object]]) -> None:
        main = asyncio.create_task(self._scenario(scenario))
        self._follow(main, self._main)
        # Not to be told of the scenario's end by an exception: that is the schedule's.
        await self._all_ended
        self._is_over = True
        await self._loop.shutdown_asyncgens()

    async def _scenario(self, scenario: Callable[[], Awaitable[object]]) -> None:
        await scenario()
        await self.join()

    # In the tasks

    def _make(
        self,
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, Any],
        *,
        context: Context | None = None,
        **options: Any,
    ) -> asyncio.Task[Any]:
        """Make a task for whatever code asks for one, and remember whose code that was."""
        context = copy_context() if context is None else context
        made = asyncio.Task(coroutine, loop=loop, context=context, **options)
        self._loop.arrivals.number(made)
        mark(context, made)
        running = current_task(loop)
        if running is not None and running in self._tasks:
            self._parents[made] = self._tasks[running]
        elif running is not None and running in self._parents:
            self._parents[made] = self._parents[running]
        return made

    def _follow(self, running: asyncio.Task[Any], task: Task) -> None:
        self._tasks[running] = task
        task.look = lambda: awaited_at(running)
        task.awaits = lambda: describe(running, self._name_of)
        running.add_done_callback(self._ended)

    def _name_of(self, running: asyncio.Task[Any]) -> str | None:
        task = self._tasks.get(running)
        return None if task is None else task.name

    def _ended(self, running: asyncio.Task[Any]) -> None:
        task = self._tasks[running]
        self._guests.part(task)
        error = None if running.cancelled() else running.exception()
        end_child(self._pid, error)
        if error is None and not running.cancelled():
            task.result = running.result()
        if error is not None and not isinstance(error, Abort):
            self.stage.stop(error, task)
        self.stage.end(task)
        if not self.stage.live and not self._all_ended.done():
            self._all_ended.set_result(None)

    def _calling(self) -> Task:
        running = current_task()
        assert running is not None, "operations are awaited in tasks"
        return self._task_of(running)

    def _task_of(self, running: asyncio.Task[Any]) -> Task:
        if running not in self._tasks:
            self._adopt(running)
        return self._tasks[running]

    def _adopt(self, running: asyncio.Task[Any]) -> None:
        """Take over a task that the scenario's code made by itself, as `gather` does."""
        self._check_numbering()
        task = self.stage.add(None, lambda: None, self._parents.get(running, self._main))
        task.has_begun = True
        self._follow(running, task)

    def _check_numbering(self) -> None:
        running = current_task()
        if self.stage.is_reduced and (running is None or self._tasks.get(running) is not self._main):
            raise RaceError("with reduce='keys' only the scenario itself may spawn: tasks go by their number")

    async def _arrive(self, operation: Operation, wait: LockWait | None) -> Task | None:
        if self._is_over:
            self._visitors.check(operation.name)
            return None
        if get_ident() != self._ident:
            error = stray(operation.name)
            self.stage.stop(error)
            raise error
        if os.getpid() != self._pid:
            refuse_child(self._pid, operation.name)
        task = self._calling()
        if task.has_crashed:
            raise Crash
        try:
            await self._stop(task, operation, wait)
        except CancelledError as cancelled:
            if operation.name == "lock.release":
                await _release(operation, cancelled)
            raise
        return task

    def _arrive_in_thread(self, operation: Operation, wait: LockWait | None) -> Task | None:
        if self._is_over:
            self._visitors.check(operation.name)
            return None
        if os.getpid() != self._pid:
            refuse_child(self._pid, operation.name)
        if get_ident() == self._ident:
            raise RaceError(_blocks_the_loop(operation.name))
        return self._guests.arrive(operation, wait)

    async def _wait_at(self, wait: GateWait) -> None:
        await self._stop(self._calling(), None, wait)

    async def _pause_at(self, call: PrimitiveCall, wait: Wait | None) -> None:
        """Stop at something that is no operation."""
        if self._is_over:
            return
        if self.stage.observer is not None:
            self.stage.observer.arrive(call)
        await self._stop(self._calling(), None, wait, call)

    def sleep(self, seconds: float) -> None:
        """Let time pass: for a thread that works for a coroutine, or, blocking it, for the whole loop."""
        if get_ident() == self._ident:
            self.stage.clock.advance(seconds)
        else:
            self._guests.pause(*sleeping(seconds, self.stage.clock.now_ms()))

    async def _stop(
        self, task: Task, operation: Operation | None, wait: Wait | None, call: PrimitiveCall | None = None
    ) -> None:
        """Stop here until it is the task's turn."""
        self._guests.part(task)
        if self.stage.is_stopped:
            raise Abort
        future = self._parked[task.number] = asyncio.Future(loop=self._loop)
        self.stage.park(task, operation, wait, call)
        try:
            await future
        finally:
            task.is_parked = False
            self._parked.pop(task.number, None)

    # Whenever the loop has nothing to do

    def _when_idle(self, timeout: float | None) -> float:
        """Let somebody go on, or return how many real seconds to wait for those outside the loop."""
        self.ticks += 1
        pause = 0.0 if self._is_over or self.stage.is_stopped else self._pause()
        if not pause and self._loop.arrivals.are_there:
            self._loop.arrivals.deliver()
            return 0
        if self._is_over or pause:
            return pause
        if not self.stage.is_stopped:
            self._go_on(timeout)
        if self.stage.is_stopped:
            self._unwind()
        return 0

    def _pause(self) -> float:
        """Return how long to wait before a task may go on: somebody outside may be at work for another.

        Never longer than the watchdog allows in one go, and not at all where every task has stopped.
        """
        if self._loop.arrivals.are_there:
            is_over = not self._are_helpers_busy()
        else:
            is_over = self.stage.is_at_rest or not (
                self._helpers.are_there() or self._loop.selector.has_others
            )
        if is_over:
            return 0
        if self._waited_at != len(self.stage.trail):
            self._waited_at = len(self.stage.trail)
            self._waited = 0.0
        needed = A_LOOK
        if self._are_helpers_busy() or not self.stage.can_go_on():
            needed = self._visitors.patience
        if self._waited >= needed:
            return 0
        self._waited += A_LOOK
        return A_LOOK

    def _are_helpers_busy(self) -> bool:
        return self._helpers.are_busy(self._guests.resting, self._guests.callers)

    def _go_on(self, timeout: float | None) -> None:
        stage = self.stage
        stage.alarm_ms = None if timeout is None else stage.clock.now_ms() + ceil(timeout * 1000)
        task = stage.next()
        if task is None:
            if isinstance(stage.error, Deadlock) and self._loop.selector.has_others:
                stage.error = BlockedOutside(f"{stage.error}; the loop waits for a socket or a pipe")
            elif isinstance(stage.error, Deadlock) and self._are_helpers_busy():
                stage.error = BlockedOutside(
                    f"{stage.error}; a thread that was started beside them is at work"
                )
            return
        if isinstance(stage.mishap(task), CancelledBefore):
            next(running for running, ours in self._tasks.items() if ours is task).cancel()
        elif not self._guests.go_on(task):
            self._parked[task.number].set_result(None)

    def _unwind(self) -> None:
        self._refusals += 1
        for running, task in self._tasks.items():
            if not (task.is_done or self._guests.go_on(task, Abort())):
                running.cancel()
        if self._refusals > _PATIENCE and not self._all_ended.done():
            self._all_ended.set_result(None)

    # In the thread that watches

    def judge(self, ticks: int, seconds: float) -> BlockedOutside | None:
        """Give up on a loop that has not been idle since `ticks`."""
        if self.ticks != ticks or self.clients.is_making:
            return None
        names = " or ".join(task.name for task in self.stage.live)
        error = BlockedOutside(outside(names, site_of(frames().get(self._ident)), seconds))
        self.stage.stop(error)
        return error


def _blocks_the_loop(name: str) -> str:
    return (
        f"a coroutine called {name} at {find_site()} on a synchronous cache, which blocks the event loop: "
        "call it in a thread (asyncio.to_thread, anyio.to_thread.run_sync), or await r.cache there"
    )


async def _release(operation: Operation, cancelled: CancelledError) -> None:
    """Carry out a release that was cancelled, as every provider does."""
    assert isinstance(operation.lock, AsyncDistributedLock), "a release is a lock's"
    try:
        await operation.lock.release()
    except LockNotOwnedError as lost:
        cancelled.add_note(str(lost))
