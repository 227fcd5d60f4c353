"""`InMemoryLock`: a distributed lock's behaviour within one process."""

from threading import get_ident
from typing import Protocol, Self

from cache_provider.arguments import INT64_MAX, Ttl, check_flag, deadline_after, ttl_ms, wait_ms
from cache_provider.clock import Clock
from cache_provider.errors import LockNotOwnedError
from cache_provider.interface.lock import NO_LOCK, DistributedLock
from cache_provider.memory.entry import ANYTHING, Entry, entry_of
from cache_provider.memory.lock_table import PROCESS_LOCKS
from cache_provider.memory.payload import CLAIM_NUMBERS, Claim
from cache_provider.memory.server import MemoryServer
from cache_provider.steps import Steps, finish
from cache_provider.waiting import Gate, Patience, Waiter


class LockHome(Protocol):
    """What a lock needs of the adapter that made it.

    Attributes:
        lock_clock: What the lease is judged by.
        lock_server: The server that holds the lock's key; its every use raises once the adapter is closed.
        tenant: Stands for the adapter where a claim is to go with it.
    """

    lock_clock: Clock
    lock_server: MemoryServer
    tenant: object

    def count_lock_wait(self) -> object:
        """Note that an acquisition had to wait."""
        ...


class InMemoryLock(DistributedLock):
    """A handle on a lock of the double; made by `InMemoryCacheAdapter.get_lock`.

    On a `server=` the lock is an ordinary key. Adapters without one share a
    table of locks in the process: the same full key excludes across them, and
    the clock of the adapter whose handle took a lock judges its lease.
    """

    _home: LockHome
    _full_key: str
    _lease_ms: int
    _blocking_ms: int | None
    _claim: Claim | None
    _released: bool

    def bound(self, home: LockHome, name: str, full_key: str, lease_ms: int, blocking_ms: int | None) -> Self:
        """Return this handle, made one on a certain lock.

        What `__init__` is for, but that Python calls one from C, which is a
        twentieth of making, taking and giving back a lock.

        Args:
            home: The adapter.
            name: The lock's name, without prefix.
            full_key: The key under which it is held.
            lease_ms: The lease in milliseconds.
            blocking_ms: How long `acquire` waits in milliseconds, None without end.
        """
        self.name = name
        self._home = home
        self._full_key = full_key
        self._lease_ms = lease_ms
        self._blocking_ms = blocking_ms
        self._claim = None
        self._released = False
        return self

    @classmethod
    def clear_all_locks(cls) -> None:
        """Break every lock of adapters that were made without `server=`."""
        PROCESS_LOCKS.clear()

    def __repr__(self) -> str:
        state = "claimed" if self._claim else "idle"
        return f"<InMemoryLock {self.name!r} {state} lease={self._lease_ms} ms>"

    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        """Claim the lock if it is free or its lease is over; see `DistributedLock.acquire`."""
        decided = self.attempt(blocking, timeout)
        return decided if isinstance(decided, bool) else finish(self.waiting(decided, Waiter()))

    def attempt(self, blocking: bool = True, timeout: Ttl | None = None) -> bool | Patience:
        """Do what `acquire` can do at once; return its answer, or how long it would now wait."""
        timeout_ms = self._blocking_ms
        if blocking is not True or timeout is not None:
            check_flag("blocking", blocking)
            if timeout is not None:
                timeout_ms = wait_ms("timeout", self._home.lock_clock.now_ms(), timeout)
        server = self._home.lock_server
        if self._claim is not None and self.owned():
            return False
        if self._try(server):
            return True
        if not blocking or (timeout_ms is not None and timeout_ms <= 0):
            return False
        return Patience(self._home.lock_clock, timeout_ms)

    def waiting(self, patience: Patience, gate: Gate) -> Steps[bool]:
        """Wait at `gate` for the lock; return whether it was claimed."""
        server = self._home.lock_server
        self._home.count_lock_wait()
        claimed = over = False
        try:
            while not claimed and not over:
                # Queued before the look, so that no release between the two is missed.
                server.enlist(self._full_key, gate)
                over = patience.is_over()
                claimed = (not over or self._freed_in_time(server, patience)) and self._try(server)
                if not claimed and not over:
                    yield gate.wait(patience, _end_of_lease(server, self._full_key))
                    # Before all else, for whom a release has woken: the shortest way to the lock.
                    claimed = not patience.is_over() and self.acquire(blocking=False)
        finally:
            # Where nobody waits, there is neither a place to leave nor anybody to hand the turn to.
            if self._full_key in server.queues:
                server.leave(self._full_key, gate, claimed=claimed)
        return claimed

    def release(self) -> None:
        """Give the lock back; see `DistributedLock.release`."""
        server = self._home.lock_server
        claim = self._claim
        if claim is None:
            server.require_open()
            if self._released:
                return
            raise LockNotOwnedError(f"lock {self.name!r} is not held by this handle: it was never acquired")
        self._claim = None
        if server.withdraw(self._full_key, claim, claim.clock.now_ms()):
            self._released = True
            return
        while (entry := self._mine(server, claim)) is not None:
            if server.remove(self._full_key, entry):
                self._released = True
                return
        raise LockNotOwnedError(f"lock {self.name!r} was lost before its release: {self._fate()}")

    def locked(self) -> bool:
        """Tell whether anybody holds the lock."""
        return self._home.lock_server.peek(self._full_key) is not None

    def owned(self) -> bool:
        """Tell whether this handle holds the lock, its lease still running."""
        server = self._home.lock_server
        server.require_open()
        return self._claim is not None and self._mine(server, self._claim) is not None

    def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        """Make the lease longer; see `DistributedLock.extend`."""
        additional_ms = ttl_ms("additional_time", additional_time)
        deadline_after("additional_time", self._home.lock_clock.now_ms(), additional_ms)
        check_flag("replace_ttl", replace_ttl)
        server = self._home.lock_server
        server.require_open()
        while self._claim is not None and (entry := self._mine(server, self._claim)) is not None:
            deadline = entry[1]
            if deadline is None:
                return False
            start = self._claim.clock.now_ms() if replace_ttl else deadline
            if server.redate(self._full_key, entry, deadline_after("additional_time", start, additional_ms)):
                return True
        return False

    def holder(self) -> str | None:
        """Return the token of whoever holds the lock, or None."""
        entry = self._home.lock_server.peek(self._full_key)
        if entry is None:
            return None
        return entry[0].token if isinstance(entry[0], Claim) else NO_LOCK

    def _try(self, server: MemoryServer) -> bool:
        home = self._home
        names = server.claim_names
        while True:
            claim = Claim()
            claim.clock = home.lock_clock
            claim.tenant = home.tenant
            claim.thread = get_ident()
            claim.number = next(CLAIM_NUMBERS) if names is None else names()
            now = home.lock_clock.now_ms()
            deadline = now + self._lease_ms
            if deadline > INT64_MAX:
                deadline_after("timeout", now, self._lease_ms)
            if server.store(self._full_key, claim, deadline, seen=None):
                self._claim = claim
                self._released = False
                return True
            # An expired claim is removed by this look, and then there is room.
            if server.peek(self._full_key) is not None:
                return False

    def _freed_in_time(self, server: MemoryServer, patience: Patience) -> bool:
        """Tell whether the lock became free before patience ended, on a clock that jumped past both."""
        alarm = _end_of_lease(server, self._full_key)
        if alarm is None:
            return self._full_key not in server.entries
        clock, deadline = alarm
        return clock is patience.clock and patience.until_ms is not None and deadline <= patience.until_ms

    def _mine(self, server: MemoryServer, claim: Claim) -> Entry | None:
        entry = server.peek(self._full_key)
        if entry is None or entry[0] is claim:
            return entry
        # Only the token counts on a server: written back as a value, it is the claim again.
        return entry if entry[0] == claim.token.encode() else None

    def _fate(self) -> str:
        holder = self.holder()
        return "its lease ran out or it was removed" if holder is None else f"it is held by {holder}"


def _end_of_lease(server: MemoryServer, full_key: str) -> tuple[Clock, int] | None:
    """Return whose clock ends the holder's lease, and when, be it past or future; None without one."""
    payload, deadline, _ = entry_of(server.entries.get(full_key, ANYTHING))
    if deadline is None:
        return None
    return (payload.clock if isinstance(payload, Claim) else server.clock), deadline
