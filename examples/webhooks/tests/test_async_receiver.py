from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import pytest

from cache_provider import CacheTimeoutError, CacheUnavailableError
from examples.webhooks.aio.receiver import AsyncReceiver
from examples.webhooks.idempotency import EXECUTION_TTL
from examples.webhooks.ledger import LATE_AFTER, LOCK_LEASE, Ledger
from examples.webhooks.rate_limiter import WINDOW
from examples.webhooks.receiver import Outcome
from examples.webhooks.tests.support import (
    NOON,
    PAYMENT,
    ROW,
    in_tasks,
    load_row,
    once_around,
    outlives_its_lease,
    payments,
)

if TYPE_CHECKING:
    from cache_provider import AsyncCacheProviderInterface, CacheProviderInterface, ManualClock
    from cache_provider.testing.faults import Faults
    from examples.webhooks.events import Event
    from examples.webhooks.merchants import Row

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


class Database:
    """Knows one merchant, which may send one event a second, and what it was asked."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    async def load(self, merchant_id: str) -> Row | None:
        self.queries.append(merchant_id)
        await asyncio.sleep(0)
        return load_row(merchant_id) and ROW | {"events_per_second": 1}


def unreachable() -> NoReturn:
    raise CacheUnavailableError("connection refused")


def lost_reply() -> NoReturn:
    raise CacheTimeoutError("no reply within 1 s")


async def process_all(receiver: AsyncReceiver, events: list[Event]) -> list[Outcome]:
    return [await receiver.process(event) for event in events]


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        (replace(PAYMENT, attempt=2), Outcome.DUPLICATE),
        (replace(PAYMENT, id="evt_1R2other"), Outcome.APPLIED),
        (replace(PAYMENT, id="evt_1R2late", created=NOON - 2 * LATE_AFTER), Outcome.APPLIED_LATE),
        (replace(PAYMENT, id="evt_1R2failed", type="payment.failed"), Outcome.IGNORED),
        (replace(PAYMENT, id="evt_1R2stranger", merchant="mer_nobody"), Outcome.REJECTED),
        (replace(PAYMENT, id="evt_1R2dollar", currency="USD"), Outcome.REJECTED),
    ],
    ids=lambda value: value.name if isinstance(value, Outcome) else "",
)
def test_a_second_delivery_is_answered(
    async_receiver: AsyncReceiver, second: Event, outcome: Outcome
) -> None:
    """Each kind as the synchronous receiver answers it."""
    assert asyncio.run(process_all(async_receiver, [PAYMENT, second])) == [Outcome.APPLIED, outcome]


def test_a_merchants_excess_is_refused(async_cache_provider: AsyncCacheProviderInterface) -> None:
    """The first event of the second is applied, the next one is to come again."""
    receiver = AsyncReceiver(async_cache_provider, Database().load)
    assert asyncio.run(process_all(receiver, payments(2))) == [Outcome.APPLIED, Outcome.RATE_LIMITED]


def test_an_applied_event_is_listed(async_receiver: AsyncReceiver) -> None:
    """The dashboard shows it once, however often it was delivered."""

    async def scenario() -> list[str]:
        await process_all(async_receiver, [PAYMENT, PAYMENT])
        return [line["id"] for line in await async_receiver.recent.of("mer_coffee")]

    assert asyncio.run(scenario()) == [PAYMENT.id]


def test_of_deliveries_at_the_same_time_one_is_applied(async_receiver: AsyncReceiver) -> None:
    """The claim decides; the others come again, or know that it is done."""

    async def scenario() -> int:
        outcomes = await in_tasks([async_receiver.process(PAYMENT) for _ in range(8)])
        return outcomes.count(Outcome.APPLIED)

    assert asyncio.run(scenario()) == 1


def test_a_burst_of_misses_asks_the_database_once(async_cache_provider: AsyncCacheProviderInterface) -> None:
    """One task computes, the others wait for it."""
    database = Database()
    receiver = AsyncReceiver(async_cache_provider, database.load)

    async def scenario() -> None:
        await in_tasks([receiver.process(event) for event in payments(8)])

    asyncio.run(scenario())
    assert database.queries == ["mer_coffee"]


def test_a_refused_event_may_come_again_at_once(
    async_cache_provider: AsyncCacheProviderInterface, cache_clock: ManualClock
) -> None:
    """Its claim was given back, not left to its ttl."""
    receiver = AsyncReceiver(async_cache_provider, Database().load)
    first, second = payments(2)

    async def scenario() -> Outcome:
        await process_all(receiver, [first, second])
        cache_clock.advance(WINDOW)
        return await receiver.process(second)

    assert asyncio.run(scenario()) is Outcome.APPLIED


@outlives_its_lease
def test_an_event_whose_booking_failed_may_come_again_at_once(
    async_receiver: AsyncReceiver,
    async_cache_provider: AsyncCacheProviderInterface,
    cache_clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A lost lease leaves the claim to the next delivery."""
    first, second = payments(2)

    async def scenario() -> list[Outcome]:
        await async_receiver.process(first)
        once_around(
            monkeypatch,
            async_cache_provider,
            "compare_and_set",
            before=lambda: cache_clock.advance(LOCK_LEASE),
        )
        return await process_all(async_receiver, [second, second])

    assert asyncio.run(scenario()) == [Outcome.RETRY_LATER, Outcome.APPLIED]


