from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cache_provider import CacheTimeoutError
from examples.webhooks.idempotency import EXECUTION_TTL
from examples.webhooks.receiver import Outcome
from examples.webhooks.tests.support import PAYMENT, payments

if TYPE_CHECKING:
    from cache_provider import CacheProviderInterface, ManualClock
    from cache_provider.testing.faults import Faults
    from examples.webhooks.receiver import Receiver

WRITES = ["setnx", "incr", "cas_dict_field", "lock.acquire", "compare_and_set", "push_limit"]
OPERATIONS = [*WRITES, "get"]


def test_events_are_refused_while_the_cache_is_down(receiver: Receiver, cache_faults: Faults) -> None:
    """A cache that is gone cannot tell a duplicate, so the sender is asked to come again."""
    with cache_faults.outage():
        assert receiver.process(PAYMENT) is Outcome.RETRY_LATER


def test_nothing_is_written_while_the_cache_is_down(
    receiver: Receiver, cache_provider: CacheProviderInterface, cache_faults: Faults
) -> None:
    """A refused event leaves no trace that could stand in its own way later."""
    with cache_faults.outage():
        receiver.process(PAYMENT)
    assert cache_provider.keys() == []


def test_refused_events_are_applied_after_the_outage(receiver: Receiver, cache_faults: Faults) -> None:
    """When the cache is back the redeliveries go through at once."""
    with cache_faults.outage():
        receiver.process(PAYMENT)
    assert receiver.process(PAYMENT) is Outcome.APPLIED


def test_an_applied_event_stays_a_duplicate_after_an_outage(receiver: Receiver, cache_faults: Faults) -> None:
    """What was known before the outage is known after it."""
    receiver.process(PAYMENT)
    with cache_faults.outage():
        receiver.process(PAYMENT)
    assert receiver.process(PAYMENT) is Outcome.DUPLICATE


@pytest.mark.parametrize("operation", WRITES)
def test_an_outage_in_the_middle_asks_for_a_redelivery(
    receiver: Receiver, cache_faults: Faults, operation: str
) -> None:
    """Whichever operation finds the cache gone, the answer is to come again, not an error or a success."""
    first, second = payments(2)
    receiver.process(first)
    with cache_faults.fail(operation):
        assert receiver.process(second) is Outcome.RETRY_LATER


def test_an_unreadable_account_asks_for_a_redelivery(receiver: Receiver, cache_faults: Faults) -> None:
    """A balance that cannot be read is not taken for an empty one."""
    first, second = payments(2)
    receiver.process(first)
    with cache_faults.fail("get", key="account:*"):
        assert receiver.process(second) is Outcome.RETRY_LATER


def test_the_merchant_lookup_does_without_the_cache(receiver: Receiver, cache_faults: Faults) -> None:
    """A merchant that cannot be read from the cache comes from the database, and the event is applied."""
    with cache_faults.fail("get", key="merchant:*"):
        assert receiver.process(PAYMENT) is Outcome.APPLIED


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_outage_in_the_middle_costs_no_money(
    receiver: Receiver, cache_clock: ManualClock, cache_faults: Faults, operation: str
) -> None:
    """An operation that did not take place leaves the event to its redelivery, which books it once."""
    first, second = payments(2)
    receiver.process(first)
    with cache_faults.fail(operation):
        receiver.process(second)
    cache_clock.advance(EXECUTION_TTL)
    receiver.process(second)
    assert receiver.ledger.balance("mer_coffee") == first.effect + second.effect


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_lost_reply_pays_nobody_twice(
    receiver: Receiver, cache_clock: ManualClock, cache_faults: Faults, operation: str
) -> None:
    """An operation that took place and could not say so is not repeated by the redelivery."""
    first, second = payments(2)
    receiver.process(first)
    with cache_faults.fail(operation, after=True, error=CacheTimeoutError):
        receiver.process(second)
    cache_clock.advance(EXECUTION_TTL)
    receiver.process(second)
    assert receiver.ledger.balance("mer_coffee") == first.effect + second.effect
