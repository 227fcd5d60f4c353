"""Running one schedule after another until one fails, none is left or the budget is spent."""

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from cache_provider.clock import SystemClock
from cache_provider.testing.race.chooser import ADVICE, Chooser, Path, Priorities
from cache_provider.testing.race.errors import (
    Abort,
    BlockedOutside,
    Diverged,
    Failure,
    Learned,
    NothingExplored,
    Redundant,
    StrayThread,
)
from cache_provider.testing.race.frontier import Frontier
from cache_provider.testing.race.journal import Journal
from cache_provider.testing.race.lessons import Lessons
from cache_provider.testing.race.options import Option
from cache_provider.testing.race.recording import Recorder
from cache_provider.testing.race.reduction import ReducedFrontier, ReducedPath
from cache_provider.testing.race.report import failure
from cache_provider.testing.race.settings import Settings
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.race.states import StateFrontier, StatePath
from cache_provider.testing.race.tokens import Token, difference
from cache_provider.testing.race.visitors import Visitors

_MOST_BLOCKED = 3
"""How many schedules may be lost to waits outside the cache; each takes the watchdog's time."""

_MOST_TRIED = 200
"""How many schedules are run to say more simply what chance has found."""

_MOST_CUT = 20
"""How many schedules may come to no end before the search is given up where none has come to one."""

_NOT_THE_SCENARIOS = (Diverged, NothingExplored, StrayThread)