def test_a_worker_that_was_replaced_claims_no_success(
    async_receiver: AsyncReceiver,
    async_cache_provider: AsyncCacheProviderInterface,
    cache_provider: CacheProviderInterface,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its record went while it worked: the worker that has the event now reports it."""
    first, second = payments(2)

    async def scenario() -> Outcome:
        await async_receiver.process(first)
        gone = partial(cache_provider.delete, f"event:{second.id}")
        once_around(monkeypatch, async_cache_provider, "compare_and_set", after=gone)
        return await async_receiver.process(second)

    assert asyncio.run(scenario()) is Outcome.RETRY_LATER


def test_events_are_refused_while_the_cache_is_down(
    async_receiver: AsyncReceiver, cache_faults: Faults
) -> None:
    """A cache that is gone cannot tell a duplicate, so the sender is asked to come again."""
    with cache_faults.outage():
        assert asyncio.run(async_receiver.process(PAYMENT)) is Outcome.RETRY_LATER


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "get"])
def test_an_outage_in_the_middle_asks_for_a_redelivery(
    async_receiver: AsyncReceiver,
    async_cache_provider: AsyncCacheProviderInterface,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
) -> None:
    """Whichever operation finds the cache gone, the answer is to come again, not an error or a success."""

    async def scenario() -> Outcome:
        first, second = payments(2)
        await async_receiver.process(first)
        once_around(monkeypatch, async_cache_provider, operation, before=unreachable)
        return await async_receiver.process(second)

    assert asyncio.run(scenario()) is Outcome.RETRY_LATER


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("after", [False, True], ids=["lost call", "lost reply"])
def test_no_outage_costs_money_or_pays_twice(
    async_receiver: AsyncReceiver,
    async_cache_provider: AsyncCacheProviderInterface,
    cache_provider: CacheProviderInterface,
    cache_clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    after: bool,
) -> None:
    """Whether the operation took place or not, the redelivery makes the balance right."""
    first, second = payments(2)

    async def scenario() -> None:
        await async_receiver.process(first)
        if after:
            once_around(monkeypatch, async_cache_provider, operation, after=lost_reply)
        else:
            once_around(monkeypatch, async_cache_provider, operation, before=unreachable)
        await async_receiver.process(second)
        cache_clock.advance(EXECUTION_TTL)
        await async_receiver.process(second)

    asyncio.run(scenario())
    assert Ledger(cache_provider).balance("mer_coffee") == first.effect + second.effect


@pytest.mark.parametrize("turns", range(0, 40, 3))
def test_a_cancelled_worker_is_replaced_when_its_claim_ends(
    async_receiver: AsyncReceiver,
    cache_provider: CacheProviderInterface,
    cache_clock: ManualClock,
    turns: int,
) -> None:
    """Wherever the cancellation strikes, the next delivery books the event once."""

    async def scenario() -> None:
        worker = asyncio.create_task(async_receiver.process(PAYMENT))
        for _ in range(turns):
            await asyncio.sleep(0)
        worker.cancel()
        await asyncio.wait([worker])
        cache_clock.advance(EXECUTION_TTL)
        await async_receiver.process(PAYMENT)

    asyncio.run(scenario())
    assert Ledger(cache_provider).balance("mer_coffee") == PAYMENT.effect
