from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from freezegun import freeze_time

from cache_provider import InMemoryCacheAdapter
from examples.webhooks.rate_limiter import WINDOW, RateLimiter
from examples.webhooks.tests.support import in_threads

if TYPE_CHECKING:
    from cache_provider import CacheProviderInterface, ManualClock


@pytest.fixture
def limiter(cache_provider: CacheProviderInterface) -> RateLimiter:
    return RateLimiter(cache_provider)


def test_a_window_lets_the_limit_through_and_no_more(limiter: RateLimiter) -> None:
    """With a limit of 3, the first three events pass and the others do not."""
    assert [limiter.allow("mer_coffee", 3) for _ in range(5)] == [True, True, True, False, False]


def test_merchants_do_not_share_a_window(limiter: RateLimiter) -> None:
    """One merchant's burst costs another nothing."""
    limiter.allow("mer_coffee", 1)
    assert limiter.allow("mer_books", 1)


def test_the_window_reopens_when_its_ttl_is_over(limiter: RateLimiter, cache_clock: ManualClock) -> None:
    """A second after the first event the merchant may send again."""
    limiter.allow("mer_coffee", 1)
    cache_clock.advance(WINDOW)
    assert limiter.allow("mer_coffee", 1)


def test_refused_events_do_not_keep_the_window_closed(limiter: RateLimiter, cache_clock: ManualClock) -> None:
    """The counter's ttl runs from the first event; what comes later does not renew it."""
    limiter.allow("mer_coffee", 1)
    cache_clock.advance(WINDOW / 2)
    limiter.allow("mer_coffee", 1)
    cache_clock.advance(WINDOW / 2)
    assert limiter.allow("mer_coffee", 1)


def test_the_window_stays_closed_until_its_last_millisecond() -> None:
    """One millisecond before the window's end the limit still holds."""
    with freeze_time("2025-03-14 12:00:00") as frozen:
        limiter = RateLimiter(InMemoryCacheAdapter())
        limiter.allow("mer_coffee", 1)
        frozen.tick(WINDOW - timedelta(milliseconds=1))
        assert not limiter.allow("mer_coffee", 1)


@pytest.mark.usefixtures("restless_threads")
def test_threads_together_get_exactly_the_limit(limiter: RateLimiter) -> None:
    """Of 400 events from 8 threads in one window, 100 pass: no count is lost, none is given twice."""

    def burst() -> int:
        return sum(limiter.allow("mer_coffee", 100) for _ in range(50))

    assert sum(in_threads([burst] * 8)) == 100
