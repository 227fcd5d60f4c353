from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Event as Signal
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from cache_provider import InMemoryCacheAdapter, LockAcquisitionError, LockNotOwnedError, ManualClock
from examples.webhooks.events import REDELIVERY_WINDOW
from examples.webhooks.ledger import LATE_AFTER, LOCK_LEASE, Booking, Ledger, LedgerConflictError
from examples.webhooks.tests.support import (
    NOON,
    PAYMENT,
    in_threads,
    once_around,
    outlives_its_lease,
    payments,
)

if TYPE_CHECKING:
    from datetime import datetime

    from cache_provider import CacheProviderInterface
    from cache_provider.testing.calls import Calls
    from examples.webhooks.events import Event

OTHER = replace(PAYMENT, id="evt_1R2other", amount=400)
LOCK = f"account-lock:{PAYMENT.merchant}"


class TellingClock(ManualClock):
    """A clock that notices when a thread goes to sleep on it."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.somebody_waits = Signal()

    def pause(self, until_ms: int | None) -> float | None:
        self.somebody_waits.set()
        return super().pause(until_ms)


def book_all(ledger: Ledger, events: list[Event]) -> list[Booking]:
    return [ledger.book(event) for event in events]


def test_a_balance_is_what_came_in_less_what_went_out(ledger: Ledger) -> None:
    """A payment and a refund leave their difference."""
    ledger.book(PAYMENT)
    ledger.book(replace(OTHER, type="refund.created"))
    assert ledger.balance("mer_coffee") == 1_250 - 400


def test_a_merchant_without_events_has_nothing(ledger: Ledger) -> None:
    """An account nobody wrote reads as a balance of 0."""
    assert ledger.balance("mer_coffee") == 0


def test_an_event_booked_twice_counts_once(ledger: Ledger) -> None:
    """The account itself remembers what it holds, no matter who asks again."""
    ledger.book(PAYMENT)
    ledger.book(PAYMENT)
    assert ledger.balance("mer_coffee") == 1_250


def test_a_second_booking_says_so(ledger: Ledger) -> None:
    """A worker that repeats a dead one's work learns that it was done."""
    ledger.book(PAYMENT)
    assert ledger.book(PAYMENT) is Booking.ALREADY_BOOKED


def test_an_overtaken_event_is_booked_as_late(ledger: Ledger) -> None:
    """An event that is much older than the newest one counts, and is marked."""
    ledger.book(PAYMENT)
    late = replace(OTHER, created=NOON - LATE_AFTER - timedelta(milliseconds=1))
    assert ledger.book(late) is Booking.BOOKED_LATE


def test_a_small_disorder_is_not_late(ledger: Ledger) -> None:
    """Events that overtake each other by a moment are ordinary."""
    ledger.book(PAYMENT)
    assert ledger.book(replace(OTHER, created=NOON - LATE_AFTER)) is Booking.BOOKED


def test_a_late_event_does_not_make_the_account_older(ledger: Ledger) -> None:
    """Lateness is always judged by the newest event, not by the last one that came in."""
    hour = timedelta(hours=1)
    ledger.book(PAYMENT)
    ledger.book(replace(PAYMENT, id="evt_1R2late", created=NOON - 2 * hour))
    assert ledger.book(replace(OTHER, created=NOON - hour)) is Booking.BOOKED_LATE


def test_an_account_forgets_what_nobody_delivers_any_more(
    ledger: Ledger, cache_provider: CacheProviderInterface
) -> None:
    """Ids leave the account when the redelivery window is over, so it does not grow for ever."""
    ledger.book(PAYMENT)
    ledger.book(replace(OTHER, received=NOON + REDELIVERY_WINDOW + timedelta(milliseconds=1)))
    assert list(cache_provider.get("account:mer_coffee")["booked"]) == [OTHER.id]


