"""`InMemoryLock`: a distributed lock's behaviour within one process."""

from functools import partial
from typing import Self
from weakref import WeakSet

from cache_provider.arguments import INT64_MAX, Ttl, check_flag, deadline_after, ttl_ms, wait_ms
from cache_provider.clock import Clock
from cache_provider.interface.lock import NO_LOCK, DistributedLock, lost, never_acquired
from cache_provider.memory.claiming import hand_over
from cache_provider.memory.entry import ANYTHING, Entry, entry_of
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.lock_table import PROCESS_LOCKS
from cache_provider.memory.payload import Claim
from cache_provider.memory.waiters import QueuePlace
from cache_provider.stats import Tally
from cache_provider.steps import Steps, finish
from cache_provider.threads import HERE, Thread
from cache_provider.waiting import Gate, Patience, Waiter


class LockHome:
    """What a lock needs of the adapter that made it.

    Args:
        keyspace: Where the keys of the adapter's locks are held.
        lock_clock: What their leases are judged by.
        waits: Counts the acquisitions that had to wait.

    Attributes:
        count_lock_wait: Notes that an acquisition had to wait.
        keyspace: Where the lock's key is held; its every use raises once the adapter is closed.
        lock_clock: What the lease is judged by.
        tenant: Stands for the adapter where a claim is to go with it.
    """

    __slots__ = ("count_lock_wait", "keyspace", "lock_clock", "tenant")

    def __init__(self, keyspace: Keyspace, lock_clock: Clock, waits: Tally) -> None:
        self.lock_clock = lock_clock
        self.keyspace = keyspace
        # Not the adapter itself, which a forgotten claim would keep.
        self.tenant = object()
        self.count_lock_wait = waits.add


