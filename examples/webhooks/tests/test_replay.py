from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import pytest

from cache_provider import InMemoryCacheAdapter, ManualClock
from examples.webhooks.events import EVENTS_FILE, Event, read_events
from examples.webhooks.receiver import Outcome, Receiver
from examples.webhooks.replay import replay
from examples.webhooks.tests.support import TABLE, balances, expected_balances, in_threads, unlimited

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cache_provider import CacheProviderInterface
    from examples.webhooks.report import Report

THREADS = 8


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return list(read_events(EVENTS_FILE))


class Twice(NamedTuple):
    """The day, and the whole day delivered once more, on one cache."""

    first: Report
    balances: dict[str, int]
    again: list[Outcome]
    balances_again: dict[str, int]


@pytest.fixture(scope="module")
def twice(events: list[Event]) -> Twice:
    clock = ManualClock()
    with InMemoryCacheAdapter(clock=clock) as cache:
        receiver = Receiver(cache, TABLE.load)
        first = replay(events, receiver, clock.set)
        return Twice(first, balances(cache), process_all(receiver, events), balances(cache))


def process_all(receiver: Receiver, events: Iterable[Event]) -> list[Outcome]:
    return [receiver.process(event) for event in events]


def test_the_days_outcomes(twice: Twice) -> None:
    """The shipped file has exactly this in store: nothing is left to chance."""
    assert twice.first.outcomes == {
        Outcome.APPLIED: 2417,
        Outcome.APPLIED_LATE: 114,
        Outcome.DUPLICATE: 185,
        Outcome.IGNORED: 183,
        Outcome.REJECTED: 9,
        Outcome.RATE_LIMITED: 160,
    }


def test_the_day_leaves_every_event_booked_once(twice: Twice, events: list[Event]) -> None:
    """Through duplicates, bursts and late arrivals, the balances are what the distinct events add up to."""
    assert twice.balances == expected_balances(events)


def test_the_same_day_again_changes_no_balance(twice: Twice) -> None:
    """A complete redelivery of the file moves no money."""
    assert twice.balances_again == twice.balances


def test_the_same_day_again_applies_nothing(twice: Twice) -> None:
    """Every event of the file is recognised the second time."""
    assert set(twice.again) == {Outcome.DUPLICATE, Outcome.IGNORED, Outcome.REJECTED}


@pytest.mark.usefixtures("restless_threads")
def test_eight_threads_and_a_shuffled_day_lose_nothing(
    events: list[Event], cache_provider: CacheProviderInterface
) -> None:
    """In any order, with any worker for any delivery, the balances come out the same."""
    receiver = Receiver(cache_provider, unlimited)
    # Ids are random, so this mixes up the day and deals an event's redeliveries to threads at the same time.
    shuffled = sorted(events, key=lambda event: event.id)
    in_threads([partial(process_all, receiver, shuffled[number::THREADS]) for number in range(THREADS)])
    # A redelivery that met its event in another thread's hands was asked to come again: here it is.
    process_all(receiver, events)
    assert balances(cache_provider) == expected_balances(events)


@pytest.mark.usefixtures("restless_threads")
def test_eight_threads_apply_no_event_twice(
    events: list[Event], cache_provider: CacheProviderInterface
) -> None:
    """No two deliveries of an event are both answered with success, in whatever threads they are."""
    receiver = Receiver(cache_provider, unlimited)
    shares = [events[number::THREADS] for number in range(THREADS)]
    answers = in_threads([partial(process_all, receiver, share) for share in shares])
    applied = Counter(
        event.id
        for share, outcomes in zip(shares, answers, strict=True)
        for event, outcome in zip(share, outcomes, strict=True)
        if outcome in {Outcome.APPLIED, Outcome.APPLIED_LATE}
    )
    assert set(applied.values()) == {1}
