"""The receiver for coroutines; `receiver` says what the answers mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cache_provider import CacheUnavailableError
from examples.webhooks.aio.idempotency import AsyncIdempotencyKeys
from examples.webhooks.aio.ledger import AsyncLedger
from examples.webhooks.aio.merchants import AsyncMerchantDirectory
from examples.webhooks.aio.rate_limiter import AsyncRateLimiter
from examples.webhooks.aio.recent import AsyncRecentEvents
from examples.webhooks.receiver import BOOKING_FAILURES, OUTCOMES, Outcome

if TYPE_CHECKING:
    from cache_provider import AsyncCacheProviderInterface
    from examples.webhooks.aio.idempotency import AsyncClaim
    from examples.webhooks.aio.merchants import AsyncLoadMerchant
    from examples.webhooks.events import Event


class AsyncReceiver:
    """Applies each event once, whatever is delivered, how often, in which order and to how many workers.

    Any number of tasks, loops, threads and processes may share one receiver's
    cache, those of a `Receiver` as well.

    Args:
        cache: Where all state is kept.
        load_merchant: Reads a merchant's row from the database.
    """

    def __init__(self, cache: AsyncCacheProviderInterface, load_merchant: AsyncLoadMerchant) -> None:
        self._cache = cache
        self._keys = AsyncIdempotencyKeys(cache)
        self._merchants = AsyncMerchantDirectory(cache, load_merchant)
        self._limiter = AsyncRateLimiter(cache)
        self.ledger = AsyncLedger(cache)
        self.recent = AsyncRecentEvents(cache)

    async def process(self, event: Event) -> Outcome:
        """Handle one delivery.

        A task that is cancelled here leaves its claim to the claim's ttl, as a worker does that dies.
        """
        # Without the cache nobody can tell a duplicate, so nothing is applied until it is back.
        if not await self._cache.ping():
            return Outcome.RETRY_LATER
        try:
            return await self._claim_and_apply(event) if event.effect else Outcome.IGNORED
        except CacheUnavailableError:
            return Outcome.RETRY_LATER

    async def _claim_and_apply(self, event: Event) -> Outcome:
        claim = await self._keys.claim(event.id)
        if claim is None:
            return Outcome.DUPLICATE if await self._keys.is_done(event.id) else Outcome.RETRY_LATER
        refusal = await self._refusal(event)
        if refusal is not None:
            await claim.abandon()
            return refusal
        return await self._apply(claim, event)

    async def _refusal(self, event: Event) -> Outcome | None:
        merchant = await self._merchants.find(event.merchant)
        if merchant is None or not merchant.accepts(event):
            return Outcome.REJECTED
        # Behind the claim, so that redeliveries do not use up what the merchant's new events need.
        if not await self._limiter.allow(merchant.id, merchant.events_per_second):
            return Outcome.RATE_LIMITED
        return None

    async def _apply(self, claim: AsyncClaim, event: Event) -> Outcome:
        if not await claim.start():
            return Outcome.RETRY_LATER
        try:
            booking = await self.ledger.book(event)
        except BOOKING_FAILURES:
            await claim.fail()
            return Outcome.RETRY_LATER
        # Before the event is done: a worker that finishes for one that died here adds the line again.
        await self.recent.add(event)
        # False: we were slow and replaced. Our successor finds the event booked and reports it.
        return OUTCOMES[booking] if await claim.finish() else Outcome.RETRY_LATER
