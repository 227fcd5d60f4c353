from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from examples.webhooks.recent import SHOWN, TTL, RecentEvents
from examples.webhooks.tests.support import PAYMENT, payments

if TYPE_CHECKING:
    from cache_provider import InMemoryCacheAdapter, ManualClock


@pytest.fixture
def recent(cache: InMemoryCacheAdapter) -> RecentEvents:
    return RecentEvents(cache)


def ids(recent: RecentEvents) -> list[str]:
    return [line["id"] for line in recent.of("mer_coffee")]


def test_the_newest_event_is_last(recent: RecentEvents) -> None:
    """Events are listed in the order in which they were added."""
    first, second = payments(2)
    recent.add(first)
    recent.add(second)
    assert ids(recent) == [first.id, second.id]


def test_the_oldest_events_make_room(recent: RecentEvents) -> None:
    """No more than `SHOWN` events are listed, and those are the last ones."""
    events = payments(SHOWN + 5)
    for event in events:
        recent.add(event)
    assert ids(recent) == [event.id for event in events[5:]]


def test_an_event_that_was_added_twice_is_listed_once(recent: RecentEvents) -> None:
    """A worker that finishes for another adds what that one may have added."""
    first, second = payments(2)
    for event in (first, second, first):
        recent.add(event)
    assert ids(recent) == [first.id, second.id]


def test_events_that_were_added_twice_push_none_out(recent: RecentEvents) -> None:
    """There is room for each of those listed a second time."""
    events = payments(SHOWN)
    for event in events:
        recent.add(event)
        recent.add(event)
    assert ids(recent) == [event.id for event in events]


def test_a_merchant_sees_its_own_events(recent: RecentEvents) -> None:
    """Another merchant's events are in another list."""
    recent.add(replace(PAYMENT, merchant="mer_books"))
    assert ids(recent) == []


def test_a_line_tells_what_happened(recent: RecentEvents) -> None:
    """A line holds what a dashboard shows."""
    recent.add(PAYMENT)
    assert recent.of("mer_coffee") == [
        {
            "id": "evt_1R2first",
            "type": "payment.succeeded",
            "amount": 1_250,
            "created": "2025-03-14T12:00:00+00:00",
        }
    ]


def test_each_event_keeps_the_list_alive(recent: RecentEvents, clock: ManualClock) -> None:
    """The list of a merchant that goes on sending does not expire."""
    first, second = payments(2)
    recent.add(first)
    clock.advance(TTL / 2)
    recent.add(second)
    clock.advance(TTL / 2)
    assert ids(recent) == [first.id, second.id]


def test_a_quiet_merchants_list_goes(recent: RecentEvents, clock: ManualClock) -> None:
    """When nothing happens for the list's ttl, it is empty."""
    recent.add(PAYMENT)
    clock.advance(TTL)
    assert ids(recent) == []
