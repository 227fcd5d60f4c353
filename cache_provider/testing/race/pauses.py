"""Waits that are no operation: a sleep, and a client that waits for a reply or a message."""

from collections.abc import Callable

from cache_provider.clock import Clock
from cache_provider.door.session import Session
from cache_provider.testing.race.calls import CallWait
from cache_provider.testing.race.tasks import Pause, PrimitiveCall, Wait
from cache_provider.waiting import Gate, Patience


def sleeping(seconds: float, now_ms: int) -> tuple[Pause, CallWait]:
    """Return a sleep and its wait, which time alone ends."""
    pause = Pause("has slept", f"{seconds:g} s", is_reply=False)
    return pause, CallWait("the end of its sleep", lambda: False, now_ms + max(round(seconds * 1000), 1))


class ReplyGate(Gate):
    """Where a client waits whose reply is not there yet; the wait is a step of the schedule.

    Args:
        session: The client, as the server knows it.
        pause: Stops the calling task until the wait is over; what it returns may be awaitable.
    """

    def __init__(self, session: Session, pause: Callable[[PrimitiveCall, Wait | None], object]) -> None:
        self._session = session
        self._pause = pause
        self._is_open = False

    def wake(self) -> bool:
        self._is_open = True
        return True

    def wait(
        self, patience: Patience, alarm: tuple[Clock, int] | None = None, *, at_most: float | None = None
    ) -> object:
        del alarm
        now = patience.clock.now_ms()
        ends = [patience.until_ms, None if at_most is None else now + max(round(at_most * 1000), 1)]
        until = min((end for end in ends if end is not None), default=None)
        name, subject = self._what()
        wait = CallWait(subject, self._opened, until)
        return self._pause(Pause(name, subject, is_reply=True), wait)

    def _opened(self) -> bool:
        return self._is_open

    def look(self) -> object:
        """Stop before it is seen whether anything has come."""
        return self._pause(Pause("looks for", "a message", is_reply=True), None)

    def _what(self) -> tuple[str, str]:
        wait = self._session.wait
        if wait is None:
            return "looks again for", "a message"
        keys = " ".join(map(str, wait.keys))
        return "is back from", f"{self._session.last_command.upper()} {keys}"
