"""`explore`: run a scenario under every schedule that matters."""

import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextvars import copy_context
from functools import partial
from inspect import iscoroutinefunction
from threading import Event, Thread
from typing import Any, Unpack, cast, overload

from cache_provider.arguments import check_callable
from cache_provider.testing.race.engines import CoroutineEngine, ThreadEngine
from cache_provider.testing.race.errors import BlockedOutside
from cache_provider.testing.race.mishaps import ErrorSource
from cache_provider.testing.race.primitives import stand_ins
from cache_provider.testing.race.racer import AsyncRace, Race
from cache_provider.testing.race.result import Result
from cache_provider.testing.race.search import Search, name_of
from cache_provider.testing.race.settings import (
    ClockMode,
    Invariant,
    Options,
    Reduction,
    Requirement,
    Settings,
    Strategy,
)
from cache_provider.testing.race.standing import standing_locks
from cache_provider.testing.race.tokens import Token


@overload
def explore(
    scenario: Callable[[AsyncRace], Coroutine[Any, Any, object]], **options: Unpack[Options]
) -> Result: ...
@overload
def explore(scenario: Callable[[Race], object], **options: Unpack[Options]) -> Result: ...
def explore(
    scenario: Callable[..., object],
    *,
    preemptions: int | None = 2,
    max_schedules: int = 5_000,
    seconds: float | None = None,
    seed: int = 0,
    strategy: Strategy = "auto",
    clock: ClockMode = "frozen",
    reduce: Reduction | None = None,
    require: Requirement | None = None,
    invariant: Invariant | None = None,
    replay: str | None = None,
    watchdog: float = 1.0,
    max_steps: int = 1_000,
    stacklevel: int = 1,
    faults: Iterable[ErrorSource] = (),
    cancellations: bool = False,
    lost_leases: bool = False,
) -> Result:
    """Run `scenario` under one schedule after another, until one fails.

    A schedule is an order of the tasks' operations on the cache, and of their calls of
    `threading.Lock` and the like; the code between two of these runs as one step.
    The same call always gives the same result.

    Args:
        scenario: Called for every schedule with a new `Race`; it spawns
            tasks, joins them and asserts. A coroutine function gets an `AsyncRace`.
        preemptions: How often a task that could go on may be interrupted by
            another task, by passing time or by an injected failure. All schedules with no
            interruption come first, then those with one, ... up to this many; None for no
            bound. With `strategy="auto"` the bound keeps rising while all schedules that are
            known to be left fit into `max_schedules`.
        max_schedules: How many schedules are run at most.
        seconds: For how many real seconds new schedules are begun; None for no limit.
        seed: The seed of everything random.
        strategy: `"dfs"` runs every schedule within the bound, `"pct"` draws
            random priorities. `"auto"` starts with the first; if not all schedules
            fit into `max_schedules`, it spends what is left of that on the second.
        clock: `"frozen"`: time stands still, and waiting for ever is a
            deadlock. `"explored"`: at each step the next ttl, lease or
            time-out may run out.
        reduce: `"keys"` leaves out schedules that differ only in the order of operations
            on different keys. The caller promises that tasks share nothing else, except the
            objects of `threading` and `queue` that they wait on, and what those protect.
            `"states"` leaves out schedules that lead to a state seen before. The
            caller also promises that a task depends only on what it has read.
        require: What a search that finds nothing must have explored for
            `Result.check` to pass: `"exhausted"`, everything; a number, every
            schedule with up to that many interruptions.
        invariant: Called after every step with a provider that shows the store as it is and
            takes part in no schedule. If it raises, the schedule fails.
        replay: The token of a failure: run just that schedule.
        watchdog: After how many real seconds without an operation a task counts
            as blocked outside the cache.
        max_steps: How many steps one schedule may have.
        stacklevel: Which line a report shows for an operation: 1 the one that
            calls it, 2 the one that calls that function (for a wrapper), ...
        faults: Exceptions, or functions from an operation to an exception or None:
            each may strike once in a schedule, before or after an operation's effect.
        cancellations: Whether one task may be cancelled, at an operation before
            or after its effect or while it waits for a lock; for coroutines only.
        lost_leases: Whether one task may lose the locks it holds before one of
            its steps, even on a clock that stands still.

    Returns:
        How many schedules were run, whether those were all, and the failure.

    Raises:
        TypeError, ValueError: An argument is not legal.
        RaceError: The scenario cannot be explored; `Diverged` if it differs
            from run to run or from the token, `NothingExplored`, `StrayThread`.
    """
    return search(
        scenario,
        name_of(scenario),
        preemptions=preemptions,
        max_schedules=max_schedules,
        seconds=seconds,
        seed=seed,
        strategy=strategy,
        clock=clock,
        reduce=reduce,
        require=require,
        invariant=invariant,
        watchdog=watchdog,
        max_steps=max_steps,
        stacklevel=stacklevel,
        faults=faults,
        cancellations=cancellations,
        lost_leases=lost_leases,
        replay=replay,
    )


