"""One program, run by the explorer in several ways, against all that it can come to."""

import asyncio
import queue
import threading
from collections.abc import Callable
from inspect import isawaitable
from typing import Any, NamedTuple, cast

from cache_provider import CacheTimeoutError
from cache_provider.testing.race import AsyncRace, Deadlock, Race, explore
from cache_provider.testing.race.settings import Options
from cache_provider.testing.seam import Operation
from tests.race.fuzzing.interleaver import Outcome, dump, summary
from tests.race.fuzzing.programs import FAULTY, Kind, Pause, Program, Step, Turn, World, perform

_MOST = 100_000


class Way(NamedTuple):
    """How a program is explored."""

    is_coroutine: bool = False
    reduce: Any = None


def ways(kind: Kind) -> list[Way]:
    """Return how programs of a kind are explored: with every reduction whose promise they keep."""
    if kind == "waiting":
        return [Way(is_coroutine=True)]
    if kind == "shared":
        return [Way()]
    if kind == "guarded":
        return [Way(reduce=reduce) for reduce in (None, "keys", "states")]
    is_coroutine = kind == "cancelled"
    return [Way(is_coroutine, reduce) for reduce in (None, "keys", "states")]


def explored(program: Program, kind: Kind, way: Way) -> set[Outcome]:
    """Return all that the explorer says a program can come to.

    Raises:
        AssertionError: It says that this is not all.
    """
    found = set[Outcome]()
    result = explore(scenario_of(program, kind, way, found), **options_of(kind, way))
    if result.failure is not None:
        cause = result.failure.__cause__
        if not isinstance(cause, Deadlock):
            raise AssertionError(f"{cause!r}")
        found.add(Outcome(is_stuck=True, text=""))
    elif not result.exhausted:
        raise AssertionError(f"not exhausted: {result}")
    return found


def agree(expected: set[Outcome], found: set[Outcome]) -> bool:
    """Tell whether the explorer is right: a search ends at the first task that waits for ever."""
    stuck = Outcome(is_stuck=True, text="")
    return stuck in found if stuck in expected else found == expected


def scenario_of(program: Program, kind: Kind, way: Way, found: set[Outcome]) -> Any:
    """Return a program as a scenario, which adds to `found` what it comes to."""
    return _coroutines(program, found) if way.is_coroutine else _threads(program, kind, found)


def options_of(kind: Kind, way: Way) -> Options:
    """Return how the programs of a kind are explored to the end."""
    options = Options(preemptions=None, max_schedules=_MOST, strategy="dfs", reduce=way.reduce)
    if kind == "timed":
        options["clock"] = "explored"
    if kind == "losing":
        options["lost_leases"] = True
    if kind == "faulty":
        options["faults"] = [_fault]
    if kind == "cancelled":
        options["cancellations"] = True
    return options


def _fault(operation: Operation) -> CacheTimeoutError | None:
    return CacheTimeoutError("") if operation.name in FAULTY else None


def _threads(program: Program, kind: Kind, found: set[Outcome]) -> Any:
    def scenario(r: Race) -> None:
        world = World(r.cache, r.clock, logs=[[] for _ in program])
        # Each costs more than a schedule without it.
        primitives = _primitives() if kind == "guarded" else {}

        def work(task: int) -> None:
            steps = perform(world, task, program[task])
            try:
                step = next(steps)
                while True:
                    step = _after(steps, step, primitives)
            except StopIteration:
                pass

        for task in range(len(program)):
            r.spawn(work, task)
        r.join()
        found.add(Outcome(False, summary(world.logs, dump(r.cache.provider))))

    return scenario


def _primitives() -> dict[str, Any]:
    return {
        "lock": threading.Lock(),
        "permit": threading.Semaphore(),
        "event": threading.Event(),
        "queue": queue.Queue[object](1),
        "condition": threading.Condition(threading.Lock()),
    }


def _after(steps: Any, step: Step | Pause | Turn, primitives: dict[str, Any]) -> Step | Pause | Turn:
    if isinstance(step, Turn):
        arguments = [step.value] if step.name == "put" else [None] * 3 if step.name == "__exit__" else []
        result = getattr(primitives[step.of], step.name)(*arguments)
        return cast("Step | Pause | Turn", steps.send(result))
    assert isinstance(step, Step)
    try:
        result = step.call()
    except Exception as error:  # noqa: BLE001 - it is the program's
        return cast("Step | Pause", steps.throw(error))
    return cast("Step | Pause", steps.send(result))


def _coroutines(program: Program, found: set[Outcome]) -> Any:
    async def scenario(r: AsyncRace) -> None:
        world = World(r.cache, r.clock, logs=[[] for _ in program])
        primitives = Primitives()
        begun = set[int]()
        for task in range(len(program)):
            r.spawn(_work, world, program, task, primitives, begun)
        await r.join()
        for task, log in enumerate(world.logs):
            if task not in begun:
                log.append("cancelled")
        found.add(Outcome(False, summary(world.logs, dump(r.cache.provider, _at_once))))

    return scenario


async def _work(world: World, program: Program, task: int, primitives: "Primitives", begun: set[int]) -> None:
    begun.add(task)
    steps = perform(world, task, program[task])
    try:
        step = _next(steps.send, None)
        while True:
            step = await _awaited(steps, step, primitives)
    except StopAsyncIteration:
        pass
    except asyncio.CancelledError:
        world.logs[task].append("cancelled")
        raise


async def _awaited(steps: Any, step: Step | Pause, primitives: "Primitives") -> Step | Pause:
    try:
        result = await (primitives.pause(step) if isinstance(step, Pause) else step.call())
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - it is the program's
        return _next(steps.throw, error)
    return _next(steps.send, result)


def _next(resume: Callable[[Any], Step | Pause | Turn], value: Any) -> Step | Pause:
    try:
        return cast("Step | Pause", resume(value))
    except StopIteration as end:
        # No coroutine may let a StopIteration out.
        raise StopAsyncIteration from end


class Primitives:
    """Those of asyncio that the tasks of a program share."""

    def __init__(self) -> None:
        self._of: dict[str, Any] = {
            "mutex": asyncio.Lock(),
            "permit": asyncio.Semaphore(2),
            "condition": asyncio.Condition(),
            "event": asyncio.Event(),
            "queue": asyncio.Queue[object](1),
            "barrier": asyncio.Barrier(2),
        }

    async def pause(self, at: Pause) -> object:
        """Make the call that a pause stands for."""
        name = "wait" if at.call in {"sleep", "meet"} else at.call
        arguments = [at.value] if name == "put" else []
        result = getattr(self._of[at.kind], name)(*arguments)
        return await result if isawaitable(result) else result


def _at_once(operation: Any) -> Any:
    """Return what an awaitable comes to that only lets others go first."""
    try:
        while True:
            operation.send(None)
    except StopIteration as end:
        return end.value
