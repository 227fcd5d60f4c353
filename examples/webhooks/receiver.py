"""The receiver: what happens to an event from its delivery to our answer."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from cache_provider import CacheUnavailableError, LockError
from examples.webhooks.idempotency import IdempotencyKeys
from examples.webhooks.ledger import Booking, Ledger, LedgerConflictError
from examples.webhooks.merchants import MerchantDirectory
from examples.webhooks.rate_limiter import RateLimiter
from examples.webhooks.recent import RecentEvents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cache_provider import CacheProviderInterface
    from examples.webhooks.events import Event
    from examples.webhooks.idempotency import Claim
    from examples.webhooks.merchants import LoadMerchant


class Outcome(Enum):
    """Our answer to a delivery; the payment provider delivers again after the ones marked *."""

    APPLIED = "applied"
    APPLIED_LATE = "applied late"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    REJECTED = "rejected"
    RATE_LIMITED = "rate limited"  # *
    RETRY_LATER = "retry later"  # *


OUTCOMES: Final[Mapping[Booking, Outcome]] = {
    Booking.BOOKED: Outcome.APPLIED,
    Booking.BOOKED_LATE: Outcome.APPLIED_LATE,
    # A worker before us booked it and died before it could say so: finishing its work is our success.
    Booking.ALREADY_BOOKED: Outcome.APPLIED,
}

BOOKING_FAILURES: Final = (LockError, LedgerConflictError)
"""What leaves open whether an event was booked; the next delivery finds out."""


class Receiver:
    """Applies each event once, whatever is delivered, how often, in which order and to how many workers.

    Any number of threads and processes may share one receiver's cache.

    Args:
        cache: Where all state is kept.
        load_merchant: Reads a merchant's row from the database.
    """

    def __init__(self, cache: CacheProviderInterface, load_merchant: LoadMerchant) -> None:
        self._cache = cache
        self._keys = IdempotencyKeys(cache)
        self._merchants = MerchantDirectory(cache, load_merchant)
        self._limiter = RateLimiter(cache)
        self.ledger = Ledger(cache)
        self.recent = RecentEvents(cache)

    def process(self, event: Event) -> Outcome:
        """Handle one delivery.

        `RETRY_LATER` never means "not applied", only "not known to be complete": the next delivery is
        safe either way. Errors of the database pass through and leave the claim to its ttl.
        """
        # Without the cache nobody can tell a duplicate, so nothing is applied until it is back.
        if not self._cache.ping():
            return Outcome.RETRY_LATER
        try:
            return self._claim_and_apply(event) if event.effect else Outcome.IGNORED
        except CacheUnavailableError:
            return Outcome.RETRY_LATER

    def _claim_and_apply(self, event: Event) -> Outcome:
        claim = self._keys.claim(event.id)
        if claim is None:
            return Outcome.DUPLICATE if self._keys.is_done(event.id) else Outcome.RETRY_LATER
        refusal = self._refusal(event)
        if refusal is not None:
            claim.abandon()
            return refusal
        return self._apply(claim, event)

    def _refusal(self, event: Event) -> Outcome | None:
        merchant = self._merchants.find(event.merchant)
        if merchant is None or not merchant.accepts(event):
            return Outcome.REJECTED
        # Behind the claim, so that redeliveries do not use up what the merchant's new events need.
        if not self._limiter.allow(merchant.id, merchant.events_per_second):
            return Outcome.RATE_LIMITED
        return None

    def _apply(self, claim: Claim, event: Event) -> Outcome:
        if not claim.start():
            return Outcome.RETRY_LATER
        try:
            booking = self.ledger.book(event)
        except BOOKING_FAILURES:
            claim.fail()
            return Outcome.RETRY_LATER
        # Before the event is done: a worker that finishes for one that died here adds the line again.
        self.recent.add(event)
        # False: we were slow and replaced. Our successor finds the event booked and reports it.
        return OUTCOMES[booking] if claim.finish() else Outcome.RETRY_LATER
