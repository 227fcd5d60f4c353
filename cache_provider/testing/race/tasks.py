"""The tasks of one schedule, and what they wait for."""

from collections.abc import Callable
from typing import Any, Protocol

from cache_provider.testing.seam import Operation, Site


class Wait(Protocol):
    """Why a task cannot go on yet.

    Attributes:
        until_ms: When the wait ends by itself, in milliseconds of the schedule's clock; None: never.
    """

    until_ms: int | None

    def is_over(self, now_ms: int) -> bool:
        """Tell whether the task can go on."""
        ...

    def __str__(self) -> str:
        """Say what is waited for, as in "waits for ..."."""
        ...


class PrimitiveCall:
    """A call of a primitive, which a task stops before.

    Args:
        name: The method's.
        subject: How reports call the primitive.
        touches: The names of all primitives whose state it reads or changes.
    """

    __slots__ = ("name", "subject", "touches")

    def __init__(self, name: str, subject: str, touches: frozenset[str]) -> None:
        self.name = name
        self.subject = subject
        self.touches = touches


class Pause(PrimitiveCall):
    """A wait for time, or for a server: a sleep, a reply that is not there yet.

    Args:
        name: What it is.
        subject: How long, or for what.
        is_reply: Whether it is for a server.
    """

    __slots__ = ("is_reply",)

    def __init__(self, name: str, subject: str, *, is_reply: bool) -> None:
        super().__init__(name, subject, frozenset())
        self.is_reply = is_reply


class Task:
    """Something that runs beside other things, and stops before each operation.

    Args:
        number: Which it is, counted from 0, the scenario itself.
        name: How reports call it.
        function: What it does.
        parent: Who made it; None for the scenario itself.

    Attributes:
        has_begun: Whether it has had its first turn.
        has_called: Whether it made another step: a call of what threads wait for each other by.
        has_crashed: Whether none of its operations has an effect any more.
        has_operated: Whether it made an operation on the cache, or a task that it made did.
        is_calling: Whether it is within such a call.
        is_done: Whether it has ended.
        is_in_thread: Whether it is a thread that has stopped, at work for the coroutine.
        is_inside: Whether the explorer has it, so that it is not the user's code that takes long.
        is_parked: Whether it has stopped, and waits for its turn.
        wait: Why it cannot have its turn yet; None if it can.
        operation: What it does next; None where it goes on without one.
        kind: What is special about its next step.
        awaits: Tells what it waits for while it has not stopped at the cache.
        call: What it calls next that is not an operation on the cache; None for nothing.
        children: How many tasks it has made.
        claims: How many locks it has claimed.
        look: Tells where it is while it waits for something other than the cache, if anything can.
        steps: How many operations it made.
        result: What `function` returned.
    """

    __slots__ = (
        "awaits",
        "call",
        "children",
        "claims",
        "function",
        "has_begun",
        "has_called",
        "has_crashed",
        "has_operated",
        "is_calling",
        "is_done",
        "is_in_thread",
        "is_inside",
        "is_parked",
        "kind",
        "look",
        "name",
        "number",
        "operation",
        "parent",
        "result",
        "steps",
        "wait",
    )

    def __init__(
        self, number: int, name: str, function: Callable[[], Any], parent: "Task | None" = None
    ) -> None:
        self.number = number
        self.name = name
        self.function = function
        self.parent = parent
        self.awaits: Callable[[], str] = lambda: "something other than the cache"
        self.call: PrimitiveCall | None = None
        self.children = 0
        self.claims = 0
        self.has_begun = False
        self.has_called = False
        self.has_crashed = False
        self.has_operated = False
        self.is_calling = False
        self.is_done = False
        self.is_in_thread = False
        self.is_inside = True
        self.is_parked = False
        self.wait: Wait | None = None
        self.operation: Operation | None = None
        self.kind = 0
        self.look: Callable[[], Site | None] = lambda: None
        self.steps = 0
        self.result: Any = None

    def __repr__(self) -> str:
        return f"<Task {self.name!r}>"

    def note_operation(self) -> None:
        """Note that it used the cache, and so did those that made it."""
        user: Task | None = self
        while user is not None and not user.has_operated:
            user.has_operated = True
            user = user.parent


class Joining:
    """Waits for other tasks to end.

    Args:
        live: All that have not ended, itself included; it changes.
        itself: Who waits.
    """

    until_ms: int | None = None

    def __init__(self, live: list[Task], itself: Task) -> None:
        self._live = live
        self._itself = itself

    def is_over(self, now_ms: int) -> bool:
        """Tell whether all others have ended."""
        del now_ms
        return len(self._live) == 1

    def __str__(self) -> str:
        names = [task.name for task in self._live if task is not self._itself]
        return f"{' and '.join(names)} to end"
