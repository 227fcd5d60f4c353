"""What stands between the tasks and the cache: each operation is a place to stop."""

from collections.abc import Callable
from functools import partial
from typing import Any

from cache_provider.steps import Steps
from cache_provider.testing.race.blocking import LockWait
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.race.tasks import Task
from cache_provider.testing.seam import DoorCommand, Operation, Proceed
from cache_provider.testing.seam.command import shown_reply

_BY_PATTERN = frozenset({"keys", "scan", "KEYS", "RANDOMKEY", "SCAN"})


class Interception:
    """Stops the calling task before each operation until it is its turn.

    Args:
        stage: The schedule.
        arrive: Stops the calling task and returns it, or an awaitable of it.
    """

    def __init__(self, stage: Stage, arrive: Callable[[Operation, LockWait | None], Any]) -> None:
        self._stage = stage
        self._arrive = arrive

    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Wait for the task's turn, and let the operation go on."""
        name = operation.name
        wait = self._stage.locks.blocks(operation) if name == "lock.acquire" else None
        if name in _BY_PATTERN:
            self._stage.note_order(scans=name in {"scan", "SCAN"})
        observer = self._stage.observer
        if observer is not None:
            observer.arrive(operation)
        task: Task | None = yield self._arrive(operation, wait)
        if task is None:
            return (yield from proceed())
        steps = self._steps(task, operation, wait, proceed)
        if observer is None and not self._stage.remembers:
            return (yield from steps)
        try:
            result = yield from steps
        except BaseException as error:
            self._note(task, None, error)
            raise
        self._note(task, shown_reply(result) if isinstance(operation, DoorCommand) else result, None)
        return result

    def _note(self, task: Task, result: Any, error: BaseException | None) -> None:
        self._stage.note_result(task, result, error)
        if self._stage.observer is not None:
            self._stage.observer.end(task, result, error)

    def _steps(self, task: Task, operation: Operation, wait: LockWait | None, proceed: Proceed) -> Steps[Any]:
        mishap = self._stage.mishap(task)
        if operation.name == "lock.acquire":
            # In a mishap's step too: no task is to begin a real wait.
            proceed = partial(self._acquire, task, wait, proceed)
        elif isinstance(operation, DoorCommand) and operation.takes_lock:
            proceed = partial(self._claim, task, operation, proceed)
        return proceed() if mishap is None else mishap.strike(task, self._stage.locks, proceed)

    def _claim(self, task: Task, command: DoorCommand, proceed: Proceed) -> Steps[Any]:
        reply: Any = yield from proceed()
        self._stage.locks.claimed(command, task)
        return reply

    def _acquire(self, task: Task, wait: LockWait | None, proceed: Proceed) -> Steps[bool]:
        locks = self._stage.locks
        if wait is not None and (wait.is_late or not locks.is_free_for(wait.operation)):
            return False  # patience has ended
        acquired: bool = yield from proceed()
        if acquired and task.operation is not None:
            locks.acquired(task.operation, task)
        return acquired
