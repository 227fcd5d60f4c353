"""Keeping one claim: its lease is renewed each time a third of it is over."""

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, cast, runtime_checkable
from weakref import ref

from cache_provider.arguments import check_callable, check_flag, deadline_after, ttl_ms
from cache_provider.clock import Clock, monotonic
from cache_provider.errors import CacheClosedError, CacheError
from cache_provider.steps import Steps

_LONGEST_RETRY_MS = 1000


class Renewable(Protocol):
    """A lock whose claim is kept; what its methods return may be awaitable."""

    name: str

    @property
    def lost(self) -> bool:
        """Whether the lease is known to have ended."""
        ...

    def may_be_renewed(self) -> bool:
        """Tell whether the process is not to be taken for paused."""
        ...

    def renew(self, lease_ms: int) -> Any:
        """Let the lease end so many milliseconds from now; tell whether it was still the caller's."""
        ...

    def holds_on(self) -> Any:
        """Tell whether the claim is still there, without a lease that could be renewed."""
        ...

    def note_lost(self) -> None:
        """Take note that the claim is lost, and tell who wanted to know."""
        ...


class Renewal:
    """What is to be done to keep one claim, and when.

    It knows its lock weakly: one that nobody can give back any more is not kept.

    Args:
        lock: The lock.
        clock: What its lease is judged by.
        lease_ms: The lease in milliseconds.
        hold_ms: For how many milliseconds it is kept; None without end.

    Attributes:
        clock: The same.
        due_ms: When there is something to do next, on that clock.
    """

    def __init__(self, lock: Renewable, clock: Clock, lease_ms: int, hold_ms: int | None) -> None:
        self._lock = ref(lock)
        self._name = lock.name
        self.clock = clock
        self._lease_ms = lease_ms
        self._third_ms = max(1, lease_ms // 3)
        self._retry_ms = max(1, min(lease_ms // 20, _LONGEST_RETRY_MS))
        now = clock.now_ms()
        self._hold_until = None if hold_ms is None else now + hold_ms
        self._is_ended = False
        self._note_renewed(now)

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be done any more: it was ended, or nobody has the handle."""
        return self._is_ended or self._lock() is None

    def end(self) -> None:
        """Keep the claim no longer."""
        self._is_ended = True

    def wakes(self, planned: float) -> bool:
        """Tell whether whoever does it, and sleeps until then in real time, has to be woken for it."""
        return monotonic() + self.seconds_left() < planned

    def is_due(self) -> bool:
        """Tell whether there is something to do, by the clock or in real time, in which a server lives."""
        return monotonic() >= self._due_in_real_time or self.clock.now_ms() >= self.due_ms

    def seconds_left(self) -> float:
        """Return the real seconds for which there is nothing to do, as far as the clock can tell."""
        left = max(0.0, self._due_in_real_time - monotonic())
        pause = self.clock.pause(self.due_ms)
        return left if pause is None else min(left, pause)

    def steps(self, remaining_ms: int = 0) -> Steps[None]:
        """Do what is due.

        Args:
            remaining_ms: How many milliseconds a clock has yet to be moved that
                does not stop for every third of a lease on a long way.
        """
        lock = self._lock()
        if lock is None or self._is_ended:
            return
        if lock.lost:
            self._lose(lock)
        elif self._hold_until is not None and self.clock.now_ms() >= self._hold_until:
            self._do_next(max(self._lease_until, self.clock.now_ms() + 1))
        elif lock.may_be_renewed():
            yield from self._renew(lock, self._skipped(remaining_ms))
        else:
            self._try_again()

    def _renew(self, lock: Renewable, skipped_ms: int) -> Steps[None]:
        now = self.clock.now_ms()
        try:
            if (yield lock.renew(self._lease_ms + skipped_ms)):
                self._note_renewed(now + skipped_ms)
            elif not (yield lock.holds_on()):
                self._lose(lock)
            else:
                # Made persistent: there is nothing to renew until it has a lease again.
                self._do_next(now + self._third_ms)
        except CacheClosedError:
            self._hold_until = now
            self._do_next(self._lease_until)
        except CacheError:
            self._try_again()
        except Exception:  # noqa: BLE001 - whatever it is, the other locks are kept
            log_failure("lock %r could not be renewed, which is tried again", self._name)
            self._try_again()

    def _skipped(self, remaining_ms: int) -> int:
        """Return how many milliseconds one renewal may stand for, of a long way that a clock is moved."""
        thirds = remaining_ms // self._third_ms
        if thirds < _MANY:
            return 0
        way = thirds * self._third_ms
        if self._hold_until is not None:
            way = min(way, max(0, self._hold_until - self.clock.now_ms()))
        return way

    def _lose(self, lock: Renewable) -> None:
        # Who gave it back meanwhile has lost nothing.
        if not self._is_ended:
            self.end()
            lock.note_lost()

    def _note_renewed(self, at_ms: int) -> None:
        self._lease_until = at_ms + self._lease_ms
        due = at_ms + self._third_ms
        self._do_next(due if self._hold_until is None else min(due, self._hold_until))

    def _try_again(self) -> None:
        self._do_next(
            min(self.clock.now_ms() + self._retry_ms, max(self._lease_until, self.clock.now_ms() + 1))
        )

    def _do_next(self, due_ms: int) -> None:
        self.due_ms = due_ms
        self._due_in_real_time = monotonic() + max(0, due_ms - self.clock.now_ms()) / 1000


@runtime_checkable
class Pausable(Protocol):
    """A handle of testing tools, which may take the process for paused."""

    def may_be_renewed(self) -> bool:
        """Tell whether the process runs, and so may renew a lease now."""
        ...


HandleT = TypeVar("HandleT", bound="_Handle")


class _Handle(Protocol):
    """A handle of threads or of coroutines, as far as it asks no server."""

    name: str
    fenced: bool
    raise_on_release_error: bool


class KeptHandle(Generic[HandleT]):
    """What renewed handles of threads and of coroutines have in common; before an interface among the bases.

    Args:
        lock: The handle that claims.
        clock: What its lease is judged by.
        lease_ms: The lease in milliseconds.
        hold_ms: For how many milliseconds it is renewed; None without end.
        renewed_by: The handle that renewals pass by; `lock` if it is None.

    Attributes:
        lock: The handle that claims.
    """

    def __init__(
        self, lock: HandleT, clock: Clock, lease_ms: int, hold_ms: int | None, renewed_by: HandleT | None
    ) -> None:
        self.name = lock.name
        self.fenced = lock.fenced
        self.raise_on_release_error = lock.raise_on_release_error
        self.lock = lock
        self._clock = clock
        self._lease_ms = lease_ms
        self._hold_ms = hold_ms
        self._renewed_by = lock if renewed_by is None else renewed_by
        self._renewal: Renewal | None = None
        self._is_lost = False
        self._callbacks: list[Callable[[HandleT], object]] = []

    def __repr__(self) -> str:
        return f"<renewed {self.lock!r}>"

    def may_be_renewed(self) -> bool:
        """Tell whether the process is not to be taken for paused."""
        return not isinstance(self._renewed_by, Pausable) or self._renewed_by.may_be_renewed()

    def _heed(self, callback: Callable[[HandleT], object]) -> None:
        check_callable("callback", callback)
        self._callbacks.append(callback)
        if self._is_lost:
            self._tell(callback)

    def _tell_all(self) -> None:
        for callback in self._callbacks.copy():
            self._tell(callback)

    def _tell(self, callback: Callable[[HandleT], object]) -> None:
        try:
            # Whoever inherits this is a handle itself.
            callback(cast("HandleT", self))
        except Exception:  # noqa: BLE001 - whatever it raises, the other locks are kept
            log_failure("what was to be called when lock %r was lost raised", self.name)


class RenewalErrand:
    """A renewal on a clock that carries it out by itself, in the thread that moves it.

    Args:
        renewal: The renewal.
        finish: Runs its steps, which wait for nobody.
    """

    def __init__(self, renewal: Renewal, finish: Callable[[Steps[None]], None]) -> None:
        self._renewal = renewal
        self._finish = finish

    @property
    def due_ms(self) -> int | None:
        """When it is due; None if it is over."""
        return None if self._renewal.is_over else self._renewal.due_ms

    def carry_out(self, remaining_ms: int) -> None:
        """Do what is due."""
        self._finish(self._renewal.steps(remaining_ms))


class LockMaker(Protocol):
    """A cache, as far as it makes locks.

    Attributes:
        clock: What its leases are judged by.
    """

    clock: Clock

    @property
    def get_lock(self) -> Callable[..., Any]:
        """Its method of that name."""
        ...


_MANY = 1000
"""Thirds of a lease; a clock that is moved by more does not stop at each."""


def log_failure(what: str, name: str) -> None:
    """Log what was caught, which must not keep other locks from being kept."""
    # Imported here, so that `import cache_provider` stays cheap.
    import logging  # noqa: PLC0415 - see above

    logging.getLogger(__name__).exception(what, name)  # noqa: LOG004 - called where it was caught


def renewal_terms(clock: Clock, renew: object, max_hold: object, *others: tuple[str, object]) -> int | None:
    """Return for how many milliseconds a lease is renewed, None without end, if what was asked is legal.

    Args:
        clock: What it is judged by.
        renew: Whether it is renewed.
        max_hold: For how long.
        *others: Names and values of what is only together with `renew`.
    """
    check_flag("renew", renew)
    hold_ms = None if max_hold is None else ttl_ms("max_hold", max_hold)
    if hold_ms is not None:
        deadline_after("max_hold", clock.now_ms(), hold_ms)
    asked = [("max_hold", max_hold)] * (max_hold is not None)
    asked += [(name, check_flag(name, value)) for name, value in others if value is not False]
    if not renew and asked:
        name, value = asked[0]
        raise ValueError(f"{name} is only for locks that are renewed (renew=True); {value!r} was given alone")
    return hold_ms
