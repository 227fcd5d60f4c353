"""Whether calls that overlap came to what some order of them, one after the other, would have come to."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cache_provider.testing.race.recording import short


class Answer(NamedTuple):
    """What a call came to.

    Attributes:
        value: What it returned; None if it raised.
        error: The name of what it raised; None if it returned.
    """

    value: Any = None
    error: str | None = None

    def __str__(self) -> str:
        return f"-> {short(self.value)}" if self.error is None else f"! {self.error}"


class Invocation(NamedTuple):
    """One call of an operation.

    Attributes:
        task: Who made it.
        operation: Its name.
        began: When, among the beginnings and ends of all calls.
        ended: When; None if it never did, as its task crashed: then it may have had its effect or not.
        answer: What it came to.
    """

    task: str
    operation: str
    began: int
    ended: int | None = None
    answer: Answer | None = None

    def __str__(self) -> str:
        return f"{self.task}: {self.operation} {self.answer or 'never returned: its task crashed'}"


def answered(operation: Callable[[Any], Any], thing: Any) -> Answer:
    """Return what an operation comes to."""
    try:
        return Answer(operation(thing))
    except Exception as error:  # noqa: BLE001 - an answer like any other
        return Answer(error=type(error).__name__)


class Explanation:
    """Looks for an order in which a sequential model answers as the calls were answered.

    Args:
        model: Makes the model.
        operations: What the names of operations stand for.
    """

    def __init__(self, model: Callable[[], Any], operations: Mapping[str, Callable[[Any], Any]]) -> None:
        self._model = model
        self._operations = operations

    def exists(self, calls: list[Invocation]) -> bool:
        """Tell whether there is one. A call that ended before another began comes before it."""
        return self._goes_on([], calls)

    def _goes_on(self, order: list[Invocation], left: list[Invocation]) -> bool:
        if all(call.ended is None for call in left):
            return True
        first_end = min(call.ended for call in left if call.ended is not None)
        return any(
            self._fits([*order, call])
            and self._goes_on([*order, call], [other for other in left if other is not call])
            for call in left
            if call.began < first_end
        )

    def _fits(self, order: list[Invocation]) -> bool:
        """Tell whether the last call of an order answers as it did."""
        thing = self._model()
        answers = [answered(self._operations[call.operation], thing) for call in order]
        return order[-1].ended is None or answers[-1] == order[-1].answer
