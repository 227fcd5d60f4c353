"""What is known of the locks that were acquired: whether they were released, and in time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from cache_provider.arguments import duration_ms
from cache_provider.errors import CacheError
from cache_provider.testing.leaks.leak import KeyPlace, Leak, answer_steps, key_place, lock_place, may_ask
from cache_provider.testing.leaks.releases import Releases
from cache_provider.testing.leaks.stories import outlived
from cache_provider.testing.seam.operation import Operation, is_holding
from cache_provider.testing.seam.sites import Site


@dataclass(frozen=True)
class Held:
    """A lock that was acquired.

    Attributes:
        operation: The acquisition.
        site: The line that called it.
        at_ms: When, on the cache's clock.
        deadline_ms: When the lease ends; None if that is not known.
        place: Where the lock lives.
    """

    operation: Operation
    site: Site
    at_ms: int
    deadline_ms: int | None
    place: KeyPlace

    @property
    def name(self) -> str:
        """The lock's name."""
        return self.operation.key or ""

    def is_over(self, now_ms: int) -> bool:
        """Tell whether the lease has ended."""
        return self.deadline_ms is not None and now_ms >= self.deadline_ms

    def is_owned(self) -> bool:
        """Ask the store whether the lock is still held, if it can be asked; else take it to be."""
        lock = self.operation.lock
        try:
            return lock is None or not may_ask(self.operation) or answer_steps(is_holding(lock))
        except CacheError:  # closed, or not reachable any more
            return True

    def outlived(self, now_ms: int) -> Leak:
        """Return the leak that this is at the end of its critical section."""
        story = outlived(self.name, now_ms - (self.deadline_ms or now_ms))
        return Leak("outlived lease", self.name, self.site, self._age(now_ms), story)

    def left(self, now_ms: int) -> Leak:
        """Return the leak that this is if nobody releases it."""
        lock = self.operation.lock
        how = "held, and its lease renewed," if lock is not None and lock.is_renewed else "held"
        story = f"lock {self.name!r} is still {how} by {lock!r}; acquired"
        return Leak("lock", self.name, self.site, self._age(now_ms), story)

    def _age(self, now_ms: int) -> timedelta:
        return timedelta(milliseconds=now_ms - self.at_ms)


class AcquiredLocks:
    """The locks that were acquired, as far as the seam saw it; not thread-safe."""

    def __init__(self) -> None:
        self._held: dict[object, Held] = {}
        self._outlived: list[Leak] = []
        self._releases = Releases()

    def note(self, operation: Operation) -> None:
        """Remember what an operation that succeeded did to a lock."""
        if operation.lock is None:
            self._overwrite(operation)
        elif operation.name == "lock.acquire" and operation.result:
            self._acquire(operation)
        elif operation.name == "lock.release":
            self._release(operation)
        elif operation.name == "lock.extend" and operation.result:
            self._extend(operation)

    def note_lost(self, operation: Operation) -> None:
        """Remember that a release came too late, unless the lease still runs: then somebody broke it."""
        held = self._held.pop(_claimant(operation), None)
        now = operation.ended_ms
        if held is not None and held.is_over(now):
            self._outlived.append(held.outlived(now))

    def suspects(self, now_ms: int) -> tuple[list[Leak], list[Held]]:
        """Return the leaks that are certain, and what was not given back."""
        certain = self._outlived + self._releases.leaks(now_ms)
        return certain, list(self._held.values())

    def _acquire(self, operation: Operation) -> None:
        now = operation.ended_ms
        lease = operation.lease
        deadline = None if lease is None else now + duration_ms("timeout", lease)
        # A holder under a lease that still runs has lost it to this claim.
        place = lock_place(operation, operation.key or "")
        self._break({place}, now)
        self._held[_claimant(operation)] = Held(operation, operation.site, now, deadline, place)
        self._releases.note_claim(operation)

    def _release(self, operation: Operation) -> None:
        self._releases.note(operation, operation.site, operation.ended_ms)
        self._held.pop(_claimant(operation), None)

    def _extend(self, operation: Operation) -> None:
        held = self._held.get(_claimant(operation))
        if held is None or held.deadline_ms is None:
            return
        additional = duration_ms("additional_time", operation.arguments["additional_time"])
        start = operation.ended_ms if operation.arguments["replace_ttl"] else held.deadline_ms
        self._held[_claimant(operation)] = replace(held, deadline_ms=start + additional)

    def _overwrite(self, operation: Operation) -> None:
        effect = operation.effect
        if not self._held or not effect.happened(operation.result) or not (effect.replaces or effect.removes):
            return
        if operation.names_keys:
            places = {key_place(operation, key) for key in operation.keys}
            self._break(places, operation.ended_ms)
        else:
            self._flush(operation)

    def _break(self, places: set[KeyPlace], now_ms: int) -> None:
        """Forget who held locks under a lease that still runs: they have lost them."""
        self._held = {
            key: held for key, held in self._held.items() if held.is_over(now_ms) or held.place not in places
        }

    def _flush(self, operation: Operation) -> None:
        store, prefix = lock_place(operation, "")
        self._held = {
            key: held
            for key, held in self._held.items()
            if held.place[0] != store or not held.place[1].startswith(prefix)
        }


def _claimant(operation: Operation) -> object:
    return operation.lock, operation.claimant


def judge(suspects: Iterable[Held], now_ms: int) -> list[Leak]:
    """Return the leaks among locks that were not given back."""
    held = list(suspects)
    late = [lock.outlived(now_ms) for lock in held if lock.is_over(now_ms)]
    left = [lock.left(now_ms) for lock in held if not lock.is_over(now_ms) and lock.is_owned()]
    return late + left
