"""What may go wrong at a step, each as one more choice: an error, a lost lease, a cancellation."""

from asyncio import current_task, sleep
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeGuard

from cache_provider.steps import Steps
from cache_provider.testing.race.blocking import Locks
from cache_provider.testing.race.errors import Crash
from cache_provider.testing.race.footprints import Footprint
from cache_provider.testing.race.tasks import Joining, Task
from cache_provider.testing.seam import Operation, Proceed, proceed_unheard

ErrorSource: TypeAlias = BaseException | type[BaseException] | Callable[[Operation], BaseException | None]
"""An exception to raise, or a function that returns the one for an operation, None where it has none."""


class Mishap(Protocol):
    """Something that goes wrong at a step.

    Attributes:
        strikes_waiting: Whether it can strike a task that waits for a lock, too.
        family: Of those with one number, one strikes in a schedule.
    """

    strikes_waiting: bool
    family: int

    def can_strike(self, task: Task, locks: Locks) -> bool:
        """Tell whether it can go wrong at the next step of `task`."""
        ...

    def touch(self, step: Footprint, task: Task, locks: Locks) -> Footprint:
        """Return what the step touches then; `step` is what it would touch otherwise."""
        ...

    def strike(self, task: Task, locks: Locks, proceed: Proceed) -> Steps[Any]:
        """Do the step the wrong way."""
        ...


class Before:
    """An operation fails before its effect."""

    strikes_waiting = False

    def __init__(self, fault: ErrorSource, family: int) -> None:
        self.family = family
        self._fault = fault

    def __str__(self) -> str:
        return f"fails before its effect: {_name(self._fault)}"

    def can_strike(self, task: Task, locks: Locks) -> bool:
        """Tell whether the fault has an error for the operation."""
        del locks
        return task.operation is not None and _error(self._fault, task.operation) is not None

    def touch(self, step: Footprint, task: Task, locks: Locks) -> Footprint:
        """Return what the operation touches."""
        del task, locks
        return step

    def strike(self, task: Task, locks: Locks, proceed: Proceed) -> Steps[Any]:
        """Raise in place of the operation, or after it."""
        del locks, proceed
        raise self._made(task)
        yield

    def _made(self, task: Task) -> BaseException:
        error = None if task.operation is None else _error(self._fault, task.operation)
        assert error is not None, "the fault had an error when it was chosen"
        # Whatever it still does on its way out, as giving back its locks, it no longer does.
        task.has_crashed = isinstance(error, Crash)
        return error


class After(Before):
    """An operation fails after its effect: the reply is lost."""

    def __str__(self) -> str:
        return f"fails after its effect: {_name(self._fault)}"

    def strike(self, task: Task, locks: Locks, proceed: Proceed) -> Steps[Any]:
        operation = task.operation
        assert operation is not None, "there was one when the fault was chosen"
        result = yield from proceed_unheard(operation, proceed)
        if operation.name == "lock.acquire" and result:
            locks.lost_reply(operation)
        raise self._made(task)


def _error(fault: ErrorSource, operation: Operation) -> BaseException | None:
    if isinstance(fault, BaseException):
        return fault
    if _is_class(fault):
        return fault(f"{operation.name} failed, as the explorer chose")
    return fault(operation)


def _is_class(fault: ErrorSource) -> TypeGuard[type[BaseException]]:
    return isinstance(fault, type)


def _name(fault: ErrorSource) -> str:
    if isinstance(fault, BaseException):
        return type(fault).__name__
    return getattr(fault, "__name__", repr(fault))


class LostLease:
    """The leases of all locks that a task holds end while it believes to hold them."""

    strikes_waiting = False
    family = -2

    def __str__(self) -> str:
        return "has lost its locks by now: their leases ended"

    def can_strike(self, task: Task, locks: Locks) -> bool:
        """Tell whether the task holds a lock."""
        return task.operation is not None and bool(locks.held_by(task))

    def touch(self, step: Footprint, task: Task, locks: Locks) -> Footprint:
        """Add the locks that are lost."""
        return step.writing(*locks.held_by(task))

    def strike(self, task: Task, locks: Locks, proceed: Proceed) -> Steps[Any]:
        """Let the leases end, and do the step."""
        locks.end_leases(task)
        return (yield from proceed())


def _is_cancelled(task: Task) -> bool:
    """Tell whether a task is one that may be cancelled: not the scenario, and no thread, which goes on."""
    return task.number > 0 and not task.is_in_thread


class CancelledBefore:
    """A coroutine is cancelled where it waits: before an operation, or for a lock."""

    strikes_waiting = True
    family = -1

    def __str__(self) -> str:
        return "is cancelled here, before the effect"

    def can_strike(self, task: Task, locks: Locks) -> bool:
        """Tell whether the task may be cancelled there: a release that has begun is carried out."""
        del locks
        is_release = task.operation is not None and task.operation.name == "lock.release"
        return _is_cancelled(task) and not is_release and not isinstance(task.wait, Joining)

    def touch(self, step: Footprint, task: Task, locks: Locks) -> Footprint:
        """Return what the operation touches."""
        del task, locks
        return step

    def strike(self, task: Task, locks: Locks, proceed: Proceed) -> Steps[Any]:
        """Never called: the wait itself is cancelled."""
        del task, locks, proceed
        raise AssertionError("a cancelled task has no step")


class CancelledAfter:
    """A coroutine is cancelled after the effect of an operation: the reply comes too late."""

    strikes_waiting = False
    family = -1

    def __str__(self) -> str:
        return "is cancelled here, after the effect"

    def can_strike(self, task: Task, locks: Locks) -> bool:
        """Tell whether the task may be cancelled there: a claim that was just made would be given back."""
        del locks
        return _is_cancelled(task) and task.operation is not None and task.operation.name != "lock.acquire"

    def touch(self, step: Footprint, task: Task, locks: Locks) -> Footprint:
        """Return what the operation touches."""
        del task, locks
        return step

    def strike(self, task: Task, locks: Locks, proceed: Proceed) -> Steps[Any]:
        """Do the step, and be cancelled."""
        del task, locks
        yield from proceed()
        running = current_task()
        assert running is not None, "only coroutines are cancelled"
        running.cancel()
        yield sleep(0)
