"""What a scenario did in one schedule, to be compared with what it does in the same schedule again."""

from itertools import zip_longest
from typing import Any

from cache_provider.testing.race.mishaps import Mishap
from cache_provider.testing.race.pictures import Picture, changed_key
from cache_provider.testing.race.tasks import PrimitiveCall, Task
from cache_provider.testing.seam import Operation

_PLAIN = (str, bytes, int, float, complex, type(None))


class Journal:
    """Writes down each step of a schedule, with its arguments.

    Attributes:
        steps: What was done.
        kept: What was left in the store.
    """

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.kept: Picture = {}

    def add(self, task: Task) -> None:
        """Do nothing: what a task does shows that it was made."""

    def arrive(self, step: Operation | PrimitiveCall) -> None:
        """Do nothing: an operation counts when it is made."""

    def begin(self, task: Task, mishap: Mishap | None) -> None:
        """Note a step."""
        operation, call = task.operation, task.call
        if call is not None:
            self.steps.append(f"{task.name}'s {call.name} {call.subject}")
        if operation is None:
            return
        told = {name: _told(value) for name, value in operation.arguments.items()}
        self.steps.append(f"{task.name}'s {operation.name} {told} {mishap or ''}".rstrip())

    def end(self, task: Task, result: Any, error: BaseException | None) -> None:
        """Do nothing: a result follows from the steps."""

    def pass_time(self, moment: int) -> None:
        """Note that time passes."""
        self.steps.append(f"time passes until {moment}")

    def stop(self, waiting: list[Task]) -> None:
        """Do nothing: only schedules that come to their end are compared."""

    def close(self, picture: Picture) -> None:
        """Note what is left in the store."""
        self.kept = picture

    def difference(self, again: "Journal") -> str | None:
        """Return where the same schedule went another way, in words; None if it did not."""
        pairs = enumerate(zip_longest(self.steps, again.steps), start=1)
        for number, (was, now) in pairs:
            if was != now:
                return f"step {number} was {was or 'none'}, and is {now or 'none'}"
        changed = changed_key(self.kept, again.kept)
        return None if changed is None else f"in the end {changed}"


def _told(value: Any) -> object:
    """Return a value as something that compares, without what differs in every run, as addresses do."""
    if value.__class__ is dict:
        return {_told(key): _told(content) for key, content in value.items()}
    if value.__class__ in {list, tuple}:
        return [_told(content) for content in value]
    return value if isinstance(value, _PLAIN) else type(value).__qualname__
