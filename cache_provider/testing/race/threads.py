"""One schedule with threads: all stand still but one, and that one says who is next."""

import os
from _thread import allocate_lock, get_ident
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.testing.race.blocking import GateWait, LockWait, RaceGate
from cache_provider.testing.race.caches import RaceCache
from cache_provider.testing.race.calls import CallWait
from cache_provider.testing.race.children import end_child, refuse_child
from cache_provider.testing.race.clients import ClientFactory, RaceClients, Side
from cache_provider.testing.race.desks import DESKS
from cache_provider.testing.race.errors import Abort, BlockedOutside, Crash, RaceError, StrayThread
from cache_provider.testing.race.interception import Interception
from cache_provider.testing.race.pauses import sleeping
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.race.tasks import PrimitiveCall, Task, Wait
from cache_provider.testing.race.visitors import Visitors, stray
from cache_provider.testing.race.watching import frames, outside
from cache_provider.testing.race.workers import Pool, Turn, Wake, Worker
from cache_provider.testing.seam import Operation, site_of

_PATIENCE = 100
"""How many times a task may refuse to unwind."""


class ThreadRun:
    """The threads of one schedule.

    Args:
        stage: The schedule.
        pool: Where threads come from.
        visitors: Who may look at the caches afterwards.
        factory: Makes clients of redis-py.

    Attributes:
        stage: The schedule.
        current: The task whose thread runs.
        ticks: Grows whenever a task comes back to the cache.
    """

    def __init__(self, stage: Stage, pool: Pool, visitors: Visitors, factory: ClientFactory) -> None:
        self.stage = stage
        self._visitors = visitors
        self.ticks = 0
        self.interception = Interception(stage, self._arrive)
        self.clients = RaceClients(stage, factory, threads=Side(self.interception, self._pause))
        self._pool = pool
        self._turns: list[Turn] = [Turn(get_ident())]
        self._workers: dict[int, Worker] = {}
        self._is_over = False
        self._pid = os.getpid()
        self._refusals = 0
        self._stuck: list[Task] = []
        self._stray: StrayThread | None = None
        self._judging = allocate_lock()
        self.current = stage.add(None, self._nothing)
        self.current.has_begun = True
        DESKS[get_ident()] = self

    def _nothing(self) -> None:
        """Stand for what the scenario does: it is not a worker's."""

    def whose(self) -> str | None:
        """Return the name of the task that runs in the calling thread, if it is one's turn."""
        task = self.task_here()
        return None if task is None else task.name

    def task_here(self) -> Task | None:
        """Return the task whose turn it is in the calling thread, if it is one's."""
        task = self.current
        return task if get_ident() == self._turns[task.number].ident and not self._is_over else None

    # For the scenario

    def make_cache(self, **options: Any) -> RaceCache:
        """Return another cache on the schedule's server."""
        provider = InMemoryCacheAdapter(server=self.stage.server, **options)
        return RaceCache(provider, self.interception, self.stage, lambda: RaceGate(self._wait_at))

    def spawn(self, name: str | None, function: Callable[[], Any]) -> Task:
        """Have a thread run `function` beside the others."""
        parent = self._calling("spawn")
        if self.stage.is_stopped:
            self._refuse(parent)
        if self.stage.is_reduced and parent.number != 0:
            raise RaceError("with reduce='keys' only the scenario itself may spawn: tasks go by their number")
        try:
            return self._start(self.stage.add(name, function, parent))
        finally:
            parent.is_inside = False

    def _start(self, task: Task) -> Task:
        worker = self._pool.take()
        context = copy_context()
        worker.job = lambda: context.run(self._perform, task)
        self._workers[task.number] = worker
        self._turns.append(worker.turn)
        DESKS[worker.turn.ident] = self
        self.stage.park(task, None, None)
        return task

    def join(self) -> None:
        """Wait until all other tasks have ended."""
        task = self._calling("join")
        self._stop(task, None, self.stage.joining(task))

    def run(self, scenario: Callable[[], object]) -> None:
        """Run the scenario in this thread, and whatever it spawns to its end."""
        main = self.current
        main.is_inside = False
        try:
            scenario()
            end_child(self._pid, None)
            self.join()
        except Abort:
            pass
        except BaseException as error:  # noqa: BLE001 - pytest's own failures are not an Exception
            end_child(self._pid, error)
            self.stage.stop(error, main)
        finally:
            self._finish(main)

    def _finish(self, main: Task) -> None:
        with self._judging:
            main.is_inside = True
            self.stage.end(main)
            self.ticks += 1
            is_stuck = main in self._stuck
        following = self._next_to_unwind(main)
        if is_stuck:
            self._turns[0].sleep()
        elif following is not main:
            self._hand_over(main, following)
        self._is_over = True
        if self._stray is not None:
            self.stage.error = self._stray
        for task in self._stuck:
            if not task.is_done:
                self._pool.abandon(self._workers[task.number])

    # In any task's thread, when it is its turn

    def _arrive(self, operation: Operation, wait: LockWait | None) -> Task | None:
        if self._is_over:
            if any(get_ident() == self._turns[task.number].ident for task in self._stuck):
                raise Abort
            self._visitors.check(operation.name)
            return None
        if os.getpid() != self._pid:
            refuse_child(self._pid, operation.name)
        task = self._calling(operation.name)
        if task.has_crashed:
            task.is_inside = False
            raise Crash
        self._stop(task, operation, wait)
        return task

    def _wait_at(self, wait: GateWait) -> None:
        self._stop(self._calling("get_or_set"), None, wait)

    def _pause(self, call: PrimitiveCall, wait: Wait | None) -> None:
        """Stop at something that is no operation."""
        if not self._is_over:
            self._stop_at(call, wait)

    def sleep(self, seconds: float) -> None:
        """Stop until time has passed."""
        self._stop_at(*sleeping(seconds, self.stage.clock.now_ms()))

    def stop_before(self, call: PrimitiveCall, wait: CallWait | None) -> None:
        """Stop until it is the calling task's turn, and the wait is over."""
        self._stop_at(call, wait)

    def _stop_at(self, call: PrimitiveCall, wait: Wait | None) -> None:
        observer = self.stage.observer
        if observer is not None:
            observer.arrive(call)
        self._stop(self._calling(call.name), None, wait, call)

    def _calling(self, name: str) -> Task:
        task = self.current
        if get_ident() != self._turns[task.number].ident:
            task = self._late_or_stray(name)
        # In this order, see `judge`.
        task.is_inside = True
        self.ticks += 1
        if self._stuck:
            self._face_judgement(task)
        return task

    def _late_or_stray(self, name: str) -> Task:
        """Return the task of a thread that is not to run now: one that was blocked outside the cache."""
        for task in self._stuck:
            if get_ident() == self._turns[task.number].ident:
                return task
        self._stray = stray(name)
        raise self._stray

    def _stop(
        self, task: Task, operation: Operation | None, wait: Wait | None, call: PrimitiveCall | None = None
    ) -> None:
        """Stop here until it is the task's turn."""
        if self.stage.is_stopped:
            self._refuse(task)
        self.stage.park(task, operation, wait, call)
        following = self._next(task)
        if following is not task:
            self._hand_over(task, following)
        task.is_inside = False
        if self.stage.is_stopped:
            raise Abort

    def _hand_over(self, task: Task, following: Task) -> None:
        self.current = following
        self._turns[following.number].wake()
        self._turns[task.number].sleep()

    def _next(self, task: Task) -> Task:
        """Return whose turn it is now."""
        return self.stage.next() or self._next_to_unwind(task)

    def _next_to_unwind(self, task: Task) -> Task:
        return self._first_left() if task.is_done else task

    def _first_left(self) -> Task:
        """Return the first task that is still to be unwound, the scenario itself last."""
        for task in self.stage.live:
            if not task.has_begun and task.number:
                self.stage.end(task)
        left = (task for task in self.stage.tasks[1:] if not task.is_done and task not in self._stuck)
        return next(left, self.stage.tasks[0])

    def _perform(self, task: Task) -> Wake | None:
        """Do what a worker's thread is for; return what wakes the next."""
        task.is_inside = False
        try:
            task.result = task.function()
            end_child(self._pid, None)
        except Abort:
            pass
        except BaseException as error:  # noqa: BLE001 - it ends the schedule, and is reported
            end_child(self._pid, error)
            self.stage.stop(error, task)
        return self._leave(task)

    def _leave(self, task: Task) -> Wake | None:
        with self._judging:
            task.is_inside = True
            self.stage.end(task)
            self.ticks += 1
            if task in self._stuck:
                return None
        following = self._next(task)
        self.current = following
        return self._turns[following.number].wake

    def _refuse(self, task: Task) -> None:
        """Unwind a task that goes on after the end; leave behind one that does not listen."""
        self._refusals += 1
        if self._refusals <= _PATIENCE or task.number == 0:
            raise Abort
        self._pool.abandon(self._workers[task.number])
        wake = self._leave(task)
        if wake is not None:
            wake()
        for_ever = allocate_lock()
        for_ever.acquire()
        for_ever.acquire()

    # In the thread that watches

    def judge(self, ticks: int, seconds: float) -> BlockedOutside | None:
        """Give up on the running task if it has not come back to the cache since `ticks`.

        The others unwind, which may free it; it is told when it comes back.

        Args:
            ticks: The number of ticks at which it was seen last.
            seconds: How long ago that was.
        """
        with self._judging:
            task = self.current
            # First the judgement, then the look, and the other way round in the
            # task: so one of the two sees the other, and both then come here.
            self._stuck.append(task)
            if self.ticks != ticks or task.is_inside or self.clients.is_making:
                self._stuck.remove(task)
                return None
            site = site_of(frames().get(self._turns[task.number].ident))
            error = BlockedOutside(outside(task.name, site, seconds))
            self.stage.stop(error, task)
            self.current = self._first_left()
            self._turns[self.current.number].wake()
        return error

    def _face_judgement(self, task: Task) -> None:
        with self._judging:
            if task not in self._stuck:
                return
        self._refuse(task)
