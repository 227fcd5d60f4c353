"""Running one schedule after another until one fails, none is left or the budget is spent."""

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from cache_provider.testing.race.chooser import Chooser, Path, Priorities
from cache_provider.testing.race.errors import (
    Abort,
    BlockedOutside,
    Diverged,
    Failure,
    NothingExplored,
    Redundant,
    StrayThread,
)
from cache_provider.testing.race.frontier import Frontier
from cache_provider.testing.race.options import Option
from cache_provider.testing.race.recording import Recorder
from cache_provider.testing.race.reduction import ReducedFrontier, ReducedPath
from cache_provider.testing.race.report import failure
from cache_provider.testing.race.settings import Settings
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.race.tokens import Token, difference

_MOST_BLOCKED = 3
"""How many schedules may be lost to waits outside the cache; each takes the watchdog's time."""

_MOST_TRIED = 200
"""How many schedules are run to say more simply what chance has found."""

_NOT_THE_SCENARIOS = (Diverged, NothingExplored, StrayThread)


class Engine(Protocol):
    """Runs the tasks of a schedule: threads, or coroutines."""

    def perform(self, stage: Stage) -> None:
        """Run the scenario on `stage`, to its end."""
        ...


class Search:
    """The schedules of one scenario.

    Args:
        engine: Runs one.
        name: The scenario's qualified name.
        settings: What is asked for.

    Attributes:
        schedules: How many were run.
        failure: The first that failed.
        blocked: Waits outside the cache, one for each schedule that was lost to them.
        notes: What else makes the search say less than it might seem.
        bound: The most interruptions of which every schedule was run.
        is_exhausted: Whether there is no schedule that was not run.
        is_given_up: Set from another thread: run no other schedule.
    """

    def __init__(self, engine: Engine, name: str, settings: Settings) -> None:
        self.schedules = 0
        self.failure: Failure | None = None
        self.blocked: list[str] = []
        self.notes: list[str] = []
        self.bound = -1
        self.is_exhausted = False
        self.is_given_up = False
        self._engine = engine
        self._name = name
        self._settings = settings
        self._redundant = 0
        self._longest = 1
        self._idle: dict[str, bool] = {}

    def run(self) -> None:
        """Search.

        Raises:
            RaceError: The scenario cannot be explored: it differs from run to
                run, spawns nothing, or lets a thread of its own use the cache.
        """
        if self._settings.reduce is not None:
            self._search_reduced(ReducedFrontier())
        elif self._settings.strategy != "pct":
            self._search_depth_first(Frontier(self._settings.preemptions))
        if self._settings.strategy != "dfs" and not (self.is_exhausted or self._settings.reduce):
            self._search_by_chance()
        if self.failure is None:
            self._check_tasks_used_the_cache()

    def replay(self, token: Token) -> None:
        """Run the schedule of `token`, and nothing else.

        Raises:
            Diverged: The scenario did something else.
        """
        stage, recorder = self._recorded(Path(token.choices))
        self.schedules = 1
        labels = tuple(row.label for row in recorder.rows)
        changed = difference(token.labels, labels)
        if changed is not None or isinstance(stage.error, Diverged):
            raise Diverged(f"the replayed schedule diverged: {changed or stage.error}")
        if stage.error is not None:
            self.failure = failure(stage, recorder, token, "This schedule was replayed from its token.")
            self.failure.__cause__ = stage.error

    # Strategies

    def _search_depth_first(self, frontier: Frontier) -> None:
        while self._may_go_on() and (path := frontier.next()) is not None:
            stage = self._perform(path)
            frontier.learn(path)
            self._judge(stage, path.taken, _interruptions(frontier.price))
        if self._is_whole():
            self.is_exhausted = frontier.is_empty
            self.bound = frontier.finished_bound

    def _search_reduced(self, frontier: ReducedFrontier) -> None:
        while self._may_go_on() and (path := frontier.next()) is not None:
            stage = self._perform(path)
            frontier.learn(path)
            taken = self._simplest(path.taken, stage.error) if _has_failed(stage) else path.taken
            self._judge(stage, taken, "by keys")
        self.is_exhausted = self._is_whole() and frontier.is_empty

    def _is_whole(self) -> bool:
        return self.failure is None and not (self.notes or self.blocked)

    def _search_by_chance(self) -> None:
        random = Random(self._settings.seed)  # noqa: S311 - a search, not a secret
        changes = 2 if self._settings.preemptions is None else self._settings.preemptions
        while self._may_go_on():
            chooser = Priorities(random, self._longest, changes)
            stage = self._perform(chooser)
            taken = self._simplest(chooser.taken, stage.error) if _has_failed(stage) else chooser.taken
            self._judge(stage, taken, f"by chance (seed {self._settings.seed}) and then made simpler")

    def _simplest(self, taken: list[Option], error: BaseException | None) -> list[Option]:
        """Return the choices of the schedule with the fewest interruptions that is found to fail alike."""
        frontier = Frontier(None)
        for _ in range(_MOST_TRIED):
            path = frontier.next()
            if path is None:
                break
            stage = self._stage(path)
            self._engine.perform(stage)
            if type(stage.error) is type(error):
                return path.taken
            frontier.learn(path)
        return self._shortened(taken, error)

    def _shortened(self, taken: list[Option], error: BaseException | None) -> list[Option]:
        """Return the fewest of the first choices that fail alike if nobody is interrupted after them."""
        for length in range(min(len(taken), _MOST_TRIED)):
            path = Path(tuple(taken[:length]))
            stage = self._stage(path)
            self._engine.perform(stage)
            if type(stage.error) is type(error):
                return path.taken
        return taken

    def _may_go_on(self) -> bool:
        return (
            self.schedules + self._redundant < self._settings.max_schedules
            and self.failure is None
            and len(self.blocked) < _MOST_BLOCKED
            and not self.is_given_up
        )

    # One schedule

    def _perform(self, chooser: Chooser) -> Stage:
        stage = self._stage(chooser)
        self._engine.perform(stage)
        self.schedules += 1
        self._longest = max(self._longest, len(stage.trail))
        return stage

    def _stage(self, chooser: Chooser) -> Stage:
        settings = self._settings
        stage = Stage(
            chooser,
            explored=settings.clock == "explored",
            mishaps=settings.mishaps,
            most_steps=settings.max_steps,
        )
        if isinstance(chooser, ReducedPath):
            chooser.footprint = stage.footprint
        return stage

    def _recorded(self, chooser: Chooser) -> tuple[Stage, Recorder]:
        stage = self._stage(chooser)
        stage.observer = recorder = Recorder(stage)
        self._engine.perform(stage)
        return stage, recorder

    def _judge(self, stage: Stage, taken: list[Option], how: str) -> None:
        error = stage.error
        if isinstance(error, _NOT_THE_SCENARIOS):
            raise error
        if isinstance(error, BlockedOutside):
            self.blocked.append(str(error))
        elif isinstance(error, Redundant):
            self.schedules -= 1
            self._redundant += 1
        elif isinstance(error, Abort):
            self._note(
                f"a schedule was cut short after {self._settings.max_steps} steps; "
                "a task that polls may never end: set a larger max_steps if it does"
            )
        elif error is not None:
            self.failure = self._explain(error, tuple(taken), how)
        else:
            stage.check_explored()
            for task in stage.tasks[1:]:
                self._idle[task.name] = self._idle.get(task.name, True) and task.steps == 0

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _explain(self, error: BaseException, choices: tuple[Option, ...], how: str) -> Failure:
        """Run the schedule once more, and write it down."""
        stage, recorder = self._recorded(Path(choices))
        token = Token(self._name, choices, tuple(row.label for row in recorder.rows))
        count = "the first schedule" if self.schedules == 1 else f"schedule {self.schedules}"
        story = f"Found in {count}, {how}."
        if type(stage.error) is not type(error):
            story += (
                "\nNOT DETERMINISTIC: run again, it "
                + ("does not fail" if stage.error is None else f"ends with {stage.error!r}")
                + ". Something other than the schedule decides: a random value, real time, a global."
            )
            stage.error, stage.culprit = error, None
        found = failure(stage, recorder, token, story)
        found.__cause__ = stage.error
        return found

    def _check_tasks_used_the_cache(self) -> None:
        idle = sorted(name for name, is_idle in self._idle.items() if is_idle)
        if idle:
            raise NothingExplored(
                f"task {', '.join(idle)} never used a cache of r: pass it r.cache, or one of r.make_cache()"
            )
        if not (self._idle or self.notes or self.blocked):
            raise NothingExplored("no schedule came to its end")


def _has_failed(stage: Stage) -> bool:
    """Tell whether it is the scenario that ended the schedule, and not the search."""
    return stage.error is not None and not isinstance(
        stage.error, (Abort, BlockedOutside, *_NOT_THE_SCENARIOS)
    )


def _interruptions(number: int) -> str:
    if number == 0:
        return "in which no task is interrupted"
    times = {1: "once", 2: "twice"}.get(number, f"{number} times")
    return f"with the fewest interruptions: {times}"


def name_of(scenario: Callable[..., Any]) -> str:
    """Return what tells a scenario from others."""
    return f"{getattr(scenario, '__module__', '')}.{getattr(scenario, '__qualname__', repr(type(scenario)))}"
