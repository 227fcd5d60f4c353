"""Running balances: the read-modify-write that must not lose money.

Three things protect a balance, each from what the ones before it let through:

1. The account's lock keeps workers from getting into each other's way.
2. A lock's lease can run out under a worker that stalls, so the write is a compare-and-set: it fails if
   anybody wrote since we read. A lost lease then costs a retry, never an update.
3. A worker can die after the write and before it says so. The ids of the booked events are therefore part
   of the very value that holds the balance, and an event that is delivered again is not booked again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from examples.webhooks.events import REDELIVERY_WINDOW, milliseconds

if TYPE_CHECKING:
    from cache_provider import CacheProviderInterface
    from examples.webhooks.events import Event

LOCK_LEASE: Final = timedelta(seconds=10)
LOCK_PATIENCE: Final = timedelta(seconds=5)

LATE_AFTER: Final = timedelta(minutes=1)
"""An event this much older than the account's newest one has been overtaken; less is jitter."""


class LedgerConflictError(Exception):
    """An account was written by somebody else while we held, or thought we held, its lock."""

    def __init__(self, merchant_id: str) -> None:
        super().__init__(f"account {merchant_id} changed while it was being written")


class Booking(Enum):
    """What became of an event in the ledger."""

    BOOKED = auto()
    BOOKED_LATE = auto()
    ALREADY_BOOKED = auto()


@dataclass(frozen=True, slots=True)
class Account:
    """A merchant's balance in minor units, and what is needed to change it safely."""

    balance: int = 0
    newest_created: int = 0
    """When the newest booked event was created, in milliseconds; an overtaken one never moves it back."""
    booked: dict[str, int] = field(default_factory=dict[str, int])
    """When each event that may still be delivered again was received, in milliseconds, by event id."""

    def is_late(self, event: Event) -> bool:
        """Tell whether the event was overtaken by a newer one."""
        return milliseconds(event.created + LATE_AFTER) < self.newest_created

    def booking(self, event: Event) -> Booking:
        """Tell what booking the event into this account is."""
        if event.id in self.booked:
            return Booking.ALREADY_BOOKED
        return Booking.BOOKED_LATE if self.is_late(event) else Booking.BOOKED

    def with_event(self, event: Event) -> Account:
        """Return the account as it is after the event."""
        horizon = milliseconds(event.received - REDELIVERY_WINDOW)
        remembered = {id_: received for id_, received in self.booked.items() if received >= horizon}
        return Account(
            balance=self.balance + event.effect,
            newest_created=max(self.newest_created, milliseconds(event.created)),
            booked=remembered | {event.id: milliseconds(event.received)},
        )

    def as_value(self) -> dict[str, Any]:
        """Return the account the way it goes into the cache."""
        return {"balance": self.balance, "newest_created": self.newest_created, "booked": self.booked}


class Ledger:
    """One account a merchant.

    Accounts are written without a ttl: use a cache that has no default ttl and evicts nothing.
    """

    def __init__(self, cache: CacheProviderInterface) -> None:
        self._cache = cache

    def book(self, event: Event) -> Booking:
        """Add the event to its merchant's account, once, however often it is called.

        Raises:
            LockAcquisitionError: The account stayed busy for `LOCK_PATIENCE`; nothing was booked.
            LockNotOwnedError: Our lease ran out. The event may be booked or not: book it again to know.
            LedgerConflictError: Somebody else wrote the account meanwhile; nothing was booked.
        """
        with self._cache.get_lock(lock_name(event), timeout=LOCK_LEASE, blocking_timeout=LOCK_PATIENCE):
            stored = self._cache.get(account_key(event.merchant))
            account = account_of(stored)
            booking = account.booking(event)
            if booking is not Booking.ALREADY_BOOKED:
                self._replace(event.merchant, stored, account.with_event(event))
        return booking

    def balance(self, merchant_id: str) -> int:
        """Return a merchant's balance in minor units, 0 if nothing was ever booked."""
        return account_of(self._cache.get(account_key(merchant_id))).balance

    def _replace(self, merchant_id: str, stored: dict[str, Any] | None, account: Account) -> None:
        key, value = account_key(merchant_id), account.as_value()
        if stored is None:
            written = self._cache.setnx(key, value)
        else:
            written = self._cache.compare_and_set(key, stored, value)
        if not written:
            raise LedgerConflictError(merchant_id)


def lock_name(event: Event) -> str:
    """Return the name of the lock of the account that an event goes to."""
    return f"account-lock:{event.merchant}"


def account_key(merchant_id: str) -> str:
    """Return the key of a merchant's account."""
    return f"account:{merchant_id}"


def account_of(stored: dict[str, Any] | None) -> Account:
    """Return the account that the cache holds, a new one if it holds none."""
    return Account(**stored) if stored else Account()
