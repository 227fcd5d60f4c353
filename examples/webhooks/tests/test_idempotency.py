from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from freezegun import freeze_time

from cache_provider import InMemoryCacheAdapter
from examples.webhooks.events import REDELIVERY_WINDOW
from examples.webhooks.idempotency import CLAIM_TTL, EXECUTION_TTL, Claim, IdempotencyKeys
from examples.webhooks.tests.support import in_threads

if TYPE_CHECKING:
    from cache_provider import CacheProviderInterface, ManualClock

MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def keys(cache_provider: CacheProviderInterface) -> IdempotencyKeys:
    return IdempotencyKeys(cache_provider)


def claim(keys: IdempotencyKeys) -> Claim:
    claim = keys.claim("evt_1")
    assert claim is not None
    return claim


def test_an_event_in_hand_cannot_be_claimed(keys: IdempotencyKeys) -> None:
    """While one worker is at it, a second one gets no claim."""
    claim(keys)
    assert keys.claim("evt_1") is None


def test_an_event_done_cannot_be_claimed(keys: IdempotencyKeys) -> None:
    """A finished event stays finished."""
    claim(keys).finish()
    assert keys.claim("evt_1") is None


def test_a_finished_event_is_done(keys: IdempotencyKeys) -> None:
    """`is_done` tells a duplicate from an event that is in other hands."""
    claim(keys).finish()
    assert keys.is_done("evt_1")


def test_an_event_in_execution_is_not_done(keys: IdempotencyKeys) -> None:
    """Starting is not finishing."""
    claim(keys).start()
    assert not keys.is_done("evt_1")


def test_a_failed_event_can_be_claimed_at_once(keys: IdempotencyKeys) -> None:
    """After a failure the next delivery need not wait for any ttl."""
    claim(keys).fail()
    assert keys.claim("evt_1") is not None


def test_an_abandoned_event_can_be_claimed_at_once(keys: IdempotencyKeys) -> None:
    """A claim that is given back leaves nothing behind."""
    claim(keys).abandon()
    assert keys.claim("evt_1") is not None


def test_events_are_claimed_one_by_one(keys: IdempotencyKeys) -> None:
    """A claim on one event says nothing about another."""
    claim(keys)
    assert keys.claim("evt_2") is not None


@pytest.mark.usefixtures("restless_threads")
def test_one_of_many_threads_gets_the_claim(keys: IdempotencyKeys) -> None:
    """However many workers are handed the same event, exactly one of them executes it."""
    claims = in_threads([lambda: keys.claim("evt_1")] * 8)
    assert sum(claim is not None for claim in claims) == 1


def test_a_replaced_worker_cannot_finish(keys: IdempotencyKeys, cache_clock: ManualClock) -> None:
    """A worker that slept past its ttl finds its successor's record and is refused."""
    slow = claim(keys)
    cache_clock.advance(CLAIM_TTL)
    claim(keys)
    assert not slow.finish()


def test_a_replaced_worker_cannot_abandon_its_successors_claim(
    keys: IdempotencyKeys, cache_clock: ManualClock
) -> None:
    """Giving back a claim that is not ours any more leaves the new owner's in place."""
    slow = claim(keys)
    cache_clock.advance(CLAIM_TTL)
    claim(keys)
    slow.abandon()
    assert keys.claim("evt_1") is None


def test_a_claim_lives_until_its_ttl_is_over() -> None:
    """One millisecond before its ttl a claim still keeps others out."""
    with freeze_time("2025-03-14 12:00:00") as frozen:
        keys = IdempotencyKeys(InMemoryCacheAdapter())
        claim(keys)
        frozen.tick(CLAIM_TTL - MILLISECOND)
        assert keys.claim("evt_1") is None


def test_a_crashed_workers_claim_ends_with_its_ttl() -> None:
    """A worker that died before it started is replaced when its claim expires."""
    with freeze_time("2025-03-14 12:00:00") as frozen:
        keys = IdempotencyKeys(InMemoryCacheAdapter())
        claim(keys)
        frozen.tick(CLAIM_TTL)
        assert keys.claim("evt_1") is not None


def test_a_worker_that_started_has_longer() -> None:
    """Starting renews the record: the claim's own ttl no longer counts."""
    with freeze_time("2025-03-14 12:00:00") as frozen:
        keys = IdempotencyKeys(InMemoryCacheAdapter())
        claim(keys).start()
        frozen.tick(CLAIM_TTL)
        assert keys.claim("evt_1") is None


def test_a_crashed_executor_is_taken_over() -> None:
    """A worker that died between start and finish is replaced when its execution's ttl is over."""
    with freeze_time("2025-03-14 12:00:00") as frozen:
        keys = IdempotencyKeys(InMemoryCacheAdapter())
        claim(keys).start()
        frozen.tick(EXECUTION_TTL)
        assert keys.claim("evt_1") is not None


def test_an_idempotency_key_expires_with_the_redelivery_window() -> None:
    """Nobody delivers an event after the window, so nothing is remembered for longer."""
    with freeze_time("2025-03-14 12:00:00") as frozen:
        cache = InMemoryCacheAdapter()
        claim(IdempotencyKeys(cache)).finish()
        frozen.tick(REDELIVERY_WINDOW)
        assert cache.keys() == []
