"""What `get_or_set` does, in steps that serve threads and coroutines alike."""

from collections.abc import Callable
from typing import Any, Protocol

from cache_provider.arguments import Ttl, check_callable, check_key, deadline_after, ttl_ms, wait_ms
from cache_provider.clock import Clock
from cache_provider.errors import CacheUnavailableError, LockNotOwnedError
from cache_provider.interface.flight import Flight, FlightTable, Outcome
from cache_provider.interface.lock import TEN_SECONDS
from cache_provider.steps import Steps
from cache_provider.waiting import Patience

_FLIGHT_LOCK = "singleflight:lock:"


class Lock(Protocol):
    """What is used of a lock; each may be awaitable."""

    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> Any:
        """Claim the lock; tell whether that succeeded."""
        ...

    def release(self) -> Any:
        """Give the lock back."""
        ...


class Home(Protocol):
    """What is used of the provider; what its methods return may be awaitable."""

    clock: Clock

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value."""
        ...

    def setnx(self, key: str, value: Any, ttl: Ttl | None = None) -> Any:
        """Store the value if the key is missing."""
        ...

    def pttl(self, key: str) -> Any:
        """Return the milliseconds that the value has left, None without end."""
        ...

    def compare_and_set(self, key: str, expected: Any, new_value: Any, ttl: Ttl | None = None) -> Any:
        """Store the value over an expected one."""
        ...

    def get_lock(self, name: str, timeout: Ttl = TEN_SECONDS, blocking_timeout: Ttl | None = None) -> Lock:
        """Return a handle on a lock."""
        ...


def check_computation(
    clock: Clock, key: object, factory: object, ttl: object, lock_timeout: object, wait_timeout: object
) -> tuple[int, int]:
    """Refuse the first argument of a `get_or_set` that is not legal; return the last two in milliseconds."""
    check_key(key)
    check_callable("default_factory", factory)
    now = clock.now_ms()
    if ttl is not None:
        deadline_after("ttl", now, ttl_ms("ttl", ttl))
    lease_ms = ttl_ms("lock_timeout", lock_timeout)
    deadline_after("lock_timeout", now, lease_ms)
    return lease_ms, wait_ms("wait_timeout", now, wait_timeout)


def stale_terms(clock: Clock, ttl: Ttl | None, stale_ttl: Ttl | None) -> tuple[Ttl | None, int | None]:
    """Return the ttl that a value is stored with, and for how many milliseconds of it it is stale."""
    if stale_ttl is None:
        return ttl, None
    stale_ms = ttl_ms("stale_ttl", stale_ttl)
    deadline_after("stale_ttl", clock.now_ms(), stale_ms)
    if ttl is None:
        raise ValueError(
            f"stale_ttl needs a ttl, after which a value is stale; {stale_ttl!r} was given alone"
        )
    whole_ms = ttl_ms("ttl", ttl) + stale_ms
    deadline_after("stale_ttl", clock.now_ms(), whole_ms)
    return whole_ms / 1000, stale_ms


class Computation:
    """One call of `get_or_set`.

    Args:
        home: The provider.
        key: The key.
        factory: Computes the value.
        ttl: As in `set`.
        lock_timeout: After how long a crashed computation is replaced.
        wait_timeout: How long to wait for another's value.
        stale_ttl: How long a value is served after its ttl.
        flights: The computations of this provider that are on their way.
        call: Returns the outcome of a factory, or an awaitable of it.
        as_stored: Returns a value as it would be read back from a key.

    Raises:
        TypeError, ValueError: An argument is not legal.
    """

    def __init__(
        self,
        home: Home,
        key: str,
        factory: Callable[[], Any],
        ttl: Ttl | None,
        lock_timeout: Ttl,
        wait_timeout: Ttl,
        stale_ttl: Ttl | None,
        *,
        flights: FlightTable,
        call: Callable[[Callable[[], Any]], Any],
        as_stored: Callable[[str, Any], Any],
    ) -> None:
        self._lease_ms, self._patience_ms = check_computation(
            home.clock, key, factory, ttl, lock_timeout, wait_timeout
        )
        self._key = key
        self._home = home
        self._flights = flights
        self._call = call
        self._as_stored = as_stored
        self._factory = factory
        self._ttl, self._stale_ms = stale_terms(home.clock, ttl, stale_ttl)
        self._seen: Any = None
        self._lock_timeout = lock_timeout

    def run(self) -> Steps[Outcome]:
        """Return what is stored, or compute it, one caller at a time."""
        try:
            value = yield self._home.get(self._key)
        except CacheUnavailableError:
            return (yield from self._without_storing())
        if value is not None:
            return Outcome(value) if (yield from self._is_fresh()) else (yield from self._refresh(value))
        patience = Patience(self._home.clock, self._patience_ms)
        return (yield from self._fly(patience, Patience(self._home.clock, self._lease_ms)))

    def _is_fresh(self) -> Steps[bool]:
        """Tell whether the value that was just seen has its ttl still before it."""
        if self._stale_ms is None:
            return True
        try:
            left = yield self._home.pttl(self._key)
        except CacheUnavailableError:
            return True  # nothing could be stored in its place
        return left is None or left > self._stale_ms

    def _refresh(self, stale: Any) -> Steps[Outcome]:
        """Compute a new value if nobody does; a caller that does not, or fails, is served the stale value."""
        self._seen = stale
        flight, leading = self._flights.board(self._key, Patience(self._home.clock, self._lease_ms))
        if flight.is_lost():
            self._flights.close(flight)
        if not leading:
            return Outcome(stale)
        return (yield from self._lead(flight, self._renewal()))

    def _renewal(self) -> Steps[Outcome]:
        lock = self._home.get_lock(_FLIGHT_LOCK + self._key, timeout=self._lock_timeout)
        try:
            acquired = yield lock.acquire(blocking=False)
        except CacheUnavailableError:
            yield from _give_back(lock)
            return Outcome(self._seen)
        if not acquired:
            return Outcome(self._seen)
        try:
            return (yield from self._compute_anew())
        finally:
            yield from _give_back(lock)

    def _compute_anew(self) -> Steps[Outcome]:
        """Compute and store, unless somebody did since the stale value was seen."""
        try:
            value = yield self._home.get(self._key)
            if value is not None and (yield from self._is_fresh()):
                return Outcome(value)
            outcome: Outcome = yield self._call(self._factory)
            if outcome.error is None:
                return Outcome((yield from self._store(outcome.value)))
            _log_failure(self._key, outcome.error)
        except CacheUnavailableError:
            pass  # it cannot be written: what is there is served on
        return Outcome(self._seen)

    def _fly(self, patience: Patience, lease: Patience) -> Steps[Outcome]:
        """Lead the computation in this process, or wait for the caller that does."""
        while True:
            flight, leading = self._flights.board(self._key, lease)
            if leading:
                return (yield from self._lead(flight, self._alone(patience)))
            # A factory that asks for its own key: to wait for the flight, or for its lock, would never end.
            if flight.is_led_here():
                return (yield from self._compute())
            yield from flight.wait(self._flights.make_gate(), patience)
            if flight.is_lost():
                self._flights.close(flight)
            elif not flight.is_over:
                return (yield from self._alone(patience))
            elif flight.outcome is not None:
                return self._copy(flight.outcome.for_a_waiter())

    def _lead(self, flight: Flight, computing: Steps[Outcome]) -> Steps[Outcome]:
        ended: Outcome | None = None
        try:
            with flight.leading():
                outcome = ended = yield from computing
        except Exception as error:
            ended = Outcome(error=error)
            raise
        finally:
            # After an interruption there is no outcome, and a waiter takes over.
            self._flights.close(flight)
            flight.end(ended)
        # The waiters copy from `outcome` while the leader's caller may change what it got.
        return self._copy(outcome)

    def _alone(self, patience: Patience) -> Steps[Outcome]:
        """Compute under the lock that other processes see, or without it when patience ends."""
        lock = self._home.get_lock(_FLIGHT_LOCK + self._key, timeout=self._lock_timeout)
        try:
            acquired = yield lock.acquire(timeout=patience.left())
        except CacheUnavailableError:
            # The claim may have been made, its reply lost.
            yield from _give_back(lock)
            return (yield from self._without_storing())
        try:
            return (yield from self._compute())
        finally:
            if acquired:
                yield from _give_back(lock)

    def _compute(self) -> Steps[Outcome]:
        try:
            value = yield self._home.get(self._key)
            if value is not None:
                return Outcome(value)
        except CacheUnavailableError:
            return (yield from self._without_storing())
        outcome: Outcome = yield self._call(self._factory)
        if outcome.error is not None:
            return outcome
        try:
            return Outcome((yield from self._store(outcome.value)))
        except CacheUnavailableError:
            return self._copy(outcome)

    def _store(self, value: Any) -> Steps[Any]:
        """Store the value unless somebody stored one meanwhile; return what is there then."""
        stored = yield self._home.setnx(self._key, value, self._ttl)
        if not stored:
            stored = yield self._home.compare_and_set(self._key, self._seen, value, self._ttl)
        theirs = None if stored else (yield self._home.get(self._key))
        return self._as_stored(self._key, value) if theirs is None else theirs

    def _without_storing(self) -> Steps[Outcome]:
        outcome: Outcome = yield self._call(self._factory)
        return self._copy(outcome)

    def _copy(self, outcome: Outcome) -> Outcome:
        if outcome.error is not None:
            return outcome
        return Outcome(self._as_stored(self._key, outcome.value))


def _log_failure(key: str, error: Exception) -> None:
    # Imported here, so that `import cache_provider` stays cheap.
    import logging  # noqa: PLC0415 - see above

    logging.getLogger(__name__).warning(
        "key %r could not be computed again, so its stale value is served: %s", key, type(error).__name__
    )


def _give_back(lock: Lock) -> Steps[None]:
    try:
        yield lock.release()
    except (LockNotOwnedError, CacheUnavailableError):
        # Computed for longer than the lease, or the store is gone: the lock ends
        # by itself, and the value is as good as it was.
        return
