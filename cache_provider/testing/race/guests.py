"""Threads that work for coroutines: what they do with a cache, the coroutine that waits for them does."""

import asyncio
from _thread import LockType, allocate_lock, get_ident
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, ContextVar
from inspect import currentframe
from threading import local
from types import CodeType
from typing import TypeAlias
from weakref import ref

from cache_provider.testing.race.arrivals import Arrivals
from cache_provider.testing.race.blocking import GateWait, LockWait
from cache_provider.testing.race.errors import Abort, Crash, RaceError, StrayThread
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.race.tasks import PrimitiveCall, Task, Wait
from cache_provider.testing.race.visitors import stray
from cache_provider.testing.seam import Operation, find_site
from cache_provider.testing.seam.sites import users_frame

Coroutine: TypeAlias = asyncio.Task[object]

_WORKS_FOR: ContextVar[ref[Coroutine]] = ContextVar("cache_provider_works_for")
"""The coroutine in whose context code runs; pools hand the context on to their threads."""

_A_MOMENT = 0.05
"""Real seconds after which a task that waits for a thread looks whether the schedule was given up."""


def mark(context: Context, coroutine: Coroutine) -> None:
    """Let the threads be known that will work for a coroutine which runs in a context."""
    # A context that is entered now is shared with the task that runs: threads count as that one's.
    with suppress(RuntimeError):
        context.run(_WORKS_FOR.set, ref(coroutine))


def whom_for() -> Coroutine | None:
    """Return the coroutine for which the calling thread works, if that is known."""
    coroutine = _WORKS_FOR.get(None)
    return None if coroutine is None else coroutine()


class Guest:
    """One stop of such a thread, before an operation or at a gate.

    Attributes:
        ident: The thread.
        coroutine: For whom it works.
        operation: What it does next; None where it goes on without one.
        wait: Why it may have to wait.
        call: What it does that is no operation.
        site: Where it stands.
        task: As which it stops.
        stays: Whether it has come to rest.
    """

    def __init__(
        self, operation: Operation | None, wait: Wait | None, call: PrimitiveCall | None = None
    ) -> None:
        coroutine = whom_for()
        if coroutine is None:
            raise stray("get_or_set" if operation is None else operation.name)
        self.call = call
        self.ident = get_ident()
        self.coroutine = coroutine
        self.operation = operation
        self.wait = wait
        self.site = find_site()
        self.task: Task | None = None
        self.stays = False
        self._error: BaseException | None = None
        self._turn, self._woken = _closed(), _closed()

    def stay(self) -> None:
        """Sleep until it is the thread's turn; raise what it is to end with, if it is to end."""
        self.stays = True
        self._turn.acquire()
        self._woken.release()
        if self._error is not None:
            raise self._error

    def go_on(self, error: BaseException | None = None) -> None:
        """Wake the thread, and see that it is awake: from then on it counts as busy."""
        self._error = error
        self._turn.release()
        self._woken.acquire()


class Job:
    """A function for a thread, which has begun once it has ended or stopped at the cache."""

    _here = local()

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._has_begun = _closed()
        self._is_told = False

    def __call__(self) -> object:
        """Do it, in the thread."""
        Job._here.job = self
        try:
            return self._function()
        finally:
            del Job._here.job
            self.tell()

    def tell(self) -> None:
        """Note that it has begun."""
        if not self._is_told:
            self._is_told = True
            self._has_begun.release()

    def wait(self, is_given_up: Callable[[], bool]) -> None:
        """Wait until it has begun: nothing runs beside the task whose turn it is."""
        while not self._has_begun.acquire(timeout=_A_MOMENT) and not is_given_up():
            pass

    @classmethod
    def of_this_thread(cls) -> "Job | None":
        """Return the job that the calling thread does, if it does any."""
        job: Job | None = getattr(cls._here, "job", None)
        return job


class Guests:
    """The threads that work for the coroutines of one schedule.

    Args:
        stage: The schedule.
        loop: Where the coroutines run, and all is decided.
        arrivals: What threads have handed in to it.
        task_of: Returns the task that a coroutine is.

    Attributes:
        callers: The code from which each thread used the cache last, by the thread.
    """

    def __init__(
        self,
        stage: Stage,
        loop: asyncio.AbstractEventLoop,
        arrivals: Arrivals,
        task_of: Callable[[Coroutine], Task],
    ) -> None:
        self.callers: dict[int, CodeType] = {}
        self._stage = stage
        self._loop = loop
        self._arrivals = arrivals
        self._task_of = task_of
        self._stopped: dict[int, Guest] = {}

    @property
    def resting(self) -> set[int]:
        """The threads that have stopped."""
        guests = *self._stopped.values(), *self._arrivals.of(Guest)
        return {guest.ident for guest in guests if guest.stays}

    # In the threads

    def arrive(self, operation: Operation, wait: LockWait | None) -> Task:
        """Stop before an operation until it is the task's turn."""
        return self._stop(Guest(operation, wait))

    def wait_at(self, wait: GateWait) -> None:
        """Stop at a gate."""
        self._stop(Guest(None, wait))

    def pause(self, call: PrimitiveCall, wait: Wait | None) -> None:
        """Stop at something that is no operation."""
        if self._stage.observer is not None:
            self._stage.observer.arrive(call)
        self._stop(Guest(None, wait, call))

    def _stop(self, guest: Guest) -> Task:
        frame = users_frame(currentframe())
        if frame is not None:
            self.callers[guest.ident] = frame.f_code
        self._loop.call_soon_threadsafe(self._receive, guest, guest.coroutine)
        job = Job.of_this_thread()
        if job is not None:
            job.tell()
        guest.stay()
        assert guest.task is not None, "who goes on was received"
        return guest.task

    # In the loop

    def _receive(self, guest: Guest, coroutine: Coroutine) -> None:
        try:
            guest.task = self._admit(guest, coroutine)
        except (Abort, Crash, RaceError) as error:
            if isinstance(error, RaceError):
                self._stage.stop(error)
            guest.go_on(error)

    def _admit(self, guest: Guest, coroutine: Coroutine) -> Task:
        if self._stage.is_stopped:
            raise Abort
        task = self._task_of(coroutine)
        if task.has_crashed:
            raise Crash
        if task.is_done or task.is_parked:
            raise StrayThread(_two_at_once(task, guest))
        self._stopped[task.number] = guest
        task.is_in_thread = True
        self._stage.park(task, guest.operation, guest.wait, guest.call)
        return task

    def go_on(self, task: Task, error: BaseException | None = None) -> bool:
        """Let the thread go on that has stopped as `task`; False if none has."""
        guest = self._stopped.pop(task.number, None)
        if guest is None:
            return False
        task.is_in_thread = False
        guest.go_on(error)
        return True

    def part(self, task: Task) -> None:
        """Refuse that a coroutine goes on, or ends, while a thread that works for it has stopped."""
        guest = self._stopped.get(task.number)
        if guest is not None:
            self._stage.stop(StrayThread(_two_at_once(task, guest)), task)
            self.go_on(task, Abort())


def _two_at_once(task: Task, guest: Guest) -> str:
    return (
        f"{task.name} and a thread that works for it, at {guest.site}, both go on: a wait that was cancelled "
        "leaves its thread behind, and several threads need a task each, as in "
        "asyncio.gather(asyncio.to_thread(...), asyncio.to_thread(...))"
    )


def _closed() -> LockType:
    lock = allocate_lock()
    lock.acquire()
    return lock
