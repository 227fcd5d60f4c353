"""What makes a task wait within the cache: a held lock, and somebody else's computation."""

from collections.abc import Callable
from typing import NamedTuple

from cache_provider.aio.lock import AnyLock
from cache_provider.arguments import Ttl, wait_ms
from cache_provider.clock import Clock
from cache_provider.door.entrance import core_of
from cache_provider.memory.keyspace import Keyspace
from cache_provider.testing.race.pictures import in_database
from cache_provider.testing.race.tasks import Task
from cache_provider.testing.seam import DoorCommand, Operation
from cache_provider.waiting import Gate, Patience


class _TakenLock(NamedTuple):
    """A lock of redis-py that a task has claimed: a key that holds a token of the claim's own."""

    task: Task
    database: Keyspace
    name: str
    token: bytes

    @property
    def is_held(self) -> bool:
        entry = self.database.peek(self.name)
        return entry is not None and entry[0] == self.token


class Locks:
    """Who acquired which lock last, and who would have to wait for it.

    Args:
        keyspace: Where the locks are keys.
        clock: The schedule's clock.

    Attributes:
        holders: By full key: the handle that acquired it last, and for which task.
        unheard: By full key: the claim that was made last, if its reply was lost.
    """

    def __init__(self, keyspace: Keyspace, clock: Clock) -> None:
        self._keyspace = keyspace
        self._clock = clock
        self.holders: dict[str, tuple[AnyLock, Task]] = {}
        self.unheard: dict[str, object] = {}
        self._claims: dict[str, _TakenLock] = {}

    def claimed(self, command: DoorCommand, task: Task) -> None:
        """Note who has made a claim on a lock of redis-py, whether or not it was granted."""
        (name,), index = command.keys, command.database
        database = core_of(command.server).database(index) if index else self._keyspace
        claim = _TakenLock(task, database, name, command.given[1])
        if claim.is_held:
            self._claims[in_database(index, name)] = claim

    def acquired(self, operation: Operation, task: Task) -> None:
        """Note who holds the lock now."""
        if operation.lock is not None:
            self.holders[_full_key(operation)] = operation.lock, task
            self.unheard.pop(_full_key(operation), None)

    def lost_reply(self, operation: Operation) -> None:
        """Note that a lock was acquired and its claimant does not know."""
        self.unheard[_full_key(operation)] = _claimant(operation)

    def blocks(self, operation: Operation) -> "LockWait | None":
        """Return the wait that an `acquire` would begin if the lock were held, None if it never waits."""
        timeout: Ttl | None = operation.arguments["timeout"]
        if timeout is None:
            timeout = operation.patience
        now = self._clock.now_ms()
        try:
            patience = None if timeout is None else wait_ms("timeout", now, timeout)
        except (TypeError, ValueError):
            return None  # the operation itself will refuse it
        if operation.arguments["blocking"] is not True or (patience is not None and patience <= 0):
            return None
        return LockWait(self, operation, None if patience is None else now + patience)

    def is_free_for(self, operation: Operation) -> bool:
        """Tell whether an `acquire` is answered at once: nobody holds the lock, or the caller unknowingly."""
        full_key = _full_key(operation)
        return not self.is_held(full_key) or self.unheard.get(full_key) == _claimant(operation)

    def held_by(self, task: Task) -> list[str]:
        """Return the full keys of the locks, redis-py's too, that a task took last and still holds."""
        return [*self._handles_of(task), *(key for key, _ in self._claims_of(task))]

    def _handles_of(self, task: Task) -> list[str]:
        return [key for key, (_, holder) in self.holders.items() if holder is task and self.is_held(key)]

    def _claims_of(self, task: Task) -> list[tuple[str, _TakenLock]]:
        return [(key, claim) for key, claim in self._claims.items() if claim.task is task and claim.is_held]

    def end_leases(self, task: Task) -> None:
        """Take all its locks from a task, as the end of their leases does."""
        self._keyspace.remove_many(self._handles_of(task))
        for _, claim in self._claims_of(task):
            claim.database.remove_many([claim.name])

    def is_held(self, full_key: str) -> bool:
        """Tell whether anybody holds a lock."""
        return self._keyspace.peek(full_key) is not None

    def holder(self, operation: Operation) -> Task | None:
        """Return the task that acquired the lock last, if it was any."""
        holder = self.holders.get(_full_key(operation))
        return None if holder is None else holder[1]


class LockWait:
    """Waits for a lock that somebody else holds.

    Attributes:
        until_ms: When the caller's patience ends.
        is_late: Whether the lock was still held when it did; what is freed later is not for this caller.
    """

    def __init__(self, locks: Locks, operation: Operation, until_ms: int | None) -> None:
        self._locks = locks
        self.operation = operation
        self.until_ms = until_ms
        self.is_late: bool | None = None

    def is_over(self, now_ms: int) -> bool:
        """Tell whether the lock can be had, or patience has ended."""
        is_free = self._locks.is_free_for(self.operation)
        if self.until_ms is None or now_ms < self.until_ms:
            return is_free
        if self.is_late is None:
            self.is_late = not is_free
        return True

    def __str__(self) -> str:
        holder = self._locks.holder(self.operation)
        by = "" if holder is None else f", held by {holder.name}"
        return f"lock {self.operation.key!r}{by}"


class GateWait:
    """Waits for another caller's computation.

    Attributes:
        until_ms: When patience ends, or the leader counts as crashed.
    """

    def __init__(self, gate: "RaceGate", until_ms: int | None) -> None:
        self._gate = gate
        self.until_ms = until_ms

    def is_over(self, now_ms: int) -> bool:
        """Tell whether the gate was opened, or a time has come."""
        return self._gate.is_open or (self.until_ms is not None and now_ms >= self.until_ms)

    def __str__(self) -> str:
        return "the value that another get_or_set computes"


class RaceGate(Gate):
    """A gate whose waits are steps of the schedule.

    Args:
        park: Stops the calling task until the wait is over; what it returns may be awaitable.

    Attributes:
        is_open: Whether somebody opened it since the last wait.
    """

    def __init__(self, park: Callable[[GateWait], object]) -> None:
        self.is_open = False
        self._park = park

    def wake(self) -> bool:
        self.is_open = True
        return True

    def wait(
        self, patience: Patience, alarm: tuple[Clock, int] | None = None, *, at_most: float = 0.0
    ) -> object:
        del at_most
        ends = [patience.until_ms, None if alarm is None else alarm[1]]
        until = min((end for end in ends if end is not None), default=None)
        return self._park(GateWait(self, until))


def _claimant(operation: Operation) -> object:
    return operation.lock, operation.claimant


def _full_key(operation: Operation) -> str:
    return operation.provider.key_prefix + (operation.key or "")
