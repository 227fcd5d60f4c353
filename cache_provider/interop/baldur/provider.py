"""`BaldurCacheProvider`: the whole of baldur's cache interface over any provider."""

from asyncio import to_thread
from collections.abc import Callable
from datetime import timedelta
from threading import get_ident
from typing import Any

from baldur.interfaces import cache_provider as upstream

from cache_provider.errors import CacheUnavailableError
from cache_provider.interface.computing import check_computation
from cache_provider.interface.flight import Outcome
from cache_provider.interface.lock import TEN_SECONDS
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.interop.baldur.cleaning import Sweepable, register_double
from cache_provider.interop.baldur.records import ClaimRecord
from cache_provider.interop.baldur.synchronous import SyncBaldurCacheProvider


class BaldurCacheProvider(SyncBaldurCacheProvider, upstream.AsyncCacheProviderInterface):
    """The whole of baldur's cache interface; each operation is the provider's and as atomic.

    The asynchronous operations `aget`, `asetnx`, … do the same on the same
    provider, in a thread, so that no loop waits for a server; one that is
    cancelled may still take effect. Over an asynchronous provider there is
    `AsyncBaldurCacheProvider`.

    Nothing is swallowed: where baldur's adapters log and answer None, False or
    0, this raises the provider's error, such as `CacheUnavailableError`.

    Args:
        provider: Where values are kept.

    Raises:
        TypeError: `provider` is not a `CacheProviderInterface`.
    """

    def __init__(self, provider: CacheProviderInterface) -> None:
        super().__init__(provider)
        register_double(self, provider)

    def cleanup_expired(self) -> int:
        """Remove what has expired from a double, and return how much that was; 0 over a server.

        Baldur's `CleanupService` calls it on every face over a double that is in use.
        """
        return self._provider.cleanup_expired() if isinstance(self._provider, Sweepable) else 0

    def get_or_set(
        self,
        key: str,
        default_factory: Callable[[], Any],
        ttl: timedelta | None = None,
        *,
        lock_timeout: timedelta = TEN_SECONDS,
        wait_timeout: float = 10.0,
    ) -> Any:
        """Return the value under `key`; on a miss compute and store it, one caller at a time.

        Baldur's own, on this object's `get`, `set` and `get_lock`: it polls, and the
        callers that wait in one process share one value, and have an exception of
        their own. Where the store cannot be reached it computes and does not store.

        Args:
            key: The key.
            default_factory: Computes the value.
            ttl: As in `set`.
            lock_timeout: After how long a crashed computation is replaced.
            wait_timeout: How many seconds to wait for another process.

        Raises:
            TypeError, ValueError: An argument is not legal.
        """
        check_computation(self._provider.clock, key, default_factory, ttl, lock_timeout, wait_timeout)
        try:
            return super().get_or_set(
                key, _telling(default_factory), ttl, lock_timeout=lock_timeout, wait_timeout=wait_timeout
            )
        except CacheUnavailableError:
            # Only baldur's first read lets this out: what the factory raised comes as `_FactoryError`.
            return default_factory()
        except _FactoryError as failed:
            outcome = failed.outcome_for(get_ident())
        return outcome.unwrap()

    # The awaitable surface

    async def aget(self, key: str) -> Any | None:
        """Return the value under `key`, or None."""
        return await to_thread(self.get, key)

    async def adelete(self, key: str) -> bool:
        """Remove a key; tell whether a live one was there."""
        return await to_thread(self.delete, key)

    async def asetnx(self, key: str, value: Any, ttl: timedelta | None = None) -> bool:
        """Store `value` only if no live key is there; tell whether it was stored."""
        return await to_thread(self.setnx, key, value, ttl)

    async def acas_dict_field(
        self, key: str, field: str, expected: Any, new_value: ClaimRecord, ttl: timedelta | None = None
    ) -> bool:
        """Replace the dict under `key` if one of its fields equals `expected`."""
        return await to_thread(self.cas_dict_field, key, field, expected, new_value, ttl)

    async def acas_takeover(
        self, key: str, new_record: ClaimRecord, *, stale_before: float, ttl: timedelta | None = None
    ) -> bool:
        """Take over the record of a claim that failed or is stale."""
        return await to_thread(self.cas_takeover, key, new_record, stale_before=stale_before, ttl=ttl)


class _FactoryError(Exception):
    """Carries what a factory raised to all who wait for it, and tells it from what the store raised."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self._outcome = outcome
        self._thread = get_ident()

    def outcome_for(self, thread: int) -> Outcome:
        """Return the outcome for the thread that computed, or for one that waited."""
        return self._outcome if thread == self._thread else self._outcome.for_a_waiter()


def _telling(factory: Callable[[], Any]) -> Callable[[], Any]:
    def told() -> Any:
        try:
            return factory()
        except Exception as error:
            raise _FactoryError(Outcome(error=error)) from error

    return told