@pytest.mark.usefixtures("restless_threads")
def test_threads_lose_no_update(ledger: Ledger) -> None:
    """Eight workers on one account leave exactly the sum of what they booked."""
    events = payments(160)
    in_threads([partial(book_all, ledger, events[number::8]) for number in range(8)])
    assert ledger.balance("mer_coffee") == sum(event.effect for event in events)


@pytest.mark.usefixtures("restless_threads")
def test_under_the_lock_no_write_ever_collides(ledger: Ledger) -> None:
    """The lock keeps workers apart: every booking succeeds at its first try."""
    events = payments(160)
    bookings = in_threads([partial(book_all, ledger, events[number::8]) for number in range(8)])
    assert bookings == [[Booking.BOOKED] * 20] * 8


def test_an_account_is_read_and_written_behind_its_lock(ledger: Ledger, cache_calls: Calls) -> None:
    """What is read before the lock is held may be old by the time it is written."""
    ledger.book(PAYMENT)
    cache_calls.assert_order(
        f"lock.acquire {LOCK}", "get account:*", "setnx account:*", f"lock.release {LOCK}"
    )


def test_a_second_worker_waits_for_the_first() -> None:
    """While one thread holds the account another one does not book; it does when the lock is free."""
    clock, log = TellingClock(NOON), list[str]()
    with InMemoryCacheAdapter(clock=clock) as cache:
        worker = Thread(target=lambda: log.append(Ledger(cache).book(PAYMENT).name))
        with cache.get_lock(LOCK):
            worker.start()
            clock.somebody_waits.wait(timeout=30)
            log.append("first is done")
        worker.join()
    assert log == ["first is done", "BOOKED"]


def test_a_busy_account_is_given_up_after_a_while() -> None:
    """A worker that waited for its whole patience raises instead of booking without the lock."""
    # The clock jumps to the end of the wait: five seconds of patience in no time.
    with (
        InMemoryCacheAdapter(clock=ManualClock(NOON, autojump=True)) as cache,
        cache.get_lock(LOCK, timeout=timedelta(hours=1)),
        pytest.raises(LockAcquisitionError, match=LOCK),
    ):
        Ledger(cache).book(PAYMENT)


@outlives_its_lease
def test_a_lease_that_ran_out_is_no_success(
    ledger: Ledger,
    cache_provider: CacheProviderInterface,
    cache_clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker that stalls past its lease inside the critical section cannot leave it as if nothing was."""
    ledger.book(OTHER)
    once_around(
        monkeypatch, cache_provider, "compare_and_set", before=lambda: cache_clock.advance(LOCK_LEASE)
    )
    with pytest.raises(LockNotOwnedError):
        ledger.book(PAYMENT)


@outlives_its_lease
def test_booking_again_after_a_lost_lease_counts_once(
    ledger: Ledger,
    cache_provider: CacheProviderInterface,
    cache_clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The stalled worker's write went through; the repetition finds it and adds nothing."""
    ledger.book(OTHER)
    once_around(
        monkeypatch, cache_provider, "compare_and_set", before=lambda: cache_clock.advance(LOCK_LEASE)
    )
    with pytest.raises(LockNotOwnedError):
        ledger.book(PAYMENT)
    ledger.book(PAYMENT)
    assert ledger.balance("mer_coffee") == 1_250 + 400


@outlives_its_lease
@pytest.mark.parametrize("operation", ["setnx", "compare_and_set"])
def test_a_worker_that_took_over_is_never_overwritten(
    ledger: Ledger,
    cache_provider: CacheProviderInterface,
    cache_clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
) -> None:
    """When the lease runs out and another worker books, the stalled one's stale write is refused."""
    if operation == "compare_and_set":
        ledger.book(replace(PAYMENT, id="evt_1R2zeroth"))

    def another_worker_takes_over() -> None:
        cache_clock.advance(LOCK_LEASE)
        ledger.book(OTHER)

    once_around(monkeypatch, cache_provider, operation, before=another_worker_takes_over)
    with pytest.raises(LedgerConflictError):
        ledger.book(PAYMENT)
