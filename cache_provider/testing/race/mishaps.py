"""What may go wrong at a step, each as one more choice: an error, a lost lease, a cancellation."""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeGuard

from cache_provider.steps import Steps
from cache_provider.testing.race.tasks import Task
from cache_provider.testing.seam import Operation, Proceed

Fault: TypeAlias = BaseException | type[BaseException] | Callable[[Operation], BaseException | None]
"""An exception to raise, or a function that returns the one for an operation, None where it has none."""


class Mishap(Protocol):
    """Something that goes wrong at a step."""

    def can_strike(self, task: Task) -> bool:
        """Tell whether it can go wrong at the next step of `task`."""
        ...

    def strike(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Do the step the wrong way."""
        ...


class Before:
    """An operation fails before its effect."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def __str__(self) -> str:
        return f"fails before its effect: {_name(self._fault)}"

    def can_strike(self, task: Task) -> bool:
        """Tell whether the fault has an error for the operation."""
        return task.operation is not None and _error(self._fault, task.operation) is not None

    def strike(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Raise in place of the operation."""
        del proceed
        raise _error(self._fault, operation) or AssertionError("the fault struck")
        yield


class After(Before):
    """An operation fails after its effect: the reply is lost."""

    def __str__(self) -> str:
        return f"fails after its effect: {_name(self._fault)}"

    def strike(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Raise after the operation."""
        yield from proceed()
        raise _error(self._fault, operation) or AssertionError("the fault struck")


def _error(fault: Fault, operation: Operation) -> BaseException | None:
    if isinstance(fault, BaseException):
        return fault
    if _is_class(fault):
        return fault(f"{operation.name} failed, as the explorer chose")
    return fault(operation)


def _is_class(fault: Fault) -> TypeGuard[type[BaseException]]:
    return isinstance(fault, type)


def _name(fault: Fault) -> str:
    if isinstance(fault, BaseException):
        return type(fault).__name__
    return getattr(fault, "__name__", repr(fault))
