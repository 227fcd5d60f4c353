from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from examples.webhooks.events import REDELIVERY_WINDOW
from examples.webhooks.idempotency import CLAIM_TTL, EXECUTION_TTL, IdempotencyKeys
from examples.webhooks.ledger import LATE_AFTER, LOCK_LEASE
from examples.webhooks.rate_limiter import WINDOW
from examples.webhooks.receiver import Outcome, Receiver
from examples.webhooks.tests.support import (
    NOON,
    PAYMENT,
    ROW,
    in_threads,
    once_around,
    outlives_its_lease,
    payments,
)

if TYPE_CHECKING:
    from cache_provider import CacheProviderInterface, ManualClock
    from examples.webhooks.merchants import Row

OTHER = replace(PAYMENT, id="evt_1R2other", amount=400)


class BrokenDatabaseError(Exception):
    """The database is not there."""


def broken_load(merchant_id: str) -> Row | None:
    raise BrokenDatabaseError(merchant_id)


def slow_load(merchant_id: str) -> Row | None:
    """Allow the merchant one event a second."""
    return ROW | {"events_per_second": 1} if merchant_id == "mer_coffee" else None


def test_a_new_event_is_applied(receiver: Receiver) -> None:
    """The first delivery of an event changes the balance and says so."""
    assert receiver.process(PAYMENT) is Outcome.APPLIED


def test_a_redelivery_is_a_duplicate(receiver: Receiver) -> None:
    """An event that was applied is acknowledged again."""
    receiver.process(PAYMENT)
    assert receiver.process(replace(PAYMENT, attempt=2)) is Outcome.DUPLICATE


def test_a_redelivery_moves_no_money(receiver: Receiver) -> None:
    """However often an event is delivered, its amount counts once."""
    for attempt in range(1, 6):
        receiver.process(replace(PAYMENT, attempt=attempt))
    assert receiver.ledger.balance("mer_coffee") == 1_250


def test_a_redelivery_is_not_listed_again(receiver: Receiver) -> None:
    """The dashboard shows each event once."""
    receiver.process(PAYMENT)
    receiver.process(replace(PAYMENT, attempt=2))
    assert [line["id"] for line in receiver.recent.of("mer_coffee")] == [PAYMENT.id]


def test_an_overtaken_event_is_applied_late(receiver: Receiver) -> None:
    """A late arrival counts, and is told apart."""
    receiver.process(PAYMENT)
    assert receiver.process(replace(OTHER, created=NOON - 2 * LATE_AFTER)) is Outcome.APPLIED_LATE


def test_an_event_without_money_is_ignored(receiver: Receiver) -> None:
    """A failed payment is acknowledged and not applied."""
    assert receiver.process(replace(PAYMENT, type="payment.failed")) is Outcome.IGNORED


def test_an_ignored_event_leaves_no_trace(receiver: Receiver, cache_provider: CacheProviderInterface) -> None:
    """What moves no money takes no room."""
    receiver.process(replace(PAYMENT, type="payment.failed"))
    assert cache_provider.keys() == []


def test_a_stranger_is_rejected(receiver: Receiver) -> None:
    """Events of a merchant the database does not know are not booked."""
    assert receiver.process(replace(PAYMENT, merchant="mer_nobody")) is Outcome.REJECTED


def test_a_foreign_currency_is_rejected(receiver: Receiver) -> None:
    """Dollars are not added to a balance of euros."""
    assert receiver.process(replace(PAYMENT, currency="USD")) is Outcome.REJECTED


def test_a_burst_is_cut_at_the_merchants_limit(cache_provider: CacheProviderInterface) -> None:
    """Within a second the merchant gets through what its contract says."""
    receiver = Receiver(cache_provider, slow_load)
    outcomes = [receiver.process(event) for event in payments(3)]
    assert outcomes == [Outcome.APPLIED, Outcome.RATE_LIMITED, Outcome.RATE_LIMITED]


def test_a_refused_event_is_applied_when_the_window_reopens(
    cache_provider: CacheProviderInterface, cache_clock: ManualClock
) -> None:
    """A refusal gives the claim back: the redelivery a second later goes through."""
    receiver = Receiver(cache_provider, slow_load)
    receiver.process(PAYMENT)
    receiver.process(OTHER)
    cache_clock.advance(WINDOW)
    assert receiver.process(OTHER) is Outcome.APPLIED


def test_redeliveries_do_not_use_up_the_limit(
    cache_provider: CacheProviderInterface, cache_clock: ManualClock
) -> None:
    """A duplicate is recognised before it is counted."""
    receiver = Receiver(cache_provider, slow_load)
    receiver.process(PAYMENT)
    cache_clock.advance(WINDOW)
    receiver.process(PAYMENT)
    assert receiver.process(OTHER) is Outcome.APPLIED


def test_an_event_in_other_hands_is_retried_later(
    receiver: Receiver, cache_provider: CacheProviderInterface
) -> None:
    """While a worker is at it, a redelivery is neither executed nor called a duplicate."""
    IdempotencyKeys(cache_provider).claim(PAYMENT.id)
    assert receiver.process(PAYMENT) is Outcome.RETRY_LATER


