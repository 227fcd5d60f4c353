"""What threads did to a cache: one operation each, with the moments between which it took effect."""

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Operation:
    """One call on one key, as the thread that made it saw it.

    Args:
        process: The number of the thread; one thread's operations never overlap.
        name: What was called.
        arguments: What it was called with, the key left out.
        result: What it returned, or the type of the exception it raised.
        invoked: The tick right before the call.
        returned: The tick right after it.
    """

    process: int
    name: str
    arguments: tuple[Any, ...]
    result: Any
    invoked: int
    returned: int

    def __post_init__(self) -> None:
        if self.invoked >= self.returned:
            raise ValueError(f"{self} returns before it is invoked")

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.arguments))})"

    def precedes(self, other: "Operation") -> bool:
        """Tell whether this one had returned before the other was invoked."""
        return self.returned < other.invoked


class Recorder:
    """Records what many threads call, without making them wait for each other.

    A lock around the log would order the very threads whose races are to be seen, so each thread appends to
    a list of its own. All they share is the counter that hands out ticks: `next` on an `itertools.count` is a
    single step under the interpreter's lock, hence no two ticks are equal and their order is a real one.
    """

    def __init__(self) -> None:
        self._ticks = itertools.count()
        self._processes = itertools.count()
        self._logs: list[list[tuple[str, Operation]]] = []
        self._own = threading.local()

    def call(self, key: str, name: str, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call the function with the arguments and record it under the key.

        Args:
            key: Whose history the operation belongs to.
            name: What the model calls the operation.
            function: What is called; where it takes the key, it is bound already.
            *arguments: What it is called with, and what is recorded; never changed afterwards.

        Returns:
            What the function returns. What it raises is recorded by its type, and raised again.
        """
        process, log = self._process_and_log()
        invoked = next(self._ticks)
        try:
            result = function(*arguments)
        except Exception as error:
            returned = next(self._ticks)
            log.append((key, Operation(process, name, arguments, type(error), invoked, returned)))
            raise
        returned = next(self._ticks)
        log.append((key, Operation(process, name, arguments, result, invoked, returned)))
        return result

    def by_key(self) -> dict[str, list[Operation]]:
        """Return each key's history in the order of invocation, once the threads have ended."""
        histories: defaultdict[str, list[Operation]] = defaultdict(list)
        for key, operation in itertools.chain.from_iterable(self._logs):
            histories[key].append(operation)
        for history in histories.values():
            history.sort(key=lambda operation: operation.invoked)
        return dict(histories)

    def _process_and_log(self) -> tuple[int, list[tuple[str, Operation]]]:
        own = getattr(self._own, "process_and_log", None)
        if own is None:
            own = self._own.process_and_log = (next(self._processes), list[tuple[str, Operation]]())
            self._logs.append(own[1])
        return own
