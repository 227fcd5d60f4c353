"""What happened in one schedule, row by row."""

import reprlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cache_provider.testing.race.blocking import LockWait
from cache_provider.testing.race.calls import CallWait
from cache_provider.testing.race.commands import call_of
from cache_provider.testing.race.mishaps import Mishap
from cache_provider.testing.race.pictures import deadlines_of
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.race.tasks import Joining, PrimitiveCall, Task
from cache_provider.testing.seam import DoorCommand, Operation, Site, find_site
from cache_provider.testing.seam.keeping import Keeper, kept

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 24
_SHORT.maxlist = _SHORT.maxdict = _SHORT.maxset = _SHORT.maxtuple = 4


_BEGINS = "begins"


def short(value: object) -> str:
    """Return a value for a table."""
    return f"{value.total_seconds():g} s" if isinstance(value, timedelta) else _SHORT.repr(value)


@dataclass(slots=True)
class Row:
    """One step.

    Attributes:
        number: Which it is, counted from 1.
        task: Who made it; None where time passed.
        operation: What it began with; None where a wait ended.
        site: Where in the source.
        text: What was done, and what it came to.
        result: What the operation returned.
        is_complete: Whether it returned.
        notes: What else there is to say.
        held: Who holds which lock after it, by name.
    """

    number: int
    task: Task | None
    operation: Operation | None = None
    site: Site | None = None
    text: str = ""
    result: Any = None
    is_complete: bool = False
    notes: tuple[str, ...] = ()
    held: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """What tells the row from others when a schedule is run again."""
        if self.task is None:
            return "time passes"
        operation = self.operation
        called = self.text if operation is None else f"{operation.name} {', '.join(operation.keys)}".strip()
        return f"{self.task.name} {called}"