class Engine(Protocol):
    """Runs the tasks of a schedule: threads, or coroutines."""

    def perform(self, stage: Stage) -> None:
        """Run the scenario on `stage`, to its end."""
        ...

    @property
    def visitors(self) -> Visitors:
        """Who may look at the caches of schedules that are over."""
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
        self.failure: Failure | None = None
        self.blocked: list[str] = []
        self.notes: list[str] = []
        self.is_exhausted = False
        self.is_given_up = False
        self._engine = engine
        self._name = name
        self._settings = settings
        self._lessons = Lessons()
        self._clock = SystemClock()
        self._started = self._clock.real_seconds()
        self._begin()

    def _begin(self) -> None:
        self.schedules = 0
        self.bound = -1
        self.blocked.clear()
        self.notes.clear()
        self._redundant = 0
        self._longest = 1
        self._completed = 0
        self._has_learned = False
        self._idle: dict[str, bool] = {}
        self._uses_cache = False
        self._first: tuple[tuple[Option, ...], Journal] | None = None

    def run(self) -> None:
        """Search.

        Raises:
            RaceError: The scenario cannot be explored: it differs from run to
                run, spawns nothing, or lets a thread of its own use the cache.
        """
        self._search()
        while self._has_learned and not self.is_given_up:
            self._begin()
            self._search()
        if self.failure is None:
            self._check_tasks_used_the_cache()
            self._check_first_again()

    def _search(self) -> None:
        if self._settings.reduce is not None:
            self._search_reduced(ReducedFrontier() if self._settings.reduce == "keys" else StateFrontier())
        elif self._settings.strategy != "pct":
            self._search_depth_first(Frontier(self._settings.preemptions))
        if self._settings.strategy != "dfs" and not (self.is_exhausted or self._settings.reduce):
            self._search_by_chance()

    def replay(self, token: Token) -> None:
        """Run the schedule of `token`, and nothing else.

        Raises:
            Diverged: The scenario did something else.
        """
        self._lessons.polled = token.polled
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
        self._run_all(frontier)
        if self._settings.strategy == "auto":
            # Beyond the bound as long as what is known to be left may be run to its end.
            frontier.bound = None
            self._run_all(frontier, is_worth_it=lambda: frontier.size <= self._budget_left)
        if self._is_whole():
            self.is_exhausted = frontier.is_empty
            self.bound = frontier.finished_bound

    def _run_all(self, frontier: Frontier, is_worth_it: Callable[[], bool] = lambda: True) -> None:
        while self._may_go_on() and is_worth_it() and (path := frontier.next()) is not None:
            stage = self._perform(path)
            frontier.learn(path)
            self._judge(stage, path, _interruptions(frontier.price))

    def _search_reduced(self, frontier: ReducedFrontier | StateFrontier) -> None:
        while self._may_go_on() and (path := frontier.next()) is not None:
            stage = self._perform(path)
            frontier.learn(path)  # type: ignore[arg-type] # what it made itself
            self._judge(stage, path, f"by {self._settings.reduce}")
        self.is_exhausted = self._is_whole() and frontier.is_empty

    def _is_whole(self) -> bool:
        return self.failure is None and not (self.notes or self.blocked or self._has_learned)

    def _search_by_chance(self) -> None:
        random = Random(self._settings.seed)  # noqa: S311 - a search, not a secret
        changes = 2 if self._settings.preemptions is None else self._settings.preemptions
        while self._may_go_on():
            chooser = Priorities(random, self._longest, changes)
            stage = self._perform(chooser)
            self._judge(stage, chooser, f"by chance (seed {self._settings.seed})")

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
            self._budget_left > 0
            and self.failure is None
            and len(self.blocked) < _MOST_BLOCKED
            and (self._completed > 0 or self.schedules < _MOST_CUT)
            and not self._has_learned
            and not self.is_given_up
            and not self._is_time_up()
        )

    def _is_time_up(self) -> bool:
        seconds = self._settings.seconds
        if seconds is None or self._clock.real_seconds() - self._started < seconds:
            return False
        self._note(f"the search ended after {seconds:g} s")
        return True

    @property
    def _budget_left(self) -> int:
        return self._settings.max_schedules - self.schedules - self._redundant

    # One schedule

    def _perform(self, chooser: Chooser) -> Stage:
        stage = self._stage(chooser)
        journal = stage.observer = None if self.schedules else Journal()
        self._run_on(stage)
        if journal is not None and stage.error is None:
            journal.close(stage.picture())
            self._first = tuple(chooser.taken), journal
        self.schedules += 1
        self._longest = max(self._longest, len(stage.trail))
        return stage

    def _run_on(self, stage: Stage) -> None:
        self._engine.perform(stage)
        if self._engine.visitors.strays:
            raise self._engine.visitors.strays[0]

    def _stage(self, chooser: Chooser) -> Stage:
        settings = self._settings
        stage = Stage(
            chooser,
            explored=settings.clock == "explored",
            mishaps=settings.mishaps,
            most_steps=settings.max_steps,
            lessons=self._lessons,
            invariant=settings.invariant,
        )
        if isinstance(chooser, ReducedPath):
            chooser.footprint = stage.footprint
        return stage

    def _recorded(self, chooser: Chooser) -> tuple[Stage, Recorder]:
        stage = self._stage(chooser)
        stage.observer = recorder = Recorder(stage, self._settings.stacklevel)
        self._run_on(stage)
        return stage, recorder

    def _judge(self, stage: Stage, chooser: Path | Priorities, how: str) -> None:
        error = stage.error
        if isinstance(error, _NOT_THE_SCENARIOS):
            raise error
        if isinstance(error, BlockedOutside):
            self.blocked.append(str(error))
        elif isinstance(error, Redundant):
            self.schedules -= 1
            self._redundant += 1
        elif isinstance(error, Learned):
            self._has_learned = True
        elif isinstance(error, Abort):
            self._note(
                f"a schedule was cut short after {self._settings.max_steps} steps; "
                "a task that polls may never end: set a larger max_steps if it does"
            )
        elif error is not None:
            self._fail(error, chooser, how)
        else:
            if isinstance(chooser, Path):
                chooser.check_end()
            stage.check_explored()
            self._completed += 1
            for task in stage.tasks[1:]:
                is_idle = not (task.has_operated or task.has_called)
                self._idle[task.name] = self._idle.get(task.name, True) and is_idle
                self._uses_cache = self._uses_cache or task.has_operated

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _fail(self, error: BaseException, chooser: Path | Priorities, how: str) -> None:
        taken = chooser.taken
        if isinstance(chooser, ReducedPath | StatePath | Priorities):
            taken = self._simplest(taken, error)
            how += ", and then made simpler"
        self.failure = self._explain(error, tuple(taken), how)

    def _explain(self, error: BaseException, choices: tuple[Option, ...], how: str) -> Failure:
        """Run the schedule once more, and write it down."""
        stage, recorder = self._recorded(Path(choices))
        labels = tuple(row.label for row in recorder.rows)
        token = Token(self._name, choices, labels, self._settings.deciding, self._lessons.polled)
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
        idle = sorted(name for name, is_idle in self._idle.items() if is_idle or not self._uses_cache)
        if idle:
            raise NothingExplored(
                f"task {', '.join(idle)} never used a cache of r: pass it r.cache, or one of r.make_cache()"
            )
        if not (self._completed or self.blocked):
            raise NothingExplored(". ".join(["no schedule came to its end", *self.notes]))

    def _check_first_again(self) -> None:
        """Run the first schedule once more, after all others.

        Raises:
            Diverged: It is another one now.
        """
        if self._first is None or self.is_given_up or self.blocked:
            return
        taken, journal = self._first
        path = Path(taken)
        stage = self._stage(path)
        again = stage.observer = Journal()
        self._run_on(stage)
        if isinstance(stage.error, _NOT_THE_SCENARIOS):
            raise stage.error
        if stage.error is not None:
            changed: str | None = f"it ended with {stage.error!r}"
        else:
            path.check_end()
            again.close(stage.picture())
            changed = journal.difference(again)
        if changed is not None:
            raise Diverged(
                "the scenario is not deterministic: the first schedule was run once more at the end, and "
                f"{changed}. {ADVICE}"
            )


def _interruptions(number: int) -> str:
    if number == 0:
        return "in which no task is interrupted"
    times = {1: "once", 2: "twice"}.get(number, f"{number} times")
    return f"with the fewest interruptions: {times}"


def name_of(scenario: Callable[..., Any]) -> str:
    """Return what tells a scenario from others."""
    return f"{getattr(scenario, '__module__', '')}.{getattr(scenario, '__qualname__', repr(type(scenario)))}"
