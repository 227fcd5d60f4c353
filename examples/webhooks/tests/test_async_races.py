"""What the race explorer is asked about the receiver for coroutines: cancellations, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cache_provider import LockError
from examples.webhooks.aio.ledger import AsyncLedger
from examples.webhooks.aio.receiver import AsyncReceiver
from examples.webhooks.idempotency import EXECUTION_TTL
from examples.webhooks.ledger import LedgerConflictError
from examples.webhooks.receiver import Outcome
from examples.webhooks.tests.support import PAYMENT, load_row, payments

if TYPE_CHECKING:
    from cache_provider.testing.race import AsyncRace
    from cache_provider.testing.race.fixtures import CacheRace
    from examples.webhooks.events import Event
    from examples.webhooks.merchants import Row


async def load(merchant_id: str) -> Row | None:
    """Know one merchant."""
    return load_row(merchant_id)


async def two_deliveries(r: AsyncRace) -> None:
    """Two tasks get the same event; it is delivered again until one of them has an answer."""
    receiver = AsyncReceiver(r.cache, load)
    for _ in range(2):
        r.spawn(receiver.process, PAYMENT)
    await r.join()
    # A task that was cancelled has answered nothing, and left a claim to its ttl.
    while await receiver.process(PAYMENT) is Outcome.RETRY_LATER:
        r.clock.advance(EXECUTION_TTL)
    assert await receiver.ledger.balance(PAYMENT.merchant) == PAYMENT.amount
    assert [line["id"] for line in await receiver.recent.of(PAYMENT.merchant)] == [PAYMENT.id]


async def two_credits(r: AsyncRace) -> None:
    """Two tasks book different events into one account, and try again when told to."""
    ledger = AsyncLedger(r.cache)
    first, second, third = payments(3)

    async def book(event: Event) -> None:
        while True:
            try:
                await ledger.book(event)
            except (LockError, LedgerConflictError):
                continue
            return

    await book(first)
    r.spawn(book, second)
    r.spawn(book, third)
    await r.join()
    assert await ledger.balance(PAYMENT.merchant) == first.amount + second.amount + third.amount


def test_two_deliveries_of_an_event_apply_it_once_in_every_order(cache_race: CacheRace) -> None:
    """With up to two interruptions, while time stands still."""
    assert cache_race(two_deliveries, preemptions=2, strategy="dfs").bound == 2


def test_two_deliveries_of_an_event_apply_it_once_whoever_is_cancelled(cache_race: CacheRace) -> None:
    """Wherever one of the two is, before the effect of an operation or after it."""
    assert cache_race(two_deliveries, preemptions=2, strategy="dfs", cancellations=True).bound == 2


def test_two_credits_both_count_when_leases_end_early(cache_race: CacheRace) -> None:
    """The write refuses to replace what was not read."""
    assert cache_race(two_credits, preemptions=3, clock="explored", strategy="dfs").bound == 3
