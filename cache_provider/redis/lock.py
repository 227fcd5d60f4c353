"""`RedisDistributedLock`: a key with a token and a lease."""

import os
import random
import socket
from secrets import token_hex
from threading import get_ident
from typing import Protocol

from cache_provider.arguments import Ttl, check_flag, deadline_after, ttl_ms, wait_ms
from cache_provider.clock import SYSTEM_CLOCK
from cache_provider.errors import LockNotOwnedError
from cache_provider.interface.lock import DistributedLock
from cache_provider.redis.driver import Driver
from cache_provider.redis.operations import Operations
from cache_provider.waiting import Patience, Waiter

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1
"""Real seconds between two attempts at a held lock: they double from the first to the longest."""


class LockHome(Protocol):
    """What a lock needs of the adapter that made it."""

    driver: Driver
    operations: Operations

    def count_lock_wait(self) -> None:
        """Note that an acquisition had to wait."""
        ...


class RedisDistributedLock(DistributedLock):
    """A handle on a lock of a server; made by `RedisCacheAdapter.get_lock`.

    A primary that fails before its replica has heard of a claim takes the claim
    with it: after a failover two handles may hold one lock. What must not
    happen twice needs a compare-and-set on what it changes.

    Args:
        home: The adapter.
        name: The lock's name, without prefix.
        lease_ms: The lease in milliseconds.
        blocking_ms: How long `acquire` waits in milliseconds, None without end.
    """

    def __init__(self, home: LockHome, name: str, lease_ms: int, blocking_ms: int | None) -> None:
        self.name = name
        self._home = home
        self._lease_ms = lease_ms
        self._blocking_ms = blocking_ms
        self._token: str | None = None
        self._released = False

    def __repr__(self) -> str:
        state = "claimed" if self._token else "idle"
        return f"<RedisDistributedLock {self.name!r} {state} lease={self._lease_ms} ms>"

    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        """Claim the lock if it is free or its lease is over; see `DistributedLock.acquire`."""
        check_flag("blocking", blocking)
        timeout_ms = self._blocking_ms
        if timeout is not None:
            timeout_ms = wait_ms("timeout", SYSTEM_CLOCK.now_ms(), timeout)
        if self._token is not None and self.owned():
            return False
        if self._try():
            return True
        if not blocking or (timeout_ms is not None and timeout_ms <= 0):
            return False
        return self._wait(Patience(SYSTEM_CLOCK, timeout_ms))

    def release(self) -> None:
        """Give the lock back; see `DistributedLock.release`."""
        self._home.driver.require_open()
        token = self._token
        if token is None:
            if self._released:
                return
            raise LockNotOwnedError(f"lock {self.name!r} is not held by this handle: it was never acquired")
        released = self._home.driver.run(self._home.operations.release(self.name, token))
        self._token = None
        if not released:
            raise LockNotOwnedError(f"lock {self.name!r} was lost before its release: {self._fate()}")
        self._released = True

    def locked(self) -> bool:
        """Tell whether anybody holds the lock."""
        return self._home.driver.run(self._home.operations.exists(self.name))

    def owned(self) -> bool:
        """Tell whether this handle holds the lock, its lease still running."""
        holder = self.holder()
        return self._token is not None and holder == self._token

    def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        """Make the lease longer; see `DistributedLock.extend`."""
        additional_ms = ttl_ms("additional_time", additional_time)
        deadline_after("additional_time", SYSTEM_CLOCK.now_ms(), additional_ms)
        check_flag("replace_ttl", replace_ttl)
        token = self._token or "nobody"
        extension = self._home.operations.extend(self.name, token, additional_ms, replace=replace_ttl)
        return self._home.driver.run(extension)

    def holder(self) -> str | None:
        """Return the token of whoever holds the lock, or None."""
        return self._home.driver.run(self._home.operations.holder(self.name))

    def _try(self) -> bool:
        token = new_token()
        if not self._home.driver.run(self._home.operations.claim(self.name, token, self._lease_ms)):
            return False
        self._token = token
        self._released = False
        return True

    def _wait(self, patience: Patience) -> bool:
        self._home.count_lock_wait()
        pause = FIRST_PAUSE
        waiter = Waiter()
        while not patience.is_over():
            lease_left = self._home.driver.run(self._home.operations.lease_left(self.name))
            waiter.wait(patience, at_most=next_look(pause, lease_left))
            if self._try():
                return True
            pause = min(2 * pause, LONGEST_PAUSE)
        return False

    def _fate(self) -> str:
        holder = self.holder()
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
