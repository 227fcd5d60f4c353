"""Waiting for a lock of a server: in line, woken by its release, or by looking again and again.

How it is done, and why so, is in docs/decisions.md: "Woken by a release".
"""

import random
from collections.abc import Callable
from math import inf
from typing import Any, Protocol

from cache_provider.clock import monotonic
from cache_provider.errors import CacheAccessError, CacheError, CacheUnavailableError
from cache_provider.redis.failures import FOREIGN, translated
from cache_provider.redis.life import Life
from cache_provider.redis.lock_operations import LockOperations, Standing
from cache_provider.redis.requests import Argument, Program
from cache_provider.steps import Steps
from cache_provider.waiting import Gate, Patience

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1
"""Real seconds between two attempts at a held lock where nothing wakes a waiter: they double."""

LOOK = 1.0
"""Real seconds after which a waiter looks by itself: the release of another library wakes nobody."""

AT_ONCE = 5
"""How many commands a wait may send, besides one more for each second of it."""

TURN_MS = 100
"""Milliseconds, on the server's clock, for which a waiter that was woken goes before others."""

SLICE = 0.1
"""Real seconds after which a thread that listens looks whether a tool has moved the time."""

_A_BIT = 0.003
"""Real seconds by which a blocking command ends before patience does, so that its connection is kept."""


class BlockedCall(Protocol):
    """A blocking command on a connection of its own; what its methods return may be awaitable."""

    def send(self, words: tuple[Argument, ...]) -> Any:
        """Send the command."""
        ...

    def is_answered(self, patience: Patience, at_most: float) -> Any:
        """Wait for the answer, so many real seconds; return whether it is there."""
        ...

    def answer(self) -> Any:
        """Return the answer, or raise it, and let the connection go."""
        ...

    def hang_up(self) -> Any:
        """End the command without an answer."""
        ...