class Recorder:
    """Writes a schedule down.

    Args:
        stage: The schedule.
        stacklevel: How far from an operation the line is that rows show; 2 is behind one wrapper.

    Attributes:
        rows: What happened.
        waiting: Who waited for what, and where, when it ended early.
    """

    def __init__(self, stage: Stage, stacklevel: int = 1) -> None:
        self._stacklevel = stacklevel
        self._keeper = Keeper()
        self.rows: list[Row] = []
        self.waiting: list[str] = []
        self._stage = stage
        self._spawned: dict[int, Site] = {}
        self._sites: dict[int, tuple[Operation | PrimitiveCall, Site]] = {}
        self._last: dict[int, Row] = {}
        self._acquired: dict[str, int] = {}
        self._called: dict[tuple[str, Task], int] = {}

    def add(self, task: Task) -> None:
        """Note where a task is made."""
        self._spawned[task.number] = find_site()

    def arrive(self, step: Operation | PrimitiveCall) -> None:
        """Note where an operation, or something else, is called."""
        self._sites[id(step)] = step, find_site(self._stacklevel)

    def begin(self, task: Task, mishap: Mishap | None) -> None:
        """Begin a row; the end of the scenario's own wait is none."""
        if isinstance(task.wait, Joining):
            return
        self._leave_out_beginning(task)
        # As it is now: its caller may change what it gave.
        operation = None if task.operation is None else task.operation.seen(self._keeper)
        row = Row(len(self.rows) + 1, task, operation, held=self._held())
        if task.call is not None:
            row.site = self._site(task, task.call)
            row.text = f"{task.call.name} {task.call.subject}"
            if task.call.name == "acquire":
                self._called[task.call.subject, task] = row.number
        elif task.operation is None:
            row.text = "goes on" if task.number in self._last else _BEGINS
            row.site = self._spawned[task.number] if row.text is _BEGINS else None
        else:
            row.site = self._site(task, task.operation)
            row.text = _call(task.operation)
        if mishap is not None:
            row.notes = (str(mishap),)
        self._last[task.number] = row
        if not self._stage.is_spinning:
            self.rows.append(row)

    def _leave_out_beginning(self, task: Task) -> None:
        """Take back that a task begins if nobody does anything between that and its first operation."""
        if self.rows and self.rows[-1].task is task and self.rows[-1].text is _BEGINS:
            self.rows.pop()

    def end(self, task: Task, result: Any, error: BaseException | None) -> None:
        """Complete the row of the task's last step."""
        row = self._last[task.number]
        row.is_complete = error is None
        row.result = kept(self._keeper.keep(result))
        row.text += _outcome(row, error)
        if row.operation is not None and row.operation.name == "lock.acquire" and result is True:
            self._acquired[row.operation.lock.name if row.operation.lock else ""] = row.number
        row.held = self._held()

    def pass_time(self, moment: int) -> None:
        """Write a row for time that passes, with what ends then."""
        seconds = (moment - self._stage.clock.now_ms()) / 1000
        row = Row(len(self.rows) + 1, None, text=f"{seconds:g} s pass: {self._what_ends(moment)}")
        if not self._stage.is_spinning:
            self.rows.append(row)

    def stop(self, waiting: list[Task]) -> None:
        """Write down who waits, and where."""
        for task in waiting:
            if not isinstance(task.wait, Joining):
                self.waiting.append(self._waits(task))

    def _waits(self, task: Task) -> str:
        if not task.is_parked:
            return f"{task.name} waits for {task.awaits()}{_at(task.look())}"
        step = task.call or task.operation
        site = None if step is None else self._site(task, step)
        since = self._since(task)
        return f"{task.name} waits for {task.wait}{since}{_at(site)}"

    def _site(self, task: Task, step: Operation | PrimitiveCall) -> Site:
        """Return where it was called; where the task was made if that is all there is to it."""
        site = self._sites[id(step)][1]
        return site if site.line else self._spawned[task.number]

    def _since(self, task: Task) -> str:
        row = None
        if isinstance(task.wait, LockWait):
            row = self._acquired.get(task.wait.operation.key or "")
        elif isinstance(task.wait, CallWait) and task.call is not None and (holder := task.wait.holder()):
            row = self._called.get((task.call.subject, holder))
        return "" if row is None else f" since row {row}"

    def _held(self) -> tuple[tuple[str, str], ...]:
        """Return the locks that are held, and by whom."""
        locks = self._stage.locks
        return tuple(
            (handle.name, task.name)
            for full_key, (handle, task) in locks.holders.items()
            if locks.is_held(full_key)
        )

    def _what_ends(self, moment: int) -> str:
        ends = list[str]()
        for full_key, deadline in deadlines_of(self._stage.keyspace).items():
            if deadline == moment:
                ends.append(self._what_expires(full_key))
        for task in self._stage.tasks:
            if task.is_parked and task.wait is not None and task.wait.until_ms == moment:
                ends.append(f"the patience of {task.name}")
        if self._stage.alarm_ms == moment:
            ends.append("a timer of the event loop rings")
        return " and ".join(ends)

    def _what_expires(self, full_key: str) -> str:
        holder = self._stage.locks.holders.get(full_key)
        if holder is None:
            return f"key {full_key!r} expires"
        handle, task = holder
        row = self._acquired.get(handle.name)
        return f"the lease of lock {handle.name!r} ends, which {task.name} acquired at row {row}"


def _at(site: Site | None) -> str:
    return "" if site is None else f" at {site}: {site.text}"


def _call(operation: Operation) -> str:
    if isinstance(operation, DoorCommand):
        return call_of(operation)
    name = operation.name.removeprefix("lock.")
    arguments = dict(operation.arguments)
    arguments.pop("key", None)
    subject = "" if operation.key is None else f" {operation.key}"
    if operation.effect.replaces and "value" in arguments:
        subject += f" = {short(arguments.pop('value'))}"
    shown = [
        f"{argument}={short(value)}"
        for argument, value in arguments.items()
        if not _is_default(argument, value)
    ]
    return f"{name}{subject}{' ' if shown else ''}{', '.join(shown)}"


def _is_default(argument: str, value: object) -> bool:
    defaults = {
        "amount": 1,
        "default": 0,
        "blocking": True,
        "replace_ttl": False,
        "keep_ttl": False,
        "pattern": "*",
    }
    return value is None or (argument in defaults and value == defaults[argument])


def _outcome(row: Row, error: BaseException | None) -> str:
    if error is not None:
        return f" ! {type(error).__name__}"
    effect = None if row.operation is None else row.operation.effect
    # Of a write whose answer is always the same there is nothing to tell.
    is_plain = effect is not None and effect.writes and not effect.reads
    return "" if is_plain else f" -> {short(row.result)}"
