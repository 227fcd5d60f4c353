"""Every order in which the steps of a program can happen, tried one by one on the plain double.

Nothing of the explorer is used here: that is the point.
"""

from asyncio import CancelledError
from collections import Counter, deque
from collections.abc import Callable
from math import factorial, prod
from typing import Any, NamedTuple

from cache_provider import CacheTimeoutError, InMemoryCacheAdapter, ManualClock, MemoryServer
from cache_provider.memory.server import keyspace_of
from cache_provider.memory.walking import deadlines
from tests.race.fuzzing.awaiting import Awaiting
from tests.race.fuzzing.programs import FAULTY, Kind, Pause, Program, Step, Steps, Turn, World, perform


class TooManyError(Exception):
    """A program has more orders than are worth trying."""


class Outcome(NamedTuple):
    """What a program came to.

    Attributes:
        is_stuck: Whether its tasks waited for ever.
        text: What they saw, and what is left.
    """

    is_stuck: bool
    text: str


class _Choice(NamedTuple):
    """What may happen next: a task's next step, in a way of its own; -1 is time, -2 a look at the outcome."""

    task: int
    way: str = ""


class _Task:
    def __init__(self, number: int, steps: Steps) -> None:
        self.number = number
        self.steps = steps
        self.at: Step | Pause | Turn | None = None
        self.has_begun = self.is_over = False
        self.until: int | None = None
        self.was_free: bool | None = None
        self.claimed: list[Any] = []
        self.is_asleep = self.is_notified = False


class _Run:
    """One order."""

    def __init__(self, program: Program, kind: Kind) -> None:
        self.clock = ManualClock()
        self.server = MemoryServer(clock=self.clock)
        cache = InMemoryCacheAdapter(server=self.server)
        self.world = World(cache, self.clock, logs=[[] for _ in program])
        self.kind = kind
        self.has_struck = self.is_looked_at = False
        self.tasks = [
            _Task(number, perform(self.world, number, actions)) for number, actions in enumerate(program)
        ]
        self.awaiting = Awaiting()
        self.has_fired = False
        self.taken: dict[str, bool] = {"lock": False, "permit": False, "condition": False}
        self.permits = 1
        self.queued: list[object] = []
        self.sleepers: deque[_Task] = deque()

    # What may happen

    def choices(self) -> list[_Choice]:
        if self.is_looked_at:
            return []
        if all(task.is_over for task in self.tasks):
            # Time may pass before somebody looks.
            return [_Choice(-2), *([_Choice(-1)] if self._can_pass() else [])]
        ready = [task for task in self.tasks if self._is_ready(task)]
        found = [_Choice(task.number) for task in ready]
        if self._can_pass():
            found.append(_Choice(-1))
        if not self.has_struck:
            found += [choice for task in self.tasks for choice in self._mishaps(task, task in ready)]
        return found

    def _can_turn(self, task: _Task, turn: Turn) -> bool:
        if task.is_asleep:
            return task.is_notified and not self.taken["condition"]
        if turn.name in {"acquire", "__enter__"}:
            return self.permits > 0 if turn.of == "permit" else not self.taken[turn.of]
        if turn.of == "queue":
            return bool(self.queued) == (turn.name == "get")
        return self.has_fired or turn != Turn("event", "wait")

    def _turn(self, task: _Task, turn: Turn) -> None:
        result: object = None
        if turn.of == "permit":
            self.permits += -1 if turn.name == "acquire" else 1
        elif turn.name in {"acquire", "__enter__"} or task.is_asleep:
            self.taken[turn.of] = True
            task.is_asleep = task.is_notified = False
        elif turn.name in {"release", "__exit__"}:
            self.taken[turn.of] = False
        elif turn == Turn("condition", "wait"):
            self.taken["condition"] = False
            task.is_asleep = True
            self.sleepers.append(task)
            return
        elif turn.name == "notify":
            if self.sleepers:
                self.sleepers.popleft().is_notified = True
        elif turn.name == "locked":
            result = self.taken["lock"]
        elif turn.name == "put":
            self.queued.append(turn.value)
        elif turn.name == "get":
            result = self.queued.pop()
        else:
            self.has_fired = self.has_fired or turn.name == "set"
        self._advance(task, result)

    def _can_pass(self) -> bool:
        return self.kind == "timed" and self._next_moment() is not None

    def _is_ready(self, task: _Task) -> bool:
        if task.is_over or isinstance(task.at, Pause):
            return False
        if isinstance(task.at, Turn):
            return self._can_turn(task, task.at)
        if not isinstance(task.at, Step) or task.at.lock is None:
            return True
        return not task.at.lock.locked() or (task.until is not None and self.clock.now_ms() >= task.until)

    def _mishaps(self, task: _Task, is_ready: bool) -> list[_Choice]:
        step = task.at
        if task.is_over or isinstance(step, Pause):
            return []
        ways = list[str]()
        if self.kind == "cancelled":
            if step is None or step.name != "lock.release":
                ways.append("cancelled before")
            if step is not None and is_ready and step.name != "lock.acquire":
                ways.append("cancelled after")
        if step is not None and is_ready:
            if self.kind == "faulty" and step.name in FAULTY:
                ways += ["fails before", "fails after"]
            if self.kind == "losing" and self._held(task):
                ways.append("loses")
        return [_Choice(task.number, way) for way in ways]

    def _held(self, task: _Task) -> list[Any]:
        return [handle for handle in task.claimed if handle.owned()]

    def _next_moment(self) -> int | None:
        now = self.clock.now_ms()
        moments = list(deadlines(keyspace_of(self.server)).values())
        moments += [
            task.until
            for task in self.tasks
            if task.until is not None and isinstance(task.at, Step) and not task.is_over
        ]
        return min((moment for moment in moments if moment > now), default=None)

    # Making it happen

    def make(self, choice: _Choice) -> None:
        if choice.task < 0:
            if choice.task == -1:
                self._let_time_pass()
            self.is_looked_at = choice.task == -2
            return
        task = self.tasks[choice.task]
        self.has_struck = self.has_struck or choice.way != ""
        if choice.way == "loses":
            for handle in self._held(task):
                self.world.cache.delete(handle.name)
        step = task.at
        if choice.way in {"fails before", "cancelled before"}:
            self._throw(task, CacheTimeoutError("") if choice.way == "fails before" else CancelledError())
        elif isinstance(step, Turn):
            self._turn(task, step)
        elif not isinstance(step, Step):
            task.has_begun = True
            self._advance(task, None)
        else:
            self._operate(task, step, choice.way)

    def _operate(self, task: _Task, step: Step, way: str) -> None:
        try:
            result = self._claim(task, step) if step.lock is not None else step.call()
        except Exception as error:  # noqa: BLE001 - it is the task's
            self._throw(task, error)
            return
        if step.name == "lock.acquire" and step.lock is None and result:
            task.claimed.append(_handle_of(step))
        if way == "fails after":
            self._throw(task, CacheTimeoutError(""))
        elif way == "cancelled after":
            self._throw(task, CancelledError())
        else:
            self._advance(task, result)

    def _claim(self, task: _Task, step: Step) -> bool:
        if task.was_free is False or step.lock.locked():
            return False
        task.claimed.append(step.lock)
        return bool(step.lock.acquire(blocking=False))

    def _let_time_pass(self) -> None:
        moment = self._next_moment()
        assert moment is not None
        self.clock.advance((moment - self.clock.now_ms()) / 1000)
        for task in self.tasks:
            step = task.at
            is_up = task.until is not None and moment >= task.until
            if isinstance(step, Step) and is_up and task.was_free is None:
                task.was_free = not step.lock.locked()

    def _throw(self, task: _Task, error: BaseException) -> None:
        if not task.has_begun:
            task.is_over = True
            self.world.logs[task.number].append("cancelled")
            return
        try:
            self._stop(task, task.steps.throw(error))
        except (StopIteration, CancelledError) as end:
            self._end(task, end)

    def _end(self, task: _Task, end: BaseException) -> None:
        task.is_over = True
        if isinstance(end, CancelledError):
            self.world.logs[task.number].append("cancelled")

    def _advance(self, task: _Task, result: Any) -> None:
        self._go_on(task, result)
        while self.awaiting.woken:
            woken, pause = self.awaiting.woken.popleft()
            answer = self.awaiting.ask(woken, pause)
            if answer is not None:
                self._go_on(woken, answer.value)

    def _go_on(self, task: _Task, result: Any) -> None:
        try:
            at = task.steps.send(result)
            while isinstance(at, Pause) and (answer := self.awaiting.ask(task, at)) is not None:
                at = task.steps.send(answer.value)
            self._stop(task, at)
        except (StopIteration, CancelledError) as end:
            self._end(task, end)

    def _stop(self, task: _Task, at: Step | Pause | Turn) -> None:
        task.at = at
        task.until = task.was_free = None
        if isinstance(at, Step) and at.patience is not None:
            task.until = self.clock.now_ms() + at.patience * 1000

    def outcome(self) -> Outcome:
        is_stuck = not all(task.is_over for task in self.tasks)
        return Outcome(is_stuck, "" if is_stuck else summary(self.world.logs, dump(self.world.cache)))


