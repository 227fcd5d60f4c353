from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from cache_provider import InMemoryCacheAdapter
from examples.webhooks.aio.merchants import awaited
from examples.webhooks.aio.receiver import AsyncReceiver
from examples.webhooks.aio.replay import replay_async
from examples.webhooks.events import EVENTS_FILE, Event, read_events
from examples.webhooks.receiver import Outcome, Receiver
from examples.webhooks.replay import replay
from examples.webhooks.tests.support import TABLE, balances, expected_balances, in_tasks, unlimited

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cache_provider import AsyncCacheProviderInterface, CacheProviderInterface, ManualClock

TASKS = 8


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return list(read_events(EVENTS_FILE))


async def process_all(receiver: AsyncReceiver, events: Iterable[Event]) -> list[Outcome]:
    return [await receiver.process(event) for event in events]


def test_a_day_has_the_outcomes_that_threads_have(
    events: list[Event],
    async_cache_provider: AsyncCacheProviderInterface,
    cache_clock: ManualClock,
) -> None:
    """Delivery by delivery the two halves decide alike."""
    with InMemoryCacheAdapter(clock=cache_clock) as cache:
        synchronous = replay(events, Receiver(cache, TABLE.load), cache_clock.set)
    receiver = AsyncReceiver(async_cache_provider, awaited(TABLE.load))
    asynchronous = asyncio.run(replay_async(events, receiver, cache_clock.set))
    assert asynchronous.outcomes == synchronous.outcomes


def test_eight_tasks_and_a_shuffled_day_lose_nothing(
    events: list[Event],
    async_cache_provider: AsyncCacheProviderInterface,
    cache_provider: CacheProviderInterface,
) -> None:
    """In any order, with any worker for any delivery, the balances come out the same."""
    receiver = AsyncReceiver(async_cache_provider, awaited(unlimited))
    # Ids are random, so this mixes up the day and deals an event's redeliveries to tasks at the same time.
    shuffled = sorted(events, key=lambda event: event.id)

    async def scenario() -> None:
        await in_tasks([process_all(receiver, shuffled[number::TASKS]) for number in range(TASKS)])
        # A redelivery that met its event in another task's hands was asked to come again: here it is.
        await process_all(receiver, events)

    asyncio.run(scenario())
    assert balances(cache_provider) == expected_balances(events)


def test_eight_tasks_apply_no_event_twice(
    events: list[Event], async_cache_provider: AsyncCacheProviderInterface
) -> None:
    """No two deliveries of an event are both answered with success, in whatever tasks they are."""
    receiver = AsyncReceiver(async_cache_provider, awaited(unlimited))
    shares = [events[number::TASKS] for number in range(TASKS)]
    answers = asyncio.run(in_tasks([process_all(receiver, share) for share in shares]))
    applied = Counter(
        event.id
        for share, outcomes in zip(shares, answers, strict=True)
        for event, outcome in zip(share, outcomes, strict=True)
        if outcome in {Outcome.APPLIED, Outcome.APPLIED_LATE}
    )
    assert set(applied.values()) == {1}