class WaitInLine:
    """One waiter for a lock: what it sends, and when.

    Args:
        operations: The adapter's.
        name: The lock's name.
        run: Runs a program; its result may be awaitable.
        call: Makes a blocked call on a connection to the lock's server.
        life: The adapter's, with which the wait ends.
        attempt: Claims the lock, from a place in the line.
        patience: How long it waits.
    """

    def __init__(
        self,
        operations: LockOperations,
        name: str,
        run: Callable[[Program[Any]], Any],
        call: Callable[[bytes], Any],
        life: Life,
        attempt: Callable[[Standing | None], Steps[int | None]],
        patience: Patience,
    ) -> None:
        self._operations = operations
        self._name = name
        self._run = run
        self._call = call
        self._life = life
        self._attempt = attempt
        self._patience = patience
        self._blocked: BlockedCall | None = None
        # The claim that put it in the line.
        self._sent = 1
        self._started = self._answered = monotonic()

    def wait(self, gate: Gate, lease_left: int | None) -> Steps[bool]:
        """Wait for the lock at `gate`; tell whether it was claimed."""
        if self._operations.wakes:
            lease_left = yield from self._in_line(gate, lease_left)
        # Not in line, or not any more: somebody may not do what that takes.
        if not self._operations.wakes:
            lease_left = yield from self._looking(gate, lease_left)
        return lease_left is None

    # In line

    def _in_line(self, gate: Gate, lease_left: int | None) -> Steps[int | None]:
        try:
            while self._goes_on(lease_left) and self._operations.wakes:
                is_woken = yield from self._woken(gate, lease_left)
                place: Standing = "woken" if is_woken or self._is_overdue(lease_left) else "waiting"
                self._sent += 1
                self._answered = monotonic()
                lease_left = yield from self._attempt(place)
        except BaseException as error:
            yield from self._hang_up()
            # Whom the server cannot be reached by, cannot tell it so; its place expires.
            if not isinstance(error, CacheUnavailableError):
                yield from self._leave()
            raise
        yield from self._hang_up()
        if lease_left is not None:
            yield from self._leave()
        return lease_left

    def _goes_on(self, lease_left: int | None) -> bool:
        return lease_left is not None and not self._patience.is_over()

    def _woken(self, gate: Gate, lease_left: int | None) -> Steps[bool]:
        """Sleep until a release wakes this waiter, or until it is time to look; tell whether one did."""
        yield from self._save_up(gate)
        yield from self._listen()
        until = monotonic() + self._seconds_to_the_next_look(lease_left)
        while (left := until - monotonic()) > 0 and self._operations.wakes and not self._patience.is_over():
            self._life.require()
            if self._blocked is None:
                yield gate.wait(self._patience, at_most=left)
            elif (yield from self._is_called(min(left, SLICE))):
                return True
        return False

    def _is_overdue(self, lease_left: int | None) -> bool:
        """Tell whether what was in the way should be over, if it was as short as a turn.

        A turn that is still there then is measured by a clock that stands still, and heeded no more.
        """
        if lease_left is None or not 0 <= lease_left <= TURN_MS:
            return False
        return monotonic() - self._answered >= lease_left / 1000

    def _save_up(self, gate: Gate) -> Steps[None]:
        """Sleep until this waiter may listen: one that looks whenever it may will never listen again."""
        while self._blocked is None and not self._patience.is_over():
            seconds = self._seconds_to_afford(2)
            if seconds <= 0:
                return
            yield gate.wait(self._patience, at_most=seconds)

    def _is_called(self, at_most: float) -> Steps[bool]:
        """Listen for some real seconds; tell whether a release has woken this waiter."""
        assert self._blocked is not None
        try:
            is_answered = yield self._blocked.is_answered(self._patience, at_most)
        except FOREIGN:
            yield from self._hang_up()
            return False
        return is_answered and (yield from self._heard())

    def _seconds_to_the_next_look(self, lease_left: int | None) -> float:
        """Return the real seconds to the end of the lease, a second at most, if that can be afforded.

        So can one command after it, to claim the lock when woken, or to leave.
        """
        lease = inf if lease_left is None or lease_left < 0 else lease_left / 1000 + 0.001
        return max(min(lease, LOOK), self._seconds_to_afford(2))

    def _seconds_to_afford(self, commands: int) -> float:
        """Return the real seconds until so many more commands may be sent; none where it is less."""
        return self._sent + commands - AT_ONCE - (monotonic() - self._started)

    def _listen(self) -> Steps[None]:
        """Block on the word of a release, unless it does."""
        left = self._patience.left()
        if self._blocked is not None or left <= 2 * _A_BIT:
            return
        seconds = 0.0 if left > 1e6 else left - _A_BIT
        words = self._operations.blocking_pop(self._name, seconds)
        try:
            blocked: BlockedCall = yield self._call(self._operations.lock_key(self._name))
            self._blocked = blocked
            self._sent += 1
            yield blocked.send(words)
        except FOREIGN:
            yield from self._hang_up()

    def _heard(self) -> Steps[bool]:
        """Take note of what a blocking command was answered; tell whether it was the word of a release."""
        blocked, self._blocked = self._blocked, None
        assert blocked is not None
        try:
            return (yield blocked.answer()) is not None
        except FOREIGN as error:
            if isinstance(translated(error, self._name), CacheAccessError):
                self._operations.wakes = False
            return False

    def _hang_up(self) -> Steps[None]:
        blocked, self._blocked = self._blocked, None
        if blocked is not None:
            yield blocked.hang_up()

    def _leave(self) -> Steps[None]:
        try:
            yield self._run(self._operations.leave(self._name))
        except CacheError:
            return  # its place expires

    # By looking

    def _looking(self, gate: Gate, lease_left: int | None) -> Steps[int | None]:
        pause = FIRST_PAUSE
        while lease_left is not None and not self._patience.is_over():
            yield gate.wait(self._patience, at_most=next_look(pause, lease_left))
            lease_left = yield from self._attempt(None)
            pause = min(2 * pause, LONGEST_PAUSE)
        return lease_left


def next_look(pause: float, lease_left_ms: int) -> float:
    """Return the real seconds until a held lock is worth another attempt.

    With jitter, so that waiters do not march in step, and no later than the end of the lease.
    """
    jittered = pause * (0.5 + random.random() / 2)  # noqa: S311 - jitter is not a secret
    return jittered if lease_left_ms < 0 else min(jittered, lease_left_ms / 1000 + 0.001)
