"""`Faults`: what a test arms, and the interceptor that lets it strike."""

from threading import Lock

from cache_provider.aio.lock import AnyLock
from cache_provider.aio.renewing import AsyncRenewedLock
from cache_provider.arguments import Ttl, check_flag, ttl_ms
from cache_provider.clock import Clock
from cache_provider.door.mishaps import ConnectionLostError
from cache_provider.errors import CacheUnavailableError
from cache_provider.interface.renewing import RenewedLock
from cache_provider.memory.server import MemoryServer
from cache_provider.steps import Steps
from cache_provider.testing.faults.delays import delay
from cache_provider.testing.faults.errors import ErrorOrClass, check_error, made_for
from cache_provider.testing.faults.fault import Fault, Moment, Target, shown_call
from cache_provider.testing.faults.leases import HeldLocks, lose
from cache_provider.testing.faults.server_faults import ServerFaults
from cache_provider.testing.seam.asynchronous import AsyncInstrumentedLock
from cache_provider.testing.seam.operation import Operation, Proceed, proceed_unheard
from cache_provider.testing.seam.passage import Occasional
from cache_provider.testing.seam.synchronous import InstrumentedLock


class Faults(ServerFaults, Occasional):
    """Makes operations of instrumented caches fail, take long or lose a lease.

    The call that makes a fault arms it, and the end of its `with` block, if it has
    one, disarms it. Several may be armed at once: delays add up. If several errors
    match, the one armed last is raised, so an inner `with` block comes before an
    outer one. Any thread may arm faults and meet them.

    One object serves threads and coroutines. Give it to an `InstrumentedCache` or
    `AsyncInstrumentedCache`, outside of any interceptor that should see what really
    happened on the store.

    Args:
        clock: The clock of the caches.
        server: Their server, for `restart` and `failover`.
    """

    def __init__(self, clock: Clock, server: MemoryServer | None = None) -> None:
        super().__init__(server)
        self._clock = clock
        self._armed: tuple[Fault, ...] = ()
        self.is_idle = True  # its own: found sooner than that of the class
        self._delays: dict[Fault, int] = {}
        self._leases: dict[Fault, tuple[AnyLock | Target, bool]] = {}
        self._stops: dict[Fault, AnyLock | Target] = {}
        self._held = HeldLocks()
        self._arming = Lock()

    def outage(self, error: ErrorOrClass = CacheUnavailableError) -> Fault:
        """Make every operation fail before it has any effect, including locks and `health_check`.

        `health_check` and `ping` return False; every other operation raises.

        Args:
            error: What is raised: an error of `cache_provider.errors`, a class or an instance.

        Raises:
            TypeError: `error` is anything else.
        """
        fault = Fault(shown_call("outage"), Moment.BEFORE, Target(), None, error=check_error(error))
        return self._arm(fault)

    def fail(
        self,
        operation: str | None = None,
        key: str | None = None,
        *,
        times: int | None = 1,
        after: bool = False,
        error: ErrorOrClass = CacheUnavailableError,
    ) -> Fault:
        """Make the next operation that matches fail.

        Args:
            operation: The method's name; for locks `"lock.acquire"`, `"lock.release"`, ...;
                for a client its command in capitals, and then its connection ends.
                None for any.
            key: A Redis glob for its key or lock name; one of several keys is enough.
            times: How many operations fail; None for all until it is disarmed.
            after: Let the operation take effect first, and lose only the reply. An
                operation that fails by itself has no reply to lose.
            error: What is raised: an error of `cache_provider.errors`, a class or
                an instance, such as `CacheTimeoutError`.

        Raises:
            TypeError: An argument has the wrong type, or `error` is not one of those errors.
            ValueError: There is no such operation, or `times` is below 1.
        """
        moment = Moment.AFTER if check_flag("after", after) else Moment.BEFORE
        named = None if error is CacheUnavailableError else error
        call = shown_call("fail", operation=operation, key=key, after=after or None, error=named)
        return self._arm(Fault(call, moment, Target(operation, key), times, error=check_error(error)))

    def latency(
        self, duration: Ttl, operation: str | None = None, key: str | None = None, *, times: int | None = None
    ) -> Fault:
        """Make every operation that matches take `duration` before it has its effect.

        A `ManualClock` is moved by it; two operations at the same time move it
        twice. On any other clock it is a real wait, which ends like a lock's wait
        when either real time or the cache's has passed. A client of redis-py whose
        `socket_timeout` is not longer gives up, but its command still takes effect.

        Args:
            duration: A `timedelta`, or seconds; more than 0.
            operation: As in `fail`.
            key: As in `fail`.
            times: How many operations are late; None for all until it is disarmed.

        Raises:
            TypeError, ValueError: An argument is not legal.
        """
        milliseconds = ttl_ms("duration", duration)
        call = shown_call("latency", duration, operation=operation, key=key)
        fault = Fault(call, Moment.DELAY, Target(operation, key), times)
        self._delays[fault] = milliseconds
        return self._arm(fault)

    def lose_lease(self, lock: AnyLock | str, *, taken_over: bool = False) -> Fault:
        """Make a lock be lost, on the store itself, before the next operation while it is held.

        The handle finds out as it would in production: `owned` and `extend`
        return False, and `release` and the end of `with` raise `LockNotOwnedError`.

        Args:
            lock: A lock of an instrumented cache; or a Redis glob for its name,
                if the handle is made deep inside the application.
            taken_over: Whether another holder acquires it at once, with a lease of
                the same length; by default the lock is free.

        Raises:
            TypeError: `lock` is neither.
        """
        check_flag("taken_over", taken_over)
        sought = _sought(lock)
        name = lock if isinstance(lock, str) else lock.name
        fault = Fault(
            shown_call("lose_lease", name, taken_over=taken_over or None), Moment.LEASE, Target(), 1
        )
        self._leases[fault] = sought, taken_over
        return self._arm(fault)

    def stop_renewal(self, lock: AnyLock | str) -> Fault:
        """Stop the renewal of leases while it is armed, as in a process that is paused.

        The lease of a lock made with `renew=True` then runs out, and its holder finds
        the lock lost. If the fault is disarmed earlier, the lease is renewed again.

        Args:
            lock: A lock of an instrumented cache; or a Redis glob for names of locks.

        Raises:
            TypeError: `lock` is neither.
        """
        sought = _sought(lock)
        name = lock if isinstance(lock, str) else lock.name
        fault = Fault(shown_call("stop_renewal", name), Moment.RENEWAL, Target(), None)
        self._stops[fault] = sought
        return self._arm(fault)

    def lets_renew(self, operation: Operation) -> bool:
        """Tell whether no fault stops a renewal, which is then counted."""
        hit = [
            fault
            for fault, sought in self._stops.items()
            if (sought.matches(operation) if isinstance(sought, Target) else sought is operation.lock)
        ]
        return not [fault for fault in hit if fault.take(Moment.RENEWAL, operation)]

    def unfired(self) -> list[str]:
        """Return one message for each armed fault that struck less often than it should have.

        A fault with `times=None`, such as an outage or a latency, should strike
        at least once. Disarmed faults count too.
        """
        return [message for fault in self._armed if (message := fault.shortfall()) is not None]

    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[object]:
        if self._armed:
            return (yield from self._strike(operation, proceed))
        result = yield from proceed()
        self._held.note(operation, result)
        return result

    def note(self, operation: Operation, result: object) -> None:
        self._held.note(operation, result)

    def _strike(self, operation: Operation, proceed: Proceed) -> Steps[object]:
        waited = yield from self._delay(operation)
        yield from self._lose_leases(operation)
        self._fail(Moment.BEFORE, operation)
        if self._is_deaf(operation):
            result = yield from proceed_unheard(operation, proceed)
        else:
            result = yield from proceed()
            self._held.note(operation, result)
        self._fail(Moment.AFTER, operation)
        if operation.patience_ms is not None and waited >= operation.patience_ms:
            raise ConnectionLostError(timed_out=True)
        return result

    def _arm(self, fault: Fault) -> Fault:
        with self._arming:
            self._armed = (*self._armed, fault)
            self.is_idle = False
        return fault

    def _take(self, moment: Moment) -> bool:
        return any(fault.take(moment, None) for fault in reversed(self._armed))

    def _delay(self, operation: Operation) -> Steps[int]:
        waited = 0
        for fault in self._armed:
            if fault.take(Moment.DELAY, operation):
                yield from delay(self._clock, self._delays[fault], operation)
                operation.time_passed()
                waited += self._delays[fault]
        return waited

    def _lose_leases(self, operation: Operation) -> Steps[None]:
        for fault in self._armed:
            if fault.take(Moment.LEASE, operation) and not (yield from self._lose_one(fault)):
                fault.give_back()

    def _lose_one(self, fault: Fault) -> Steps[bool]:
        sought, taken_over = self._leases[fault]
        for claim in self._held.claims():
            hits = sought.matches(claim) if isinstance(sought, Target) else sought is claim.lock
            if hits and (yield from lose(claim, taken_over=taken_over)):
                return True
        return False

    def _is_deaf(self, operation: Operation) -> bool:
        return any(fault.would_take(Moment.AFTER, operation) for fault in self._armed)

    def _fail(self, moment: Moment, operation: Operation) -> None:
        for fault in reversed(self._armed):
            if fault.error is not None and fault.take(moment, operation):
                if fault.event is not None:
                    fault.event()
                raise made_for(fault.error, operation, after=moment is Moment.AFTER)


def _sought(lock: object) -> AnyLock | Target:
    if isinstance(lock, str):
        return Target(key=lock)
    if isinstance(lock, (RenewedLock, AsyncRenewedLock)):
        return _sought(lock.lock)
    if isinstance(lock, (InstrumentedLock, AsyncInstrumentedLock)):
        return lock.lock
    raise TypeError(f"lock must be a lock of an instrumented cache or a glob for its name, not {lock!r}")
