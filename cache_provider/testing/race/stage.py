"""One schedule: its cache, its clock, its tasks, and what happens next."""

from collections.abc import Callable, Hashable
from typing import Any

from cache_provider.arguments import MILLISECOND
from cache_provider.clock import ManualClock
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.memory.server import MemoryServer, keyspace_of
from cache_provider.testing.race.blocking import Locks
from cache_provider.testing.race.calls import CallWait, Names
from cache_provider.testing.race.chooser import Chooser, Step
from cache_provider.testing.race.errors import Abort, Deadlock, Learned, Livelock, NothingExplored, RaceError
from cache_provider.testing.race.footprints import Footprint, everything, footprint
from cache_provider.testing.race.lessons import Lessons
from cache_provider.testing.race.mishaps import Mishap
from cache_provider.testing.race.naming import name_of
from cache_provider.testing.race.observing import Observer
from cache_provider.testing.race.options import CLOCK, MOST_TASKS, Option, kind_of, price, special, task_of
from cache_provider.testing.race.pictures import Picture, deadlines_of, picture_of
from cache_provider.testing.race.polling import Polling, PollWait
from cache_provider.testing.race.reduction import ReducedPath
from cache_provider.testing.race.sessions import scripts_between_commands
from cache_provider.testing.race.stage_clock import StageClock
from cache_provider.testing.race.states import StatePath, comparable_store, comparable_tasks
from cache_provider.testing.race.tasks import Joining, Pause, PrimitiveCall, Task, Wait
from cache_provider.testing.seam import Operation


