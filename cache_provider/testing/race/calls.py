"""What threads wait for each other by: its names in one schedule, and the waits of those who call it."""

from collections.abc import Callable
from typing import Any

from cache_provider.testing.race.tasks import Task


class Names:
    """How reports call the primitives of one schedule."""

    def __init__(self) -> None:
        # With the primitive, so that no other is ever at its address.
        self._named: dict[int, tuple[object, str]] = {}
        self._count: dict[str, int] = {}

    def of(self, primitive: Any) -> str:
        """Return its name where it has one, or its kind and as which of them it was seen first."""
        known = self._named.get(id(primitive))
        if known is None:
            known = self._named[id(primitive)] = primitive, self._next(primitive)
        return known[1]

    def _next(self, primitive: Any) -> str:
        kind = type(primitive).__name__.removeprefix("Race")
        given: str | None = getattr(primitive, "given_name", None)
        if given is not None:
            return f"{kind} {given}"
        self._count[kind] = self._count.get(kind, 0) + 1
        return f"{kind} {self._count[kind]}"


class CallWait:
    """Waits until a call would not block any more.

    Args:
        subject: What is waited for.
        has_come: Tells whether it has come.
        until_ms: When the caller's patience ends; None: never.
        may_go_on: What else is needed to go on, in time or not.
        holder: Tells who holds it, if that is known.

    Attributes:
        until_ms: The same.
        holder: The same.
        is_late: Whether it had not come when patience ended.
    """

    def __init__(
        self,
        subject: str,
        has_come: Callable[[], bool],
        until_ms: int | None,
        *,
        may_go_on: Callable[[], bool] = lambda: True,
        holder: Callable[[], Task | None] = lambda: None,
    ) -> None:
        self.until_ms = until_ms
        self.is_late: bool | None = None
        self._subject = subject
        self._has_come = has_come
        self._may_go_on = may_go_on
        self.holder = holder

    def is_over(self, now_ms: int) -> bool:
        """Tell whether the call would not block, or patience has ended."""
        if self.is_late is None and self.until_ms is not None and now_ms >= self.until_ms:
            self.is_late = not self._has_come()
        return (self.is_late is not None or self._has_come()) and self._may_go_on()

    def __str__(self) -> str:
        holder = self.holder()
        return self._subject if holder is None else f"{self._subject}, held by {holder.name}"
