from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from cache_provider import CacheTimeoutError, CacheUnavailableError
from examples.webhooks.idempotency import EXECUTION_TTL
from examples.webhooks.receiver import Outcome
from examples.webhooks.tests.support import PAYMENT, once_around, payments

if TYPE_CHECKING:
    from cache_provider import InMemoryCacheAdapter, ManualClock
    from examples.webhooks.receiver import Receiver

OPERATIONS = [
    "setnx",
    "get_or_set",
    "incr",
    "cas_dict_field",
    "get_lock",
    "get",
    "compare_and_set",
    "push_limit",
]


def unreachable() -> NoReturn:
    raise CacheUnavailableError("connection refused")


def lost_reply() -> NoReturn:
    raise CacheTimeoutError("no reply within 1 s")


def test_events_are_refused_while_the_cache_is_down(receiver: Receiver, cache: InMemoryCacheAdapter) -> None:
    """An unhealthy cache cannot tell a duplicate, so the sender is asked to come again."""
    cache.set_health_status(False)
    assert receiver.process(PAYMENT) is Outcome.RETRY_LATER


def test_nothing_is_written_while_the_cache_is_down(receiver: Receiver, cache: InMemoryCacheAdapter) -> None:
    """A refused event leaves no trace that could stand in its own way later."""
    cache.set_health_status(False)
    receiver.process(PAYMENT)
    assert cache.keys() == []


def test_refused_events_are_applied_after_the_outage(receiver: Receiver, cache: InMemoryCacheAdapter) -> None:
    """When the cache is back the redeliveries go through at once."""
    cache.set_health_status(False)
    receiver.process(PAYMENT)
    cache.set_health_status(True)
    assert receiver.process(PAYMENT) is Outcome.APPLIED


def test_an_applied_event_stays_a_duplicate_after_an_outage(
    receiver: Receiver, cache: InMemoryCacheAdapter
) -> None:
    """What was known before the outage is known after it."""
    receiver.process(PAYMENT)
    cache.set_health_status(False)
    receiver.process(PAYMENT)
    cache.set_health_status(True)
    assert receiver.process(PAYMENT) is Outcome.DUPLICATE


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "get"])
def test_an_outage_in_the_middle_asks_for_a_redelivery(
    receiver: Receiver, cache: InMemoryCacheAdapter, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """Whichever operation finds the cache gone, the answer is to come again, not an error or a success."""
    first, second = payments(2)
    receiver.process(first)
    once_around(monkeypatch, cache, operation, before=unreachable)
    assert receiver.process(second) is Outcome.RETRY_LATER


def test_an_unreadable_account_asks_for_a_redelivery(
    receiver: Receiver, cache: InMemoryCacheAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A balance that cannot be read is not taken for an empty one."""
    first, second = payments(2)
    receiver.process(first)
    # The first read is the merchant's, the next one the account's.
    once_around(
        monkeypatch, cache, "get", after=lambda: once_around(monkeypatch, cache, "get", before=unreachable)
    )
    assert receiver.process(second) is Outcome.RETRY_LATER


def test_the_merchant_lookup_does_without_the_cache(
    receiver: Receiver, cache: InMemoryCacheAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A merchant that cannot be read from the cache comes from the database, and the event is applied."""
    once_around(monkeypatch, cache, "get", before=unreachable)
    assert receiver.process(PAYMENT) is Outcome.APPLIED


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_outage_in_the_middle_costs_no_money(
    receiver: Receiver,
    cache: InMemoryCacheAdapter,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
) -> None:
    """An operation that did not take place leaves the event to its redelivery, which books it once."""
    first, second = payments(2)
    receiver.process(first)
    once_around(monkeypatch, cache, operation, before=unreachable)
    receiver.process(second)
    clock.advance(EXECUTION_TTL)
    receiver.process(second)
    assert receiver.ledger.balance("mer_coffee") == first.effect + second.effect


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_lost_reply_pays_nobody_twice(
    receiver: Receiver,
    cache: InMemoryCacheAdapter,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
) -> None:
    """An operation that took place and could not say so is not repeated by the redelivery."""
    first, second = payments(2)
    receiver.process(first)
    once_around(monkeypatch, cache, operation, after=lost_reply)
    receiver.process(second)
    clock.advance(EXECUTION_TTL)
    receiver.process(second)
    assert receiver.ledger.balance("mer_coffee") == first.effect + second.effect