class Stage:
    """One schedule, no matter what runs its tasks.

    Args:
        chooser: Says who goes on where there is a choice.
        explored: Whether the passing of time is a choice too.
        mishaps: What may go wrong at a step, one of each family at most.
        most_steps: After how many steps the schedule is cut short.
        lessons: What the search knows of the scenario.
        invariant: Looks at the store after every step, and raises if something is wrong.

    Attributes:
        clock: What the cache lives by.
        server: Where its keys are.
        keyspace: What the server holds.
        locks: Who holds which lock.
        tasks: The tasks, the scenario itself first.
        trail: What has happened so far.
        interruptions: How many there were; counted where there is an observer.
        names: How reports call what threads wait for each other by.
        has_calls: Whether any task has called what threads wait for each other by.
        computing: How many calls of `get_or_set` are under way.
        observer: Is told what happens, if anybody wants to know.
        alarm_ms: When the next timer of an event loop rings; it does once nobody else can go on.
        error: What ended the schedule early, or failed it.
        culprit: Whose step that was; None if nobody's.
        is_cut: Whether it was ended before its end though nothing failed.
        is_stopped: Whether its tasks are to be unwound.
        is_spinning: Whether nobody goes on but those who ask what they have asked before.
    """

    def __init__(
        self,
        chooser: Chooser,
        *,
        explored: bool,
        mishaps: tuple[Mishap, ...] = (),
        most_steps: int = 1000,
        lessons: Lessons | None = None,
        invariant: Callable[[InMemoryCacheAdapter], object] | None = None,
    ) -> None:
        self.clock: ManualClock = StageClock(self._note_move, lambda: not (explored and self._is_passing))
        self.server = MemoryServer(clock=self.clock)
        self.keyspace = keyspace_of(self.server)
        self.keyspace.claim_names = self._name_claim
        self.locks = Locks(self.keyspace, self.clock)
        self.tasks: list[Task] = []
        self.trail: list[Step] = []
        self.interruptions = 0
        self.names = Names()
        self.computing = 0
        self.has_calls = False
        self.observer: Observer | None = None
        self.error: BaseException | None = None
        self.culprit: Task | None = None
        self.is_cut = False
        self.is_stopped = False
        self.is_spinning = False
        self.alarm_ms: int | None = None
        self._lessons = lessons or Lessons()
        self._history = chooser.history if isinstance(chooser, StatePath) else None
        self._invariant = invariant
        self._onlooker = None if invariant is None else InMemoryCacheAdapter(server=self.server)
        self._polling = Polling(self.keyspace, self._lessons, most_steps)
        self._live: list[Task] = []
        self._chooser = chooser
        self._explored = explored
        self._mishaps = mishaps
        self._happened: set[int] = set()
        self._running = 0
        self._is_passing = False
        self._most_steps = most_steps

    def _name_claim(self) -> str:
        # By task, so that the order of claims on different locks shows in no store.
        task = self.tasks[self._running]
        task.claims += 1
        return f"claim-{task.claims} of {task.name}"

    def picture(self) -> Picture:
        """Return what the store holds now."""
        return picture_of(self.keyspace)

    def state(self) -> Hashable:
        """Return all that decides what may happen from now on, if tasks depend on what they read alone."""
        assert self._history is not None
        if self.computing or self.has_calls or self._lessons.scans or self.alarm_ms is not None:
            # The callers of get_or_set hand values to each other, as those of a queue do,
            # cursors know where keys once were, and timers are the loop's.
            return object()
        scripts = scripts_between_commands(self.keyspace)
        if scripts is None:
            return object()
        now = self.clock.now_ms()
        store = comparable_store(self.picture(), now, ordered=self._lessons.sees_order)
        return store, scripts, comparable_tasks(self.tasks, self._history, now), frozenset(self._happened)

    def note_result(self, task: Task, result: Any, error: BaseException | None) -> None:
        """Note what an operation came to."""
        if self._history is not None:
            lock = None if task.operation is None else task.operation.lock
            # A claim's number is known with the claim, and read without an operation.
            told = (result, lock.fence) if lock is not None and lock.fenced else result
            self._history.add(task, "" if error is None else type(error).__name__, told)

    def note_value(self, value: Any) -> None:
        """Note what the task that went on last was handed by another's computation, or made itself."""
        if self._history is not None:
            self._history.add(self.tasks[self._running], "get_or_set", value)

    def add(self, name: str | None, function: Callable[[], Any], parent: Task | None = None) -> Task:
        """Make a task.

        Raises:
            ValueError: There is one of that name.
            RaceError: There are too many.
        """
        number = len(self.tasks)
        if number == MOST_TASKS:
            raise RaceError(f"a schedule has at most {MOST_TASKS} tasks")
        name = name or name_of(number, parent)
        if any(task.name == name for task in self.tasks):
            raise ValueError(f"name must be unlike those of other tasks, not {name!r} again")
        if parent is not None:
            parent.children += 1
        task = Task(number, name, function, parent)
        self.tasks.append(task)
        self._live.append(task)
        if self.observer is not None:
            self.observer.add(task)
        return task

    def park(
        self, task: Task, operation: Operation | None, wait: Wait | None, call: PrimitiveCall | None = None
    ) -> None:
        """Note that a task has stopped before an operation or a call, or waits without one."""
        if wait is None and operation is not None:
            wait = self._polling.wait(task, operation, self.clock.now_ms())
        task.operation = operation
        task.call = call
        task.wait = wait
        task.is_parked = True

    @property
    def live(self) -> tuple[Task, ...]:
        """The tasks that have not ended."""
        return tuple(self._live)

    def joining(self, task: Task) -> Joining:
        """Return the wait of a task for the end of all others."""
        return Joining(self._live, task)

    def end(self, task: Task) -> None:
        """Note that a task has ended."""
        task.is_done = True
        task.is_parked = False
        self._live.remove(task)

    # What happens next

    def next(self) -> Task | None:
        """Decide who goes on; None where the alarm rings, or the schedule is stopped, which may be now."""
        if self._onlooker is not None and not self._holds():
            return None
        try:
            while not self.is_stopped:
                options = self._options()
                option = self._choose(options) if options else self._spin()
                if option != CLOCK:
                    return self._let_go_on(option)
                self._pass_time()
                if self.alarm_ms is not None and self.clock.now_ms() >= self.alarm_ms:
                    return None
        except (RaceError, Abort) as error:
            self.stop(error)
        return None

    def _holds(self) -> bool:
        """Tell whether the store is as it must be; if not, the task that went on last is to blame."""
        assert self._invariant is not None
        try:
            self._invariant(self._onlooker)  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - it fails the schedule
            self.stop(error, self.tasks[self._running])
            return False
        return True

    @property
    def is_at_rest(self) -> bool:
        """Whether every task has stopped."""
        return all(task.is_parked for task in self._live)

    def can_go_on(self) -> bool:
        """Tell whether anything may happen next without help from outside."""
        return bool(self._options())

    def stop(self, error: BaseException, culprit: Task | None = None) -> None:
        """End the schedule: let every task unwind."""
        if not self.is_stopped:
            self.error = error
            self.culprit = culprit
            if self.observer is not None and isinstance(error, Deadlock):
                self.observer.stop(self._waiting())
        self.is_stopped = True

    def _let_go_on(self, option: Option) -> Task:
        task = self.tasks[task_of(option)]
        operation = task.operation
        if task.call is not None:
            self._step(option, task, task.call.name, task.call.subject)
            if not isinstance(task.call, Pause):
                task.has_called = self.has_calls = True
        elif operation is None:
            self._step(option, task, "goes on" if task.has_begun else "beginning", None)
            task.has_begun = True
        else:
            self._step(option, task, operation.name, operation.key)
            task.steps += 1
            task.note_operation()
            self._polling.notice(task, operation, self.clock.now_ms())
        task.is_parked = False
        task.kind = kind_of(option)
        if self._history is not None:
            self._history.add(task, f"{operation.name if operation else ''} {task.kind}")
        if task.kind:
            self._happened.add(self._mishaps[task.kind - 1].family)
        self._running = task.number
        if not isinstance(task.call, Pause):
            # Between one question and the next, whoever polls sleeps.
            self.is_spinning = isinstance(task.wait, PollWait) and not task.wait.is_over(self.clock.now_ms())
        if self.observer is not None:
            self.observer.begin(task, self.mishap(task))
        return task

    def mishap(self, task: Task) -> Mishap | None:
        """Return what goes wrong at the task's step, or None."""
        return self._mishaps[task.kind - 1] if task.kind else None

    def _choose(self, options: tuple[Option, ...]) -> Option:
        if len(options) == 1 and not self._chooser.sees_all:
            return options[0]
        option = self._chooser.choose(options, self._running, self)
        if self.observer is not None:
            self.interruptions += price(option, options, self._running)
        return option

    def _spin(self) -> Option:
        """Let somebody ask once more who polls: who asks a limited number of times comes to an end so.

        Raises:
            Deadlock: Nobody can.
        """
        polling = [task for task in self._live if task.is_parked and isinstance(task.wait, PollWait)]
        if not polling:
            raise Deadlock(self._all_waits())
        return min(polling, key=lambda task: task.steps).number

    def _all_waits(self) -> list[str]:
        return [f"{task.name} waits for {task.wait or task.awaits()}" for task in self._waiting()]

    def _step(self, option: Option, task: Task | None, name: str, key: str | None) -> None:
        self.trail.append((option, "" if task is None else task.name, name, key))
        if len(self.trail) > self._most_steps:
            if self.is_spinning:
                raise Livelock(self._all_waits())
            self.is_cut = True
            raise Abort

    def _options(self) -> tuple[Option, ...]:
        now = self.clock.now_ms()
        options = [
            task.number
            for task in self._live
            if task.is_parked and (task.wait is None or task.wait.is_over(now))
        ]
        mishaps = self._special(options) if self._mishaps else []
        if (self._explored or not options) and self._next_moment() is not None:
            options.append(CLOCK)
        return (*options, *mishaps)

    def _special(self, numbers: list[int]) -> list[Option]:
        ready = [self.tasks[number] for number in numbers]
        return [
            special(task.number, kind)
            for kind, mishap in enumerate(self._mishaps, start=1)
            if mishap.family not in self._happened
            for task in (self._live if mishap.strikes_waiting else ready)
            if task.is_parked and mishap.can_strike(task, self.locks)
        ]

    @property
    def is_reduced(self) -> bool:
        """Whether schedules are left out that differ only in the order of keys."""
        return isinstance(self._chooser, ReducedPath)

    @property
    def has_mishaps(self) -> bool:
        """Whether anything may go wrong in it."""
        return bool(self._mishaps)

    @property
    def remembers(self) -> bool:
        """Whether it is to be told what operations come to."""
        return self._history is not None

    def footprint(self, option: Option) -> Footprint:
        """Return what an option's step touches."""
        if option == CLOCK or self.computing or self._lessons.moves_time:
            return everything(option)
        task = self.tasks[task_of(option)]
        touched = footprint(option, task, sees_order=self._lessons.sees_order)
        if task.wait is not None:
            touched = touched._replace(is_conditional=True)
        kind = kind_of(option)
        return self._mishaps[kind - 1].touch(touched, task, self.locks) if kind else touched

    def note_order(self, *, scans: bool) -> None:
        """Note that a task asks which keys there are, and so sees in what order they were made."""
        lessons = self._lessons
        if self._chooser.sees_all and not (lessons.sees_order and lessons.scans >= scans):
            lessons.sees_order = True
            lessons.scans = lessons.scans or scans
            self.stop(Learned())

    # Time

    def _next_moment(self) -> int | None:
        """Return when the next ttl, lease or time-out runs out that may, in milliseconds."""
        now = self.clock.now_ms()
        waits = [task.wait for task in self._live if task.is_parked and task.wait is not None]
        if self._explored:
            ends = [*deadlines_of(self.keyspace).values(), *(wait.until_ms for wait in waits), self.alarm_ms]
        else:
            ends = [*(wait.until_ms for wait in waits if isinstance(wait, CallWait)), self.alarm_ms]
        return min((end for end in ends if end is not None and end > now), default=None)

    def _pass_time(self) -> None:
        moment = self._next_moment()
        assert moment is not None, "time was an option"
        self._step(CLOCK, None, "time passes", None)
        if self.observer is not None:
            self.observer.pass_time(moment)
        self._is_passing = True
        self.clock.advance((moment - self.clock.now_ms()) * MILLISECOND)
        self._is_passing = False

    def _note_move(self) -> None:
        """Note that a task moves the clock: what others do is then no longer the same before and after."""
        if not (self._is_passing or self._lessons.moves_time or len(self._live) < 2) and self.is_reduced:
            self._lessons.moves_time = True
            self.stop(Learned())

    def _waiting(self) -> list[Task]:
        now = self.clock.now_ms()
        return [
            task
            for task in self._live
            if not task.is_parked or (task.wait is not None and not task.wait.is_over(now))
        ]

    def check_explored(self) -> None:
        """Refuse a scenario that gave nothing to interleave.

        Raises:
            NothingExplored: No task was spawned.
        """
        if len(self.tasks) < 2:
            raise NothingExplored("the scenario spawned no task: r.spawn(function, *arguments, name=...)")
