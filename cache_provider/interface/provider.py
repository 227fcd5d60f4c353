"""`CacheProviderInterface`: what an application writes against."""

from abc import abstractmethod
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from cache_provider.arguments import Ttl, check_callable, check_key, deadline_after, ttl_ms, wait_ms
from cache_provider.clock import SYSTEM_CLOCK, Clock
from cache_provider.errors import CacheUnavailableError, LockNotOwnedError
from cache_provider.interface.collections import HashOperations, ListOperations
from cache_provider.interface.compare import CompareOperations
from cache_provider.interface.counters import CounterOperations
from cache_provider.interface.expiry import ExpiryOperations
from cache_provider.interface.flight import Flight, FlightTable
from cache_provider.interface.lock import DistributedLock
from cache_provider.interface.patterns import PatternOperations
from cache_provider.interface.values import ValueOperations
from cache_provider.stats import CacheStats
from cache_provider.waiting import Patience

TEN_SECONDS = timedelta(seconds=10)
_FLIGHT_LOCK = "singleflight:lock:"


class CacheProviderInterface(
    ValueOperations,
    CounterOperations,
    ExpiryOperations,
    CompareOperations,
    PatternOperations,
    ListOperations,
    HashOperations,
):
    """A cache with Redis' meaning: in memory for tests, a real server in production.

    Every operation may be called from any thread and is atomic where its
    docstring does not say otherwise. Composed operations live here, once, on
    the primitives that an adapter implements.

    Every operation raises `CacheClosedError` after `close()`,
    `CacheUnavailableError` where the server cannot be reached and
    `CacheTimeoutError` where it answers too late; nothing is swallowed.

    Attributes:
        clock: What the waits of this provider are judged by.
    """

    clock: Clock = SYSTEM_CLOCK
    _flights: FlightTable

    def __new__(cls, *_args: Any, **_options: Any) -> Self:
        """Make the instance with what `get_or_set` needs, so that no adapter can forget it."""
        provider = super().__new__(cls)
        provider._flights = FlightTable()
        return provider

    # Identity

    @property
    @abstractmethod
    def provider_name(self) -> str:
        """The kind of provider: `"memory"`, `"redis"`."""

    @property
    @abstractmethod
    def cache_name(self) -> str:
        """The label of this cache in logs and statistics."""

    @property
    @abstractmethod
    def key_prefix(self) -> str:
        """What stands before every key on the server; callers never see it."""

    @abstractmethod
    def stats(self) -> CacheStats:
        """Return what was counted so far."""

    # Locks

    @abstractmethod
    def get_lock(
        self, name: str, timeout: Ttl = TEN_SECONDS, blocking_timeout: Ttl | None = None
    ) -> DistributedLock:
        """Return a handle on a lock; nothing is stored until it is acquired.

        On a server the lock is an ordinary key, name behind the prefix: it shows
        in `keys`, `exists` and `ttl`, and `delete` or `flush_all` breaks it.

        Args:
            name: The lock's name, a key.
            timeout: The lease, a `timedelta` or seconds, more than 0.
            blocking_timeout: How long `acquire` waits; 0 and below try once,
                None waits without end.

        Raises:
            TypeError, ValueError: An argument is not legal.
        """

    # Life

    @abstractmethod
    def health_check(self) -> bool:
        """Tell whether the cache can be used; False, never an exception, where it cannot be reached."""

    def ping(self) -> bool:
        """Tell what `health_check` tells (Redis `PING`)."""
        return self.health_check()

    @abstractmethod
    def flush_all(self) -> bool:
        """Remove every key and lock under this provider's prefix, and nobody else's.

        Returns:
            True.
        """

    @abstractmethod
    def close(self) -> None:
        """End the use of this provider; may be called again.

        Every later operation raises `CacheClosedError`.
        """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # Compute on a miss

    def get_or_set(
        self,
        key: str,
        default_factory: Callable[[], Any],
        ttl: Ttl | None = None,
        *,
        lock_timeout: Ttl = TEN_SECONDS,
        wait_timeout: Ttl = 10.0,
    ) -> Any:
        """Return the value under `key`; on a miss compute and store it, one caller at a time.

        Of the callers that miss together one computes, across processes too
        (through a lock named after the key), and the others wait for its value.
        A value that somebody else stores meanwhile is kept, not overwritten.
        The factory may still run more than once: after a crash, past
        `lock_timeout` or past `wait_timeout`.

        Args:
            key: The key.
            default_factory: Computes the value. A None it returns is stored,
                and keeps counting as a miss.
            ttl: As in `set`.
            lock_timeout: After how long a crashed computation is replaced.
            wait_timeout: How long to wait for another's value before computing
                for oneself; 0 does not wait.

        Returns:
            What `get` would return, a copy of its own to each caller. If the
            store cannot be reached, the computed value, which is not stored.

        Raises:
            TypeError, ValueError: An argument is not legal.
            Exception: Whatever the factory raises, to every waiter in this process.
        """
        check_callable("default_factory", default_factory)
        now = self.clock.now_ms()
        if ttl is not None:
            deadline_after("ttl", now, ttl_ms("ttl", ttl))
        lease_ms = ttl_ms("lock_timeout", lock_timeout)
        deadline_after("lock_timeout", now, lease_ms)
        patience_ms = wait_ms("wait_timeout", now, wait_timeout)
        try:
            value = self.get(key)
        except CacheUnavailableError:
            return self._as_stored(key, default_factory())
        if value is not None:
            return value
        patience = Patience(self.clock, patience_ms)
        lease = Patience(self.clock, lease_ms)

        def compute() -> Any:
            return self._compute_alone(key, default_factory, ttl, lock_timeout, patience)

        return self._fly(check_key(key), compute, patience, lease)

    def _fly(self, key: str, compute: Callable[[], Any], patience: Patience, lease: Patience) -> Any:
        """Lead the computation of `key` in this process, or wait for whoever does."""
        while True:
            flight, leading = self._flights.board(key, lease)
            if leading:
                return self._lead(flight, key, compute)
            # Waiting for oneself, in a factory that asks for its own key, would never end.
            if flight.is_led_here():
                return compute()
            flight.wait(patience)
            if flight.is_lost():
                self._flights.close(key, flight)
            elif not flight.is_over:
                return compute()
            elif flight.error is not None:
                raise flight.error
            elif not flight.abandoned:
                return self._as_stored(key, flight.value)

    def _lead(self, flight: Flight, key: str, compute: Callable[[], Any]) -> Any:
        try:
            value = compute()
        except Exception as error:
            flight.fail(error)
            raise
        except BaseException:
            flight.abandon()
            raise
        finally:
            self._flights.close(key, flight)
        flight.land(value)
        # The waiters copy from `value` while the leader's caller may change what it got.
        return self._as_stored(key, value)

    def _compute_alone(
        self, key: str, factory: Callable[[], Any], ttl: Ttl | None, lease: Ttl, patience: Patience
    ) -> Any:
        """Compute under the lock that other processes see, or without it when patience ends."""
        lock = self.get_lock(_FLIGHT_LOCK + key, timeout=lease)
        try:
            acquired = lock.acquire(timeout=patience.left())
        except CacheUnavailableError:
            return self._as_stored(key, factory())
        try:
            return self._compute(key, factory, ttl)
        finally:
            if acquired:
                _give_back(lock)

    def _compute(self, key: str, factory: Callable[[], Any], ttl: Ttl | None) -> Any:
        try:
            value = self.get(key)
            if value is not None:
                return value
        except CacheUnavailableError:
            return self._as_stored(key, factory())
        value = factory()
        try:
            return self._store_computed(key, value, ttl)
        except CacheUnavailableError:
            return self._as_stored(key, value)

    def _store_computed(self, key: str, value: Any, ttl: Ttl | None) -> Any:
        """Store the value unless somebody stored one meanwhile; return what is there then."""
        if self.setnx(key, value, ttl) or self.compare_and_set(key, None, value, ttl):
            return self._as_stored(key, value)
        theirs = self.get(key)
        return self._as_stored(key, value) if theirs is None else theirs

    def _as_stored(self, key: str, value: Any) -> Any:
        """Return `value` as it would be read back; an adapter with a codec overrides this."""
        del key
        return value


def _give_back(lock: DistributedLock) -> None:
    try:
        lock.release()
    except (LockNotOwnedError, CacheUnavailableError):
        # Computed for longer than the lease, or the store is gone: the lock ends
        # by itself, and the value is as good as it was.
        return