def _handle_of(step: Step) -> Any:
    assert step.call.__closure__ is not None
    return next(
        cell.cell_contents for cell in step.call.__closure__ if hasattr(cell.cell_contents, "release")
    )


def dump(cache: Any, come_to: Callable[[Any], Any] = lambda result: result) -> dict[str, object]:
    """Return what a cache holds; `come_to` makes a result of what an operation returns."""
    plain = {key: come_to(cache.get(key)) for key in ("a", "b", "n:a", "n:b")}
    lists = {key: come_to(cache.list_range(key, 0, -1)) for key in ("l:a", "l:b")}
    locks = {key: come_to(cache.exists(key)) for key in ("lock a", "lock b")}
    return {**plain, **lists, **locks}


def summary(logs: list[list[object]], left: dict[str, object]) -> str:
    """Return in one text what tasks saw and left."""
    return f"{logs} {left}"


def outcomes(program: Program, kind: Kind, most: int) -> set[Outcome]:
    """Return all that a program can come to.

    Raises:
        TooManyError: It takes more than `most` orders to know.
    """
    found = set[Outcome]()
    pending = list[list[_Choice]]([[]])
    tried = 0
    # Whatever is pending leads to an order of its own, at the least.
    while tried + len(pending) <= most:
        tried += 1
        prefix = pending.pop()
        run = _Run(program, kind)
        for choice in prefix:
            run.make(choice)
        while choices := run.choices():
            pending += [[*prefix, other] for other in choices[1:]]
            prefix.append(choices[0])
            run.make(choices[0])
        found.add(run.outcome())
        if not pending:
            return found
        if tried == 1 and _ways_to_mix(prefix) > 8 * most:
            break
    raise TooManyError


def _ways_to_mix(order: list[_Choice]) -> int:
    """Return how many orders there would be of an order's steps if none ever had to wait."""
    steps = Counter(choice.task for choice in order)
    return factorial(len(order)) // prod(map(factorial, steps.values()))