def search(
    scenario: Callable[..., object],
    name: str,
    *,
    replay: str | None = None,
    faults: Iterable[ErrorSource] = (),
    **options: Any,
) -> Result:
    """Do what `explore` does, under a name that tells the scenario from others."""
    check_callable("scenario", scenario)
    settings = Settings(faults=tuple(faults), **options)
    token = None if replay is None else Token.parse(replay)
    if token is not None:
        settings = settings.deciding_as(token.options)
    _check_cancellations(scenario, settings.cancellations)
    engine = _engine(scenario, settings.watchdog, settings.seed)
    searching = Search(engine, name, settings)
    work = searching.run if token is None else partial(searching.replay, token)
    blocked = _watch(engine, work, searching, settings.watchdog, scenario)
    if blocked is not None:
        searching.blocked.append(str(blocked))
    return Result(
        schedules=searching.schedules,
        exhausted=searching.is_exhausted and not searching.blocked,
        failure=searching.failure,
        bound=searching.bound,
        blocked=tuple(dict.fromkeys(searching.blocked)),
        notes=tuple(searching.notes),
        require=None if replay is not None else settings.require,
    )


_GRACE = 1.0
"""Real seconds at the least that a schedule which was given up has to unwind."""


def _engine(scenario: Callable[..., object], patience: float, seed: int) -> ThreadEngine | CoroutineEngine:
    if iscoroutinefunction(scenario):
        return CoroutineEngine(cast("Callable[[AsyncRace], Awaitable[object]]", scenario), patience, seed)
    return ThreadEngine(scenario, patience, seed)


def _check_cancellations(scenario: object, cancellations: bool) -> None:
    if cancellations and not iscoroutinefunction(scenario):
        raise ValueError("cancellations must be False for a plain scenario: threads cannot be cancelled")


class _SearchThread:
    """A thread that searches, so that the one that asked can watch it.

    Args:
        work: What it does.
        engine: What it closes in the end.
        scenario: What is explored.
    """

    def __init__(
        self,
        work: Callable[[], None],
        engine: ThreadEngine | CoroutineEngine,
        scenario: Callable[..., object],
    ) -> None:
        self.error: BaseException | None = None
        self.is_over = Event()
        self._work = work
        self._engine = engine
        self._scenario = scenario
        context = copy_context()
        self.thread = Thread(target=lambda: context.run(self._run), name="cache-provider-race", daemon=True)

    def _run(self) -> None:
        _stay_on_one_processor()
        try:
            with self._engine.surroundings.replaced(), standing_locks(self._scenario), stand_ins():
                self._work()
            self._engine.close()
            self._engine.visitors.wait_for_helpers()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            self.error = error
            self._engine.close()
        self.is_over.set()


def _stay_on_one_processor() -> None:
    """Keep this thread, and those it starts, on one processor, where the system can.

    Only one of them runs at a time. To wake another processor for each step
    takes two to four times as long as the step (450 to 800 µs a schedule, not 200).
    """
    if sys.platform == "linux":
        allowed = sorted(os.sched_getaffinity(0))
        # By process, so that several test runs at once do not all meet on one.
        os.sched_setaffinity(0, {allowed[os.getpid() % len(allowed)]})


def _watch(
    engine: ThreadEngine | CoroutineEngine,
    work: Callable[[], None],
    search: Search,
    seconds: float,
    scenario: Callable[..., object],
) -> BlockedOutside | None:
    """Do `work` in a thread of its own; return what it is blocked by if it never ends.

    Raises:
        BaseException: Whatever `work` raises.
    """
    driver = _SearchThread(work, engine, scenario)
    driver.thread.start()
    try:
        blocked = _wait(engine, driver.is_over, seconds)
    finally:
        search.is_given_up = True
    if blocked is None:
        driver.thread.join()
    if driver.error is not None:
        raise driver.error
    return blocked


def _wait(engine: ThreadEngine | CoroutineEngine, is_over: Event, seconds: float) -> BlockedOutside | None:
    """Wait for the end; judge a schedule in which nothing happened for so many seconds."""
    blocked: BlockedOutside | None = None
    seen: tuple[object, int] = (None, -1)
    while not is_over.wait(seconds if blocked is None else max(seconds, _GRACE)):
        run = engine.run
        if run is None:
            continue
        if seen == (run, run.ticks):
            if blocked is not None:
                return blocked
            blocked = run.judge(run.ticks, seconds)
        else:
            blocked = None
        seen = run, run.ticks
    return None
