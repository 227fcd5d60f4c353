"""`Tape`: writes down the operations of a cell's runs, and strikes those that the plan names."""

from dataclasses import dataclass
from threading import Lock

from cache_provider.aio.lock import AnyLock
from cache_provider.arguments import duration_ms
from cache_provider.clock import ManualClock
from cache_provider.steps import Steps
from cache_provider.testing.faults.errors import made_for
from cache_provider.testing.faults.leases import HeldLocks, lose
from cache_provider.testing.leaks.leak import answer_steps
from cache_provider.testing.seam.operation import Operation, Proceed, is_holding, proceed_unheard
from cache_provider.testing.seam.sites import Site
from cache_provider.testing.sweep.kinds import AFTER, BEFORE, FaultKind, Plan
from cache_provider.testing.sweep.sandbox import Sandbox


class WorkerDiedError(BaseException):
    """Ends a worker that died: nothing that it does from here on reaches the cache.

    It is not an `Exception`, so that no handler of the application takes it for a
    failure that it can do something about.
    """


class RunawayError(BaseException):
    """Ends a run that does not end by itself."""


@dataclass
class Passed:
    """An operation that passed.

    Attributes:
        name: Its name.
        keys: Its keys.
        site: The line that called it.
        is_holding: Whether a lock was held before it.
        is_keeping: Whether the lease of one was renewed.
        expirable: Those of its keys that were there with a ttl before it, where it looks at them.
        has_failed: Whether it raised by itself.
        takes_lock: Whether it acquires a lock.
        gives_lock: Whether it releases one.
        is_command: Whether it is a command of a client.
    """

    name: str
    keys: tuple[str, ...]
    site: Site
    is_holding: bool = False
    is_keeping: bool = False
    expirable: tuple[str, ...] = ()
    has_failed: bool = False
    takes_lock: bool = False
    gives_lock: bool = False
    is_command: bool = False

    def applies(self, kind: FaultKind) -> bool:
        """Tell whether a fault of that kind can strike this operation."""
        if kind == "expired":
            return bool(self.expirable)
        if kind == "lease lost":
            return self.is_holding
        if kind == "paused":
            return self.is_keeping
        return kind not in AFTER or not self.has_failed

    def strands_lock(self, kind: FaultKind) -> bool:
        """Tell whether nobody can give its lock back after that.

        The lock of redis-py, other than ours, asks nobody what came of a claim whose reply was lost.
        """
        if self.is_command:
            return (self.takes_lock or self.gives_lock) and (kind in BEFORE or kind in AFTER)
        return self.gives_lock and kind in BEFORE

    def is_like(self, other: "Passed") -> bool:
        """Tell whether both are the same operation on the same keys."""
        return (self.name, self.keys) == (other.name, other.keys)

    def __str__(self) -> str:
        return " ".join([self.name, *map(repr, self.keys)])


class Tape:
    """The interceptor of one cell's runs.

    Args:
        plan: The faults.
        sandbox: Where the runs are.
        limit: How many operations are taken for a run that does not end.

    Attributes:
        passed: The operations so far.
        fired: The indexes of those that were struck.
        is_dead: Whether the worker of the present run has died.
        has_run_away: Whether there were more operations than the limit.
    """

    def __init__(self, plan: Plan, sandbox: Sandbox, limit: int) -> None:
        self.passed: list[Passed] = []
        self.fired: set[int] = set()
        self._plan = dict(plan)
        self._sandbox = sandbox
        self._store = sandbox.store()
        self._limit = limit
        self._held = HeldLocks()
        self._buried: set[AnyLock] = set()
        self._is_paused = False
        self.is_dead = False
        self.has_run_away = False
        self._writing = Lock()

    def start(self) -> None:
        """Begin another run, with another worker where one died."""
        self.is_dead = False

    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[object]:
        """Write `operation` down and let it proceed, or strike it."""
        if self.is_dead:
            raise WorkerDiedError
        index, passed = self._write_down(operation)
        kind = self._plan.get(index)
        if kind in BEFORE:
            self.fired.add(index)
            raise made_for(BEFORE[kind], operation, after=False)
        if kind in AFTER:
            yield from proceed_unheard(operation, proceed)
            self.fired.add(index)
            raise made_for(AFTER[kind], operation, after=True)
        if kind == "expired":
            self._expire(index, passed)
        if kind == "lease lost":
            yield from self._lose_lease(index)
        if kind == "paused":
            self._pause(index)
        return (yield from self._proceed(index, kind, passed, operation, proceed))

    def _proceed(
        self, index: int, kind: FaultKind | None, passed: Passed, operation: Operation, proceed: Proceed
    ) -> Steps[object]:
        try:
            result = yield from proceed()
        except Exception:
            passed.has_failed = True
            if kind != "crash":
                raise
            result = None
        if kind == "crash":
            self.is_dead = True
            self._buried.update(claim.lock for claim in self._held.claims() if claim.lock is not None)
            if operation.lock is not None:
                self._buried.add(operation.lock)
            self.fired.add(index)
            raise WorkerDiedError
        self._held.note(operation, result)
        self._sandbox.note(operation, result)
        return result

    def _write_down(self, operation: Operation) -> tuple[int, Passed]:
        passed = Passed(operation.name, tuple(operation.keys), operation.site)
        passed.takes_lock, passed.gives_lock = operation.takes_lock, operation.gives_lock
        passed.is_command = operation.is_command
        owned = [claim.lock for claim in self._held.claims() if claim.lock is not None and _is_owned(claim)]
        passed.is_holding = bool(owned) or bool(self._sandbox.held())
        passed.is_keeping = any(lock.is_renewed for lock in owned)
        # To a blind write it makes no difference whether its keys are there; or its answer alone tells.
        if not operation.is_of_lock and (operation.keeps_ttl or not operation.effect.blind):
            passed.expirable = tuple(key for key in passed.keys if self._store.ttl(key) not in {None, -2})
        with self._writing:
            self.passed.append(passed)
            index = len(self.passed) - 1
        if index >= self._limit:
            self.has_run_away = True
            raise RunawayError
        return index, passed

    def _expire(self, index: int, passed: Passed) -> None:
        if self._store.mdelete(passed.expirable):
            self.fired.add(index)

    def lets_renew(self, operation: Operation) -> bool:
        """Tell whether a lease is renewed: not while the process is paused, and not by a worker that died."""
        return not self._is_paused and operation.lock not in self._buried

    def _pause(self, index: int) -> None:
        """Let the leases that are renewed run out, as if the process stood still meanwhile."""
        kept = [claim for claim in self._held.claims() if claim.lock is not None and claim.lock.is_renewed]
        clock = kept[0].provider.clock
        assert isinstance(clock, ManualClock), "a sweep has a clock that it moves"
        self._is_paused = True
        clock.advance(max(duration_ms("timeout", claim.lease) for claim in kept) / 1000)
        self._is_paused = False
        self.fired.add(index)

    def _lose_lease(self, index: int) -> Steps[None]:
        for claim in self._held.claims():
            if (yield from lose(claim, taken_over=False)):
                self.fired.add(index)
                return
        if self._store.mdelete(self._sandbox.held()[:1]):
            self.fired.add(index)


def _is_owned(claim: Operation) -> bool:
    return claim.lock is not None and answer_steps(is_holding(claim.lock))