class InMemoryLock(DistributedLock):
    """A handle on a lock of the double; made by `InMemoryCacheAdapter.get_lock`.

    On a `server=` the lock is an ordinary key. Adapters without one share a
    table of locks in the process: the same full key excludes across them, and
    the clock of the adapter whose handle took a lock judges its lease.

    Raises:
        TypeError: It is made in any other way.
    """

    _home: LockHome
    _full_key: str
    _lease_ms: int
    _blocking_ms: int | None
    _claim: Claim | None
    """The last claim that was made. Those of other threads before it are over, for it was made."""
    _returned: Claim | None
    """The last claim that was given back."""
    # Set on the handle where they differ from these, which most handles never need.
    _thread_local: bool = True
    _doubted: Claim | None = None
    """The claim to whose making, or giving back, nobody heard the reply."""
    _done: WeakSet[Thread] | None = None
    """The threads, other than that of the last claim, that gave theirs back."""

    def __init__(self) -> None:
        raise TypeError(f"a lock is made by get_lock(name) of a cache, not by {type(self).__name__}()")

    def _bound(
        self, home: LockHome, name: str, full_key: str, lease_ms: int, blocking_ms: int | None
    ) -> Self:
        """Return this handle, made one on a certain lock.

        What `__init__` would be for, but that Python calls one from C, which is a
        twentieth of making, taking and giving back a lock.

        Args:
            home: What it needs of the adapter.
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
        self._returned = None
        return self

    def _told(self, *, raise_on_release_error: bool, thread_local: bool) -> Self:
        """Return this handle, told what `get_lock` was told besides."""
        self.raise_on_release_error = check_flag("raise_on_release_error", raise_on_release_error)
        self._thread_local = check_flag("thread_local", thread_local)
        return self

    @classmethod
    def clear_all_locks(cls) -> None:
        """Break every lock of adapters that were made without `server=`."""
        PROCESS_LOCKS.clear()

    def __repr__(self) -> str:
        state = "idle" if self._claim is self._returned else "claimed"
        return f"<InMemoryLock {self.name!r} {state} lease={self._lease_ms} ms>"

    @property
    def lost(self) -> bool:
        claim = self._claim
        return claim is not None and claim is not self._returned and claim.clock.now_ms() >= claim.until

    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        decided = self._attempt(blocking, timeout)
        return decided if isinstance(decided, bool) else finish(self._waiting(decided, Waiter()))

    def _attempt(self, blocking: bool = True, timeout: Ttl | None = None) -> bool | Patience:
        """Do what `acquire` can do at once; return its answer, or how long it would now wait."""
        timeout_ms = self._blocking_ms
        if blocking is not True or timeout is not None:
            check_flag("blocking", blocking)
            if timeout is not None:
                timeout_ms = wait_ms("timeout", self._home.lock_clock.now_ms(), timeout)
        keyspace = self._home.keyspace
        if self._try(keyspace) or self._recognised(keyspace):
            return True
        if not blocking or (timeout_ms is not None and timeout_ms <= 0):
            return False
        return Patience(self._home.lock_clock, timeout_ms)

    def _waiting(self, patience: Patience, gate: Gate) -> Steps[bool]:
        """Wait at `gate` for the lock; return whether it was claimed."""
        keyspace = self._home.keyspace
        self._home.count_lock_wait()
        place = QueuePlace(gate, partial(self._inherit, keyspace, HERE.thread), self._home.tenant)
        claimed = over = False
        try:
            while not claimed and not over:
                # Queued before the look, so that no release between the two is missed.
                keyspace.enlist(self._full_key, place)
                over = patience.is_over()
                claimed = (not over or self._freed_in_time(keyspace, patience)) and self._try(keyspace)
                if not claimed and not over:
                    yield gate.wait(patience, _end_of_lease(keyspace, self._full_key))
                    # Before all else, for whom a release has woken: the shortest way to the lock.
                    claimed = not patience.is_over() and (
                        self.acquire(blocking=False)
                        if place.inherited is None
                        else self._keep(keyspace, place.inherited)
                    )
        finally:
            # Where nobody waits, there is neither a place to leave nor anybody to hand the turn to.
            if self._full_key in keyspace.queues:
                keyspace.leave(self._full_key, place, claimed=claimed)
            if place.inherited is not None and not claimed:
                self._withdraw(keyspace, place.inherited)
        return claimed

    def _inherit(self, keyspace: Keyspace, thread: Thread, place: QueuePlace, seen: Entry) -> bool:
        """Let a thread that waits at a place take over the lock from the one that gives it back."""
        claim, deadline = self._new_claim(keyspace, thread)
        return self._put(keyspace, claim, min(deadline, INT64_MAX), seen, place)

    def release(self) -> None:
        keyspace = self._home.keyspace
        keyspace.require_open()
        claim = self._own()
        if claim is None:
            self._require_done()
        elif claim is self._returned:
            self._require_untaken(claim)
        elif self._withdraw(keyspace, claim):
            self._note_return(keyspace, claim)
        else:
            claim.note_lost()
            raise lost(self.name, self.holder())

    def locked(self) -> bool:
        return self._home.keyspace.peek(self._full_key) is not None

    def owned(self) -> bool:
        keyspace = self._home.keyspace
        keyspace.require_open()
        claim = self._own()
        is_owned = claim is not None and self._mine(keyspace, claim) is not None
        if claim is not None and not is_owned:
            claim.note_lost()
        return is_owned

    def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        additional_ms = ttl_ms("additional_time", additional_time)
        deadline_after("additional_time", self._home.lock_clock.now_ms(), additional_ms)
        check_flag("replace_ttl", replace_ttl)
        keyspace = self._home.keyspace
        keyspace.require_open()
        claim = self._own()
        while claim is not None and (entry := self._mine(keyspace, claim)) is not None:
            deadline = entry[1]
            if deadline is None:
                claim.until = INT64_MAX
                return False
            start = claim.clock.now_ms() if replace_ttl else deadline
            until = deadline_after("additional_time", start, additional_ms)
            if keyspace.redate(self._full_key, entry, until):
                claim.until = until
                return True
        if claim is not None:
            claim.note_lost()
        return False

    def holder(self) -> str | None:
        entry = self._home.keyspace.peek(self._full_key)
        if entry is None:
            return None
        return entry[0].token if isinstance(entry[0], Claim) else NO_LOCK

    def made(self, token: str) -> bool:
        return self._claim is not None and self._claim.token == token

    def doubt(self) -> None:
        self._doubted = self._own()

    def _own(self) -> Claim | None:
        """Return the last claim of the caller, given back or not, if no later one was made."""
        claim = self._claim
        if claim is None or not self._thread_local or claim.thread is HERE.thread:
            return claim
        return None

    def _note(self, claim: Claim) -> None:
        """Take note of a claim that was made; the caller holds the mutex."""
        last = self._claim
        if last is not None and last.thread is not claim.thread and self._thread_local:
            self._note_change(last, claim)
        self._claim = claim

    def _note_change(self, last: Claim, claim: Claim) -> None:
        """Remember of the thread of the last claim, as another makes one, whether it gave it back."""
        if self._done is None:
            self._done = WeakSet()
        self._done.discard(claim.thread)
        if last is self._returned:
            self._done.add(last.thread)

    def _note_beside(self, keyspace: Keyspace, claim: Claim) -> None:
        for _ in keyspace.entering:
            try:
                self._note(claim)
                break
            finally:
                keyspace.mutex.release()

    def _note_return(self, keyspace: Keyspace, claim: Claim) -> None:
        """Take note that a claim was given back; another thread may have made its own by now."""
        for _ in keyspace.entering:
            try:
                if self._claim is claim:
                    self._returned = claim
                else:
                    self._done = self._done or WeakSet()
                    self._done.add(claim.thread)
                break
            finally:
                keyspace.mutex.release()

    def _require_done(self) -> None:
        if self._done is None or HERE.thread not in self._done:
            raise never_acquired(self.name, by_thread=self._thread_local)

    def _require_untaken(self, claim: Claim) -> None:
        """Refuse a release whose first reply was lost, if somebody else has the lock by now."""
        if claim is not self._doubted:
            return
        if (holder := self.holder()) is not None:
            raise lost(self.name, holder)
        self._doubted = None

    def _withdraw(self, keyspace: Keyspace, claim: Claim) -> bool:
        if self._full_key in keyspace.queues and self._bequeath(keyspace, claim):
            return True
        if keyspace.withdraw(self._full_key, claim, claim.clock.now_ms()):
            return True
        while (entry := self._mine(keyspace, claim)) is not None:
            if keyspace.remove(self._full_key, entry):
                return True
        return False

    def _bequeath(self, keyspace: Keyspace, claim: Claim) -> bool:
        """Give a claim back by handing the lock to its heir; tell whether there was one."""
        while (
            heir := keyspace.mutex.run(keyspace.heir, self._full_key)
        ) is not None and heir.inherit is not None:
            entry = self._mine(keyspace, claim)
            if entry is None:
                return False
            if heir.inherit(heir, entry):
                return True
        return False

    def _recognised(self, keyspace: Keyspace) -> bool:
        """Tell whether a claim of the caller's whose reply was lost holds the lock; renew its lease."""
        claim = self._own()
        if claim is None or claim is not self._doubted:
            return False
        self._doubted = None
        entry = self._mine(keyspace, claim)
        if entry is None:
            return False
        deadline = deadline_after("timeout", claim.clock.now_ms(), self._lease_ms)
        return keyspace.redate(self._full_key, entry, deadline)

    def _try(self, keyspace: Keyspace) -> bool:
        """Claim the lock if it is free."""
        while True:
            claim, deadline = self._new_claim(keyspace, HERE.thread)
            if deadline > INT64_MAX:
                deadline_after("timeout", deadline - self._lease_ms, self._lease_ms)
            if self._put(keyspace, claim, deadline):
                return self._keep(keyspace, claim)
            # An expired claim is removed by this look, and then there is room.
            if keyspace.peek(self._full_key) is not None:
                return False

    def _new_claim(self, keyspace: Keyspace, thread: Thread) -> tuple[Claim, int]:
        """Return a claim of a thread, and when its lease ends that begins now."""
        home = self._home
        names = keyspace.claim_names
        claim = Claim()
        claim.clock = home.lock_clock
        claim.tenant = home.tenant
        claim.thread = thread
        if names is not None:
            claim.number = names()
        claim.until = home.lock_clock.now_ms() + self._lease_ms
        return claim, claim.until

    def _put(
        self,
        keyspace: Keyspace,
        claim: Claim,
        deadline: int,
        seen: Entry | None = None,
        heir: QueuePlace | None = None,
    ) -> bool:
        """Put a claim where nothing is; or, for an heir, in the place of a claim that is given back."""
        if seen is None or heir is None:
            return keyspace.store(self._full_key, claim, deadline, seen=None)
        return keyspace.mutex.run(hand_over, keyspace, self._full_key, claim, deadline, seen, heir)

    def _keep(self, keyspace: Keyspace, claim: Claim) -> bool:
        """Take note of a claim that was made."""
        home = self._home
        if home.keyspace is not keyspace:
            # Closed meanwhile: nobody could give the claim back any more.
            keyspace.withdraw(self._full_key, claim, claim.clock.now_ms())
            home.keyspace.require_open()
        last = self._claim
        if last is None or last.thread is claim.thread:
            self._claim = claim
        else:
            self._note_beside(keyspace, claim)
        return True

    def _freed_in_time(self, keyspace: Keyspace, patience: Patience) -> bool:
        """Tell whether the lock became free before patience ended, on a clock that jumped past both."""
        alarm = _end_of_lease(keyspace, self._full_key)
        if alarm is None:
            return self._full_key not in keyspace.entries
        clock, deadline = alarm
        return clock is patience.clock and patience.until_ms is not None and deadline <= patience.until_ms

    def _mine(self, keyspace: Keyspace, claim: Claim) -> Entry | None:
        entry = keyspace.peek(self._full_key)
        if entry is None or entry[0] is claim:
            return entry
        # Only the token counts on a server: written back as a value, it is the claim again.
        return entry if entry[0] == claim.token.encode() else None


# For the rest of the package: editors would offer them to everybody who holds a lock.
bind = InMemoryLock._bound  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # as above
tell = InMemoryLock._told  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # as above
attempt = InMemoryLock._attempt  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # as above
wait = InMemoryLock._waiting  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # as above


def _end_of_lease(keyspace: Keyspace, full_key: str) -> tuple[Clock, int] | None:
    """Return whose clock ends the holder's lease, and when, be it past or future; None without one."""
    payload, deadline, _ = entry_of(keyspace.entries.get(full_key, ANYTHING))
    if deadline is None:
        return None
    return (payload.clock if isinstance(payload, Claim) else keyspace.clock), deadline
