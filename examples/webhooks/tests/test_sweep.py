from __future__ import annotations

from typing import TYPE_CHECKING

from cache_provider.testing.sweep import sweep
from examples.webhooks.idempotency import EXECUTION_TTL
from examples.webhooks.receiver import Outcome, Receiver
from examples.webhooks.tests.support import load_row, payments
from examples.webhooks.tests.test_receiver import slow_load

if TYPE_CHECKING:
    from cache_provider import CacheProviderInterface

FIRST, SECOND = payments(2)
ACKNOWLEDGED = {Outcome.APPLIED, Outcome.APPLIED_LATE, Outcome.DUPLICATE}


def first_event(cache: CacheProviderInterface) -> None:
    """Let there be an account, and a merchant that was looked up."""
    Receiver(cache, load_row).process(FIRST)


def second_event(cache: CacheProviderInterface) -> Outcome:
    """Deliver an event; the second run is its redelivery."""
    return Receiver(cache, load_row).process(SECOND)


def books_are_right(cache: CacheProviderInterface, outcome: Outcome | None) -> None:
    """An event counts once or not at all, and what was acknowledged counts and is listed."""
    receiver = Receiver(cache, load_row)
    balance = receiver.ledger.balance("mer_coffee")
    listed = [line["id"] for line in receiver.recent.of("mer_coffee")]
    assert balance in {FIRST.effect, FIRST.effect + SECOND.effect}
    assert listed.count(SECOND.id) <= 1
    if outcome in ACKNOWLEDGED:
        assert balance == FIRST.effect + SECOND.effect, f"{outcome}, and not in the balance"
        assert SECOND.id in listed, f"{outcome}, and not in the list"


def is_acknowledged(_: CacheProviderInterface, outcome: Outcome) -> bool:
    """After the redelivery the payment provider has its answer."""
    return outcome in ACKNOWLEDGED


def test_no_fault_loses_or_doubles_an_event() -> None:
    """Whatever fails, and wherever a worker dies: after a redelivery the event is booked and listed once."""
    sweep(
        second_event,
        books_are_right,
        prepare=first_event,
        recovered=is_acknowledged,
        # A worker that died left its record to the record's ttl.
        settle=EXECUTION_TTL,
        allow_keys=["account:*"],
    )


def refused_event(cache: CacheProviderInterface) -> Outcome:
    """Deliver an event beyond the limit of its merchant."""
    return Receiver(cache, slow_load).process(SECOND)


def is_refused_unbooked(cache: CacheProviderInterface, outcome: Outcome | None) -> bool:
    """What was refused is not in the balance."""
    balance = Receiver(cache, slow_load).ledger.balance("mer_coffee")
    return outcome is not Outcome.RATE_LIMITED or balance == FIRST.effect


def test_no_fault_loses_an_event_that_was_refused() -> None:
    """Its redelivery goes through when the window is open again."""
    sweep(
        refused_event,
        is_refused_unbooked,
        prepare=lambda cache: Receiver(cache, slow_load).process(FIRST),
        recovered=is_acknowledged,
        settle=EXECUTION_TTL,
        allow_keys=["account:*"],
    )
