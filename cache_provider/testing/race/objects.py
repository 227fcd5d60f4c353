"""`explore_object`: whether an object that lives on a cache behaves like a plain sequential one."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from inspect import isawaitable
from random import Random
from typing import Any, NoReturn, Unpack

from cache_provider.arguments import check_callable, check_flag, check_integer
from cache_provider.testing.race.errors import Crash, Failure
from cache_provider.testing.race.explorer import search
from cache_provider.testing.race.linearizability import Answer, Explanation, Invocation
from cache_provider.testing.race.programs import CallProgram, programs
from cache_provider.testing.race.racer import AsyncRace, Race
from cache_provider.testing.race.result import Result
from cache_provider.testing.race.settings import Options
from cache_provider.testing.race.tokens import Token


class NotLinearizable(AssertionError):  # noqa: N818 - the field's word
    """No order of the calls explains their results."""


def explore_object(
    make: Callable[[Any], Any],
    model: Callable[[], Any],
    operations: Mapping[str, Callable[[Any], Any]],
    *,
    tasks: int = 2,
    calls: int = 3,
    scenarios: int = 50,
    crashes: bool = False,
    leases: bool = False,
    coroutines: bool = False,
    **options: Unpack[Options],
) -> Result:
    """Check an object that lives on a cache against a sequential model of it.

    Small scenarios are generated, in which tasks call its operations at the same
    time; each task has its own object on one store, as separate processes do. Under every
    schedule there must be an order of the calls in which the model gives the
    same answers (linearizability; Herlihy and Wing, 1990). An exception counts as an
    answer too, by its class.

    >>> from cache_provider.testing.race import explore_object
    >>> class Turnstile:
    ...     def __init__(self, cache):
    ...         self.cache = cache
    ...
    ...     def enter(self):
    ...         return self.cache.incr("entered")
    >>> class Model:
    ...     entered = 0
    ...
    ...     def enter(self):
    ...         self.entered += 1
    ...         return self.entered
    >>> explore_object(Turnstile, Model, {"enter": lambda turnstile: turnstile.enter()}).failure is None
    True

    Args:
        make: Called with a cache, once for each task; returns the object.
        model: Returns a new plain object with the same operations.
        operations: By name, functions that call an operation of either object.
        tasks: How many tasks a scenario has at most.
        calls: How many calls a task makes at most.
        scenarios: How many scenarios are tried at most, the smallest first.
        crashes: Whether one task may die at one of its steps, before or
            after the step's effect. What it held stays held until its lease ends, so the
            clock is explored. Its last call may have happened or not.
        leases: Whether one task may lose the locks it holds.
        coroutines: Whether `make` gets an asynchronous cache, and the results of
            the objects' operations are awaited.
        **options: As for `explore`, for each scenario; `replay` takes a token.

    Returns:
        The sum over all scenarios; `failure` is that of the scenario with the fewest calls. It is
        exhausted only if no scenario was left out.

    Raises:
        TypeError, ValueError: An argument is not legal.
        RaceError: As for `explore`.
    """
    for name, function in (("make", make), ("model", model)):
        check_callable(name, function)
    if not operations:
        raise ValueError("operations must not be empty")
    for name, number, least in (("tasks", tasks, 2), ("calls", calls, 1), ("scenarios", scenarios, 1)):
        check_integer(name, number, minimum=least)
    if check_flag("crashes", crashes):
        options = options | Options(clock="explored", faults=[*options.get("faults", ()), Crash])
    if check_flag("leases", leases):
        options = options | Options(lost_leases=True)
    trial = _Trial(make, Explanation(model, operations), operations)
    kind = trial.coroutines if check_flag("coroutines", coroutines) else trial.threads
    token = options.get("replay")
    if token is not None:
        return _told(search(kind(_program_of(token)), Token.parse(token).scenario, **options), trial)
    chance = Random(options.get("seed", 0))  # noqa: S311 - a search, not a secret
    chosen = programs(sorted(operations), tasks=tasks, calls=calls, most=scenarios, random=chance)
    result = _all(
        _told(search(kind(program), _name_of(program), **options), trial) for program in chosen.programs
    )
    return result if chosen.are_all or result.failure is not None else _with_others_left(result, scenarios)


def _all(results: Iterator[Result]) -> Result:
    """Return the sum of results, up to the first that failed."""
    tried = list[Result]()
    for result in results:
        tried.append(result)
        if result.failure is not None:
            break
    return Result(
        schedules=sum(result.schedules for result in tried),
        exhausted=all(result.exhausted for result in tried),
        failure=tried[-1].failure,
        bound=min(result.bound for result in tried),
        blocked=tuple(line for result in tried for line in result.blocked),
        notes=tuple(dict.fromkeys(note for result in tried for note in result.notes)),
        require=tried[-1].require,
    )


def _with_others_left(result: Result, scenarios: int) -> Result:
    note = f"there are more scenarios than the {scenarios} that were tried: set a larger scenarios"
    return replace(result, exhausted=False, notes=(*result.notes, note))


def _told(result: Result, trial: "_Trial") -> Result:
    """Add the calls to the report of a failure that they explain."""
    failure = result.failure
    if failure is None or not isinstance(failure.__cause__, NotLinearizable):
        return result
    calls = "\n".join(f"  {call}" for call in trial.calls)
    report = f"{failure.report}\n\nNo order of these calls explains it:\n{calls}"
    told = Failure(report, failure.token, failure.preemptions)
    told.__cause__ = failure.__cause__
    return result.with_failure(told)


def _name_of(program: CallProgram) -> str:
    return json.dumps(program)


def _program_of(token: str) -> CallProgram:
    try:
        return tuple(tuple(names) for names in json.loads(Token.parse(token).scenario))
    except json.JSONDecodeError as error:
        raise ValueError(f"replay must be a token of explore_object, not {token!r}") from error


class _Trial:
    """Runs programs on objects, and judges them.

    Attributes:
        calls: What was called in the schedule that was run last.
    """

    def __init__(
        self,
        make: Callable[[Any], Any],
        explanation: Explanation,
        operations: Mapping[str, Callable[[Any], Any]],
    ) -> None:
        self.calls: list[Invocation] = []
        self._make = make
        self._explanation = explanation
        self._operations = operations
        self._moment = 0

    def threads(self, program: CallProgram) -> Callable[[Race], None]:
        """Return the scenario of a program."""

        def work(r: Race, task: str, names: tuple[str, ...]) -> None:
            thing = self._make(r.make_cache())
            for name in names:
                number = self._begin(task, name)
                try:
                    answer = Answer(self._operations[name](thing))
                except Crash:
                    return
                except Exception as error:  # noqa: BLE001 - an answer like any other
                    answer = Answer(error=type(error).__name__)
                self._end(number, answer)

        def scenario(r: Race) -> None:
            self.calls = []
            self._moment = 0
            for number, names in enumerate(program):
                task = chr(ord("A") + number)
                r.spawn(work, r, task, names, name=task)
            r.join()
            self._judge()

        return scenario

    def coroutines(self, program: CallProgram) -> Callable[[AsyncRace], Any]:
        """Return the scenario of a program, for coroutines."""

        async def work(r: AsyncRace, task: str, names: tuple[str, ...]) -> None:
            thing = self._make(r.make_cache())
            for name in names:
                number = self._begin(task, name)
                try:
                    value = self._operations[name](thing)
                    answer = Answer(await value if isawaitable(value) else value)
                except Crash:
                    return
                except Exception as error:  # noqa: BLE001 - an answer like any other
                    answer = Answer(error=type(error).__name__)
                self._end(number, answer)

        async def scenario(r: AsyncRace) -> None:
            self.calls = []
            self._moment = 0
            for number, names in enumerate(program):
                task = chr(ord("A") + number)
                r.spawn(work, r, task, names, name=task)
            await r.join()
            self._judge()

        return scenario

    def _begin(self, task: str, operation: str) -> int:
        self._moment += 1
        self.calls.append(Invocation(task, operation, self._moment))
        return len(self.calls) - 1

    def _end(self, number: int, answer: Answer) -> None:
        self._moment += 1
        self.calls[number] = self.calls[number]._replace(ended=self._moment, answer=answer)

    def _judge(self) -> None:
        if not self._explanation.exists(self.calls):
            _refuse(self.calls)


def _refuse(calls: list[Invocation]) -> NoReturn:
    raise NotLinearizable("; ".join(map(str, calls)))