def test_a_worker_that_died_after_its_claim_is_replaced(
    receiver: Receiver, cache_provider: CacheProviderInterface, cache_clock: ManualClock
) -> None:
    """An event whose worker never came back is applied once its claim has expired."""
    IdempotencyKeys(cache_provider).claim(PAYMENT.id)
    cache_clock.advance(CLAIM_TTL)
    assert receiver.process(PAYMENT) is Outcome.APPLIED


def die_after_booking(receiver: Receiver, cache_provider: CacheProviderInterface) -> None:
    claim = IdempotencyKeys(cache_provider).claim(PAYMENT.id)
    assert claim is not None
    claim.start()
    receiver.ledger.book(PAYMENT)


def test_a_worker_that_died_after_booking_leaves_one_booking(
    receiver: Receiver, cache_provider: CacheProviderInterface, cache_clock: ManualClock
) -> None:
    """The money moved and nobody said so: the successor does not move it again."""
    die_after_booking(receiver, cache_provider)
    cache_clock.advance(EXECUTION_TTL)
    receiver.process(PAYMENT)
    assert receiver.ledger.balance("mer_coffee") == 1_250


def test_the_successor_of_a_worker_that_died_reports_success(
    receiver: Receiver, cache_provider: CacheProviderInterface, cache_clock: ManualClock
) -> None:
    """Finishing what another worker began is an applied event, not a duplicate."""
    die_after_booking(receiver, cache_provider)
    cache_clock.advance(EXECUTION_TTL)
    assert receiver.process(PAYMENT) is Outcome.APPLIED


@outlives_its_lease
def test_a_lost_lease_is_not_reported_as_success(
    receiver: Receiver,
    cache_provider: CacheProviderInterface,
    cache_clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker whose lock ran out in the critical section asks for a redelivery."""
    receiver.process(OTHER)
    once_around(
        monkeypatch, cache_provider, "compare_and_set", before=lambda: cache_clock.advance(LOCK_LEASE)
    )
    assert receiver.process(PAYMENT) is Outcome.RETRY_LATER


@outlives_its_lease
def test_the_redelivery_after_a_lost_lease_succeeds_at_once(
    receiver: Receiver,
    cache_provider: CacheProviderInterface,
    cache_clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The failed event is free again without waiting for a ttl."""
    receiver.process(OTHER)
    once_around(
        monkeypatch, cache_provider, "compare_and_set", before=lambda: cache_clock.advance(LOCK_LEASE)
    )
    receiver.process(PAYMENT)
    assert receiver.process(PAYMENT) is Outcome.APPLIED


def test_a_worker_replaced_before_it_started_does_nothing(
    receiver: Receiver,
    cache_provider: CacheProviderInterface,
    cache_clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A claim that expired during the checks is noticed before money moves."""
    once_around(monkeypatch, cache_provider, "incr", after=lambda: cache_clock.advance(CLAIM_TTL))
    receiver.process(PAYMENT)
    assert receiver.ledger.balance("mer_coffee") == 0


def test_a_worker_replaced_while_it_booked_leaves_the_answer_to_its_successor(
    receiver: Receiver, cache_clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the claim expired before the end the event is booked, yet not called applied."""
    once_around(monkeypatch, receiver.ledger, "book", after=lambda: cache_clock.advance(EXECUTION_TTL))
    assert receiver.process(PAYMENT) is Outcome.RETRY_LATER


def test_a_broken_database_is_not_hidden(cache_provider: CacheProviderInterface) -> None:
    """The database's own error reaches the caller."""
    with pytest.raises(BrokenDatabaseError):
        Receiver(cache_provider, broken_load).process(PAYMENT)


def test_an_event_survives_a_broken_database(
    receiver: Receiver, cache_provider: CacheProviderInterface, cache_clock: ManualClock
) -> None:
    """When the database is back, the event's next delivery after the claim's ttl is applied."""
    with pytest.raises(BrokenDatabaseError):
        Receiver(cache_provider, broken_load).process(PAYMENT)
    cache_clock.advance(CLAIM_TTL)
    assert receiver.process(PAYMENT) is Outcome.APPLIED


@pytest.mark.usefixtures("restless_threads")
def test_one_of_many_threads_applies_an_event(receiver: Receiver) -> None:
    """However many workers get the same event at the same time, one of them applies it."""
    outcomes = in_threads([partial(receiver.process, PAYMENT)] * 8)
    assert outcomes.count(Outcome.APPLIED) == 1


def test_only_what_is_meant_to_stay_stays(
    receiver: Receiver, cache_provider: CacheProviderInterface, cache_clock: ManualClock
) -> None:
    """After weeks of silence the balance is all that is left in the cache."""
    receiver.process(PAYMENT)
    cache_clock.advance(10 * REDELIVERY_WINDOW)
    assert cache_provider.keys() == ["account:mer_coffee"]
