"""`CacheProviderInterface`: what an application writes against."""

from abc import abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from cache_provider.arguments import Ttl
from cache_provider.interface.collections import HashOperations, ListOperations
from cache_provider.interface.compare import CompareOperations
from cache_provider.interface.computing import Computation
from cache_provider.interface.counters import CounterOperations
from cache_provider.interface.expiry import ExpiryOperations
from cache_provider.interface.flight import FlightTable, Outcome
from cache_provider.interface.identity import Identity
from cache_provider.interface.lock import TEN_SECONDS, DistributedLock
from cache_provider.interface.patterns import PatternOperations
from cache_provider.interface.values import ValueOperations
from cache_provider.steps import finish


class CacheProviderInterface(
    ValueOperations,
    CounterOperations,
    ExpiryOperations,
    CompareOperations,
    PatternOperations,
    ListOperations,
    HashOperations,
    Identity,
):
    """A cache that behaves like Redis: in memory in tests, a real server in production.

    Every operation may be called from any thread and is atomic unless its
    docstring says otherwise. Composed operations are written once, here, in terms of
    the primitives that an adapter implements.

    Every operation raises `CacheClosedError` after `close()`,
    `CacheUnavailableError` if the server cannot be reached and
    `CacheTimeoutError` if it answers too late; nothing is swallowed.
    """

    _flights: FlightTable

    def __new__(cls, *_args: Any, **_options: Any) -> Self:
        """Make the instance with what `get_or_set` needs, so that no adapter can forget it."""
        provider = super().__new__(cls)
        provider._flights = FlightTable()
        return provider

    # Locks

    @abstractmethod
    def get_lock(
        self,
        name: str,
        timeout: Ttl = TEN_SECONDS,
        blocking_timeout: Ttl | None = None,
        *,
        fenced: bool = False,
        raise_on_release_error: bool = True,
        thread_local: bool = True,
        renew: bool = False,
        max_hold: Ttl | None = None,
    ) -> DistributedLock:
        """Return a handle on a lock; nothing is stored until it is acquired.

        On a server the lock is an ordinary key, named with the prefix: it shows
        in `keys`, `exists` and `ttl`, and `delete` or `flush_all` breaks it.

        Args:
            name: The lock's name, a key.
            timeout: The lease, a `timedelta` or seconds, more than 0.
            blocking_timeout: How long `acquire` waits; 0 and below try once,
                None waits forever.
            fenced: Whether each claim gets a number, `fence`, larger than those
                of all earlier claims on the lock; its counter is a separate key.
            raise_on_release_error: Whether the end of `with` raises if the lease was
                lost although the body raised nothing; False only logs a warning.
            thread_local: Whether a claim belongs to the thread that made it. With
                False it belongs to the handle, and any thread may release it. A
                handle for coroutines always has a single claim.
            renew: Whether the lease is renewed to its full length each time a
                third of it is over, from the claim to its release, by one
                thread per process. Renewal also ends when nobody has the handle
                any more and when the cache is closed.
            max_hold: For how long it is renewed, a `timedelta` or seconds, more
                than 0 and only together with `renew`; None for no limit.

        Raises:
            TypeError, ValueError: An argument is not legal.
        """

    # Life

    @abstractmethod
    def health_check(self) -> bool:
        """Tell whether the cache can be used; any failure is False, never an exception."""

    def ping(self) -> bool:
        """Tell the same as `health_check` (Redis `PING`)."""
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
        stale_ttl: Ttl | None = None,
    ) -> Any:
        """Return the value under `key`; on a miss compute and store it, one caller at a time.

        Of the callers that miss together one computes, across processes too
        (through a lock named after the key), and the others wait for its value.
        A value that somebody else stores meanwhile is kept, not overwritten: the
        computed one is stored by `setnx`, and over a stored None by `compare_and_set`.
        The factory may still run more than once: after a crash, past
        `lock_timeout` or past `wait_timeout`.

        Args:
            key: The key.
            default_factory: Computes the value. A None it returns is stored,
                and keeps counting as a miss.
            ttl: As in `set`.
            lock_timeout: After how long a crashed computation is replaced.
            wait_timeout: How long to wait for another caller's value before
                computing it in this call; 0 does not wait.
            stale_ttl: How long a value may be served after its `ttl`; more than
                0, and only together with `ttl`. The value is stored for both
                together, so `get` sees it until then. Once its `ttl` is over,
                one caller computes it again and all others get the old value
                without waiting. Everybody gets the old value if the factory
                fails, which is logged, or the store cannot be written. A value
                that others stored counts as stale when no more than `stale_ttl`
                of its time is left.

        Returns:
            What `get` would return; each caller gets its own copy. If the
            store cannot be reached, the computed value, which is not stored.

        Raises:
            TypeError, ValueError: An argument is not legal.
            Exception: What the factory raises. Every waiter in this process gets
                its own exception, with the original as `__cause__`.
        """
        computation = Computation(
            self,
            key,
            default_factory,
            ttl,
            lock_timeout,
            wait_timeout,
            stale_ttl,
            flights=self._flights,
            call=_outcome,
            as_stored=self.as_stored,
        )
        return finish(computation.run()).unwrap()


def _outcome(factory: Callable[[], Any]) -> Outcome:
    try:
        return Outcome(factory())
    except Exception as error:  # noqa: BLE001 - it reaches every caller that waits for the outcome
        return Outcome(error=error)
