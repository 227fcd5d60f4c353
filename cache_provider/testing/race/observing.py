"""Who is told what happens in a schedule."""

from typing import Any, Protocol

from cache_provider.testing.race.mishaps import Mishap
from cache_provider.testing.race.tasks import PrimitiveCall, Task
from cache_provider.testing.seam import Operation


class Observer(Protocol):
    """Is told what happens in a schedule."""

    def add(self, task: Task) -> None:
        """Note that the calling task makes another."""
        ...

    def arrive(self, step: Operation | PrimitiveCall) -> None:
        """Note that the calling task stops before an operation, or another call."""
        ...

    def begin(self, task: Task, mishap: Mishap | None) -> None:
        """Note that a task begins its next step."""
        ...

    def end(self, task: Task, result: Any, error: BaseException | None) -> None:
        """Note what the operation of the step came to."""
        ...

    def pass_time(self, moment: int) -> None:
        """Note that time moves to `moment`, in milliseconds."""
        ...

    def stop(self, waiting: list[Task]) -> None:
        """Note that the schedule ends because everybody waits."""
        ...
