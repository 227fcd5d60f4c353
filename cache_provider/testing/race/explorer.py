"""`explore`: run a scenario under every schedule that matters."""

from collections.abc import Callable, Iterable
from contextvars import copy_context
from functools import partial
from threading import Event, Thread

from cache_provider.arguments import check_callable
from cache_provider.testing.race.errors import BlockedOutside
from cache_provider.testing.race.mishaps import Fault
from cache_provider.testing.race.racer import Race
from cache_provider.testing.race.result import Result
from cache_provider.testing.race.search import Search, name_of
from cache_provider.testing.race.settings import ClockMode, Reduction, Settings, Strategy, mishaps
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.race.threads import ThreadRun
from cache_provider.testing.race.tokens import Token
from cache_provider.testing.race.workers import Pool


def explore(
    scenario: Callable[[Race], object],
    *,
    preemptions: int | None = 2,
    max_schedules: int = 5_000,
    seed: int = 0,
    strategy: Strategy = "auto",
    clock: ClockMode = "frozen",
    reduce: Reduction | None = None,
    replay: str | None = None,
    watchdog: float = 1.0,
    max_steps: int = 1_000,
    faults: Iterable[Fault] = (),
) -> Result:
    """Run `scenario` under one schedule after another, until one fails.

    A schedule is an order of the tasks' operations on the cache; the code
    between two operations runs as one step. The same call gives the same result.

    Args:
        scenario: Called for every schedule with a `Race` of its own; it spawns
            tasks, joins them and asserts.
        preemptions: How often, at the most, a task that could go on is
            interrupted by another, by time that passes or by a mishap; None is
            no bound. All schedules with none come first, then those with one, ...
        max_schedules: How many schedules are run at the most.
        seed: Of what is done by chance.
        strategy: `"dfs"` runs every schedule within the bound, `"pct"` draws
            random priorities, `"auto"` first the one, then the other with what
            is left of `max_schedules`.
        clock: `"frozen"`: time stands still, and who waits for ever is in a
            deadlock; `"explored"`: at each step the next ttl, lease or
            time-out may run out.
        reduce: `"keys"`: leave out what differs only in the order of operations
            on different keys; the caller promises that tasks share nothing else.
        replay: The token of a failure: run just that schedule.
        watchdog: After how many real seconds without an operation a task counts
            as blocked outside the cache.
        max_steps: How many steps one schedule may have.
        faults: Exceptions, or functions from operation to exception or None:
            each may strike once in a schedule, before or after an operation's effect.

    Returns:
        How many schedules were run, whether that was all of them, and the failure.

    Raises:
        TypeError, ValueError: An argument is not legal.
        RaceError: The scenario cannot be explored; `Diverged` if it differs
            from run to run or from the token, `NothingExplored`, `StrayThread`.
    """
    check_callable("scenario", scenario)
    settings = Settings(
        preemptions=preemptions,
        max_schedules=max_schedules,
        seed=seed,
        strategy=strategy,
        clock=clock,
        reduce=reduce,
        watchdog=watchdog,
        max_steps=max_steps,
        mishaps=mishaps(faults),
    )
    token = None if replay is None else Token.parse(replay)
    engine = ThreadEngine(scenario)
    search = Search(engine, name_of(scenario), settings)
    work = search.run if token is None else partial(search.replay, token)
    blocked = engine.watch(work, search, watchdog)
    if blocked is not None:
        search.blocked.append(str(blocked))
    return Result(
        schedules=search.schedules,
        exhausted=search.is_exhausted and not search.blocked,
        failure=search.failure,
        bound=search.bound,
        blocked=tuple(dict.fromkeys(search.blocked)),
        notes=tuple(search.notes),
    )


class ThreadEngine:
    """Runs schedules with threads, and watches them from the thread that asked."""

    def __init__(self, scenario: Callable[[Race], object]) -> None:
        self._scenario = scenario
        self._pool = Pool()
        self._run: ThreadRun | None = None
        self._error: BaseException | None = None
        self._is_over = Event()

    def perform(self, stage: Stage) -> None:
        """Run the scenario on `stage`, to its end."""
        run = self._run = ThreadRun(stage, self._pool)
        race = Race(run)
        run.run(lambda: self._scenario(race))
        self._pool.give_all_back()

    def watch(self, work: Callable[[], None], search: Search, seconds: float) -> BlockedOutside | None:
        """Do `work` in a thread of its own; return what it is blocked by if it never ends.

        Raises:
            BaseException: Whatever `work` raises.
        """
        context = copy_context()
        driver = Thread(target=lambda: context.run(self._work, work), name="cache-provider-race", daemon=True)
        driver.start()
        try:
            blocked = self._wait(seconds)
        finally:
            search.is_given_up = True
        if blocked is None:
            driver.join()
            self._pool.close()
        if self._error is not None:
            raise self._error
        return blocked

    def _work(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            self._error = error
        self._is_over.set()

    def _wait(self, seconds: float) -> BlockedOutside | None:
        blocked: BlockedOutside | None = None
        seen: tuple[ThreadRun | None, int] = (None, -1)
        while not self._is_over.wait(seconds):
            run = self._run
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
