"""What a handle on a server's lock decides, in steps that serve threads and coroutines alike."""

import os
import random
import socket
from collections.abc import Callable
from secrets import token_hex
from threading import get_ident
from typing import Any

from cache_provider.arguments import Ttl, check_flag, deadline_after, ttl_ms, wait_ms
from cache_provider.clock import SYSTEM_CLOCK
from cache_provider.errors import CacheError, LockNotOwnedError
from cache_provider.redis.operations import Operations
from cache_provider.redis.requests import Program
from cache_provider.steps import Steps
from cache_provider.waiting import Gate, Patience

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1
"""Real seconds between two attempts at a held lock: they double from the first to the longest."""


class ServerClaim:
    """One handle's claim on a lock.

    Args:
        operations: The adapter's operations.
        run: Runs a program; its result may be awaitable.
        run_through: As `run`, and no cancellation of the caller ends it.
        name: The lock's name, without prefix.
        lease_ms: The lease in milliseconds.
        blocking_ms: How long `acquire` waits in milliseconds, None without end.
    """

    def __init__(
        self,
        operations: Operations,
        run: Callable[[Program[Any]], Any],
        run_through: Callable[[Program[Any]], Any],
        name: str,
        lease_ms: int,
        blocking_ms: int | None,
    ) -> None:
        self.name = name
        self._operations = operations
        self._run = run
        self._run_through = run_through
        self._lease_ms = lease_ms
        self._blocking_ms = blocking_ms
        self._token: str | None = None
        self._released = False

    def __str__(self) -> str:
        state = "claimed" if self._token else "idle"
        return f"{self.name!r} {state} lease={self._lease_ms} ms"

    def acquire(self, blocking: bool, timeout: Ttl | None, make_gate: Callable[[], Gate]) -> Steps[bool]:
        """Claim the lock if it is free or its lease is over; wait for that if so asked."""
        check_flag("blocking", blocking)
        timeout_ms = self._blocking_ms
        if timeout is not None:
            timeout_ms = wait_ms("timeout", SYSTEM_CLOCK.now_ms(), timeout)
        if self._token is not None and (yield from self.owned()):
            return False
        if (yield from self._try()):
            return True
        if not blocking or (timeout_ms is not None and timeout_ms <= 0):
            return False
        return (yield from self._wait(Patience(SYSTEM_CLOCK, timeout_ms), make_gate()))

    def release(self) -> Steps[None]:
        """Give the lock back."""
        token = self._token
        if token is None:
            if self._released:
                return
            raise LockNotOwnedError(f"lock {self.name!r} is not held by this handle: it was never acquired")
        released = yield self._run_through(self._operations.release(self.name, token))
        self._token = None
        if not released:
            fate = yield from self._fate()
            raise LockNotOwnedError(f"lock {self.name!r} was lost before its release: {fate}")
        self._released = True

    def owned(self) -> Steps[bool]:
        """Tell whether this handle holds the lock, its lease still running."""
        holder = yield self._run(self._operations.holder(self.name))
        return self._token is not None and holder == self._token

    def extension(self, additional_time: Ttl, *, replace_ttl: bool) -> Program[bool]:
        """Return the program that makes the lease longer."""
        additional_ms = ttl_ms("additional_time", additional_time)
        deadline_after("additional_time", SYSTEM_CLOCK.now_ms(), additional_ms)
        check_flag("replace_ttl", replace_ttl)
        token = self._token or "nobody"
        return self._operations.extend(self.name, token, additional_ms, replace=replace_ttl)

    def _try(self) -> Steps[bool]:
        token = new_token()
        try:
            claimed = yield self._run(self._operations.claim(self.name, token, self._lease_ms))
        except CacheError:
            raise
        except BaseException:
            # Interrupted, while nobody knows whether the claim was made: it is given back.
            yield self._run_through(self._operations.release(self.name, token))
            raise
        if not claimed:
            return False
        self._token = token
        self._released = False
        return True

    def _wait(self, patience: Patience, gate: Gate) -> Steps[bool]:
        self._operations.counts.lock_waits.add()
        pause = FIRST_PAUSE
        while not patience.is_over():
            lease_left = yield self._run(self._operations.lease_left(self.name))
            yield gate.wait(patience, at_most=next_look(pause, lease_left))
            if (yield from self._try()):
                return True
            pause = min(2 * pause, LONGEST_PAUSE)
        return False

    def _fate(self) -> Steps[str]:
        holder = yield self._run(self._operations.holder(self.name))
        return "its lease ran out or it was removed" if holder is None else f"it is held by {holder}"


def next_look(pause: float, lease_left_ms: int) -> float:
    """Return the real seconds until a held lock is worth another attempt.

    With jitter, so that waiters do not march in step, and no later than the end of the lease.
    """
    jittered = pause * (0.5 + random.random() / 2)  # noqa: S311 - jitter is no secret
    return jittered if lease_left_ms < 0 else min(jittered, lease_left_ms / 1000 + 0.001)


def new_token() -> str:
    """Name a claim: by host, process and thread for whoever reads it, at random for uniqueness."""
    return f"{socket.gethostname()}:{os.getpid()}:{get_ident()}:{token_hex(8)}"
