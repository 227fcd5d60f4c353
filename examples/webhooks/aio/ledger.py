"""Running balances, awaited; `ledger` says what protects them, and what an account is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from examples.webhooks.ledger import (
    LOCK_LEASE,
    LOCK_PATIENCE,
    Booking,
    LedgerConflictError,
    account_key,
    account_of,
    lock_name,
)

if TYPE_CHECKING:
    from cache_provider import AsyncCacheProviderInterface
    from examples.webhooks.events import Event
    from examples.webhooks.ledger import Account


class AsyncLedger:
    """One account a merchant; the same accounts, and the same locks, as those of a `Ledger` on that cache."""

    def __init__(self, cache: AsyncCacheProviderInterface) -> None:
        self._cache = cache

    async def book(self, event: Event) -> Booking:
        """Add the event to its merchant's account, once, however often it is called.

        A task that is cancelled here gives the account's lock back; whether the
        event was booked is then open, as after a lost lease.

        Raises:
            LockAcquisitionError, LockNotOwnedError, LedgerConflictError: As `Ledger.book`.
        """
        lock = self._cache.get_lock(lock_name(event), timeout=LOCK_LEASE, blocking_timeout=LOCK_PATIENCE)
        async with lock:
            stored = await self._cache.get(account_key(event.merchant))
            account = account_of(stored)
            booking = account.booking(event)
            if booking is not Booking.ALREADY_BOOKED:
                await self._replace(event.merchant, stored, account.with_event(event))
        return booking

    async def balance(self, merchant_id: str) -> int:
        """Return a merchant's balance in minor units, 0 if nothing was ever booked."""
        return account_of(await self._cache.get(account_key(merchant_id))).balance

    async def _replace(self, merchant_id: str, stored: dict[str, Any] | None, account: Account) -> None:
        key, value = account_key(merchant_id), account.as_value()
        if stored is None:
            written = await self._cache.setnx(key, value)
        else:
            written = await self._cache.compare_and_set(key, stored, value)
        if not written:
            raise LedgerConflictError(merchant_id)
