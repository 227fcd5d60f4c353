from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from cache_provider import (
    AsyncInMemoryCacheAdapter,
    InMemoryCacheAdapter,
    LockAcquisitionError,
    LockNotOwnedError,
    ManualClock,
    MemoryServer,
)
from examples.webhooks.aio.ledger import AsyncLedger
from examples.webhooks.ledger import LATE_AFTER, LOCK_LEASE, Booking, Ledger, LedgerConflictError
from examples.webhooks.tests.support import NOON, PAYMENT, in_tasks, once_around, payments

OTHER = replace(PAYMENT, id="evt_1R2other", amount=400)
LOCK = f"account-lock:{PAYMENT.merchant}"


@pytest.fixture
def ledger(async_cache: AsyncInMemoryCacheAdapter) -> AsyncLedger:
    """Return a ledger for coroutines, without accounts."""
    return AsyncLedger(async_cache)


@pytest.fixture
def same_accounts(same_cache: InMemoryCacheAdapter) -> Ledger:
    """Return a ledger for plain functions with the accounts of the other one."""
    return Ledger(same_cache)


def test_a_balance_is_what_came_in_less_what_went_out(ledger: AsyncLedger) -> None:
    """A payment and a refund leave their difference."""

    async def scenario() -> int:
        await ledger.book(PAYMENT)
        await ledger.book(replace(OTHER, type="refund.created"))
        return await ledger.balance("mer_coffee")

    assert asyncio.run(scenario()) == 1_250 - 400


def test_a_merchant_without_events_has_nothing(ledger: AsyncLedger) -> None:
    """An account nobody wrote reads as a balance of 0."""
    assert asyncio.run(ledger.balance("mer_coffee")) == 0


def test_a_second_booking_says_so(ledger: AsyncLedger) -> None:
    """And changes nothing."""

    async def scenario() -> tuple[Booking, int]:
        await ledger.book(PAYMENT)
        return await ledger.book(PAYMENT), await ledger.balance("mer_coffee")

    assert asyncio.run(scenario()) == (Booking.ALREADY_BOOKED, 1_250)


def test_an_overtaken_event_is_booked_as_late(ledger: AsyncLedger) -> None:
    """The account decides that, which both halves share."""

    async def scenario() -> Booking:
        await ledger.book(PAYMENT)
        return await ledger.book(replace(OTHER, created=NOON - 2 * LATE_AFTER))

    assert asyncio.run(scenario()) is Booking.BOOKED_LATE


def test_both_halves_write_the_same_accounts(ledger: AsyncLedger, same_accounts: Ledger) -> None:
    """A deployment may have workers of both kinds."""
    asyncio.run(ledger.book(PAYMENT))
    same_accounts.book(OTHER)
    assert asyncio.run(ledger.balance("mer_coffee")) == 1_250 + 400


def test_tasks_lose_no_update(ledger: AsyncLedger) -> None:
    """Forty bookings at the same time leave exactly their sum."""
    events = payments(40)

    async def scenario() -> int:
        await in_tasks([ledger.book(event) for event in events])
        return await ledger.balance("mer_coffee")

    assert asyncio.run(scenario()) == sum(event.effect for event in events)


def test_under_the_lock_no_write_ever_collides(ledger: AsyncLedger) -> None:
    """The lock keeps tasks apart: every booking succeeds at its first try."""
    bookings = asyncio.run(in_tasks([ledger.book(event) for event in payments(40)]))
    assert bookings == [Booking.BOOKED] * 40


def test_a_second_task_waits_for_the_first(
    ledger: AsyncLedger, async_cache: AsyncInMemoryCacheAdapter
) -> None:
    """While one holds the account another one does not book; it does when the lock is free."""

    async def scenario() -> list[bool]:
        async with async_cache.get_lock(LOCK):
            booking = asyncio.create_task(ledger.book(PAYMENT))
            # Far more turns of the loop than a booking takes.
            for _ in range(100):
                await asyncio.sleep(0)
            was_done = booking.done()
        return [was_done, await booking is Booking.BOOKED]

    assert asyncio.run(scenario()) == [False, True]


def test_a_busy_account_is_given_up_after_a_while() -> None:
    """A task that waited for its whole patience raises instead of booking without the lock."""

    async def scenario() -> None:
        # The clock jumps to the end of the wait: five seconds of patience in no time.
        cache = AsyncInMemoryCacheAdapter(server=MemoryServer(clock=ManualClock(NOON, autojump=True)))
        async with cache.get_lock(LOCK, timeout=timedelta(hours=1)):
            with pytest.raises(LockAcquisitionError, match=LOCK):
                await AsyncLedger(cache).book(PAYMENT)

    asyncio.run(scenario())


def test_a_lease_that_ran_out_is_no_success(
    ledger: AsyncLedger,
    async_cache: AsyncInMemoryCacheAdapter,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A task that stalls past its lease inside the critical section cannot leave it as if nothing was."""
    once_around(monkeypatch, async_cache, "setnx", before=lambda: clock.advance(LOCK_LEASE))
    with pytest.raises(LockNotOwnedError):
        asyncio.run(ledger.book(PAYMENT))


@pytest.mark.parametrize("operation", ["setnx", "compare_and_set"])
def test_a_worker_that_took_over_is_never_overwritten(
    ledger: AsyncLedger,
    same_accounts: Ledger,
    async_cache: AsyncInMemoryCacheAdapter,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
) -> None:
    """When the lease runs out and another worker books, the stalled one's stale write is refused."""
    if operation == "compare_and_set":
        same_accounts.book(replace(PAYMENT, id="evt_1R2zeroth"))

    def another_worker_takes_over() -> None:
        clock.advance(LOCK_LEASE)
        same_accounts.book(OTHER)

    once_around(monkeypatch, async_cache, operation, before=another_worker_takes_over)
    with pytest.raises(LedgerConflictError):
        asyncio.run(ledger.book(PAYMENT))


@pytest.mark.parametrize("turns", range(12))
def test_a_cancelled_task_leaves_no_lock(
    ledger: AsyncLedger, same_cache: InMemoryCacheAdapter, turns: int
) -> None:
    """Wherever the cancellation strikes, the account is free for the next worker."""

    async def scenario() -> None:
        booking = asyncio.create_task(ledger.book(PAYMENT))
        for _ in range(turns):
            await asyncio.sleep(0)
        booking.cancel()
        await asyncio.wait([booking])

    asyncio.run(scenario())
    assert not same_cache.get_lock(LOCK).locked()
