"""Fixtures of the webhook receiver's tests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from cache_provider import ManualClock
from examples.webhooks.aio.merchants import awaited
from examples.webhooks.aio.receiver import AsyncReceiver
from examples.webhooks.ledger import Ledger
from examples.webhooks.receiver import Receiver
from examples.webhooks.tests.support import NOON, load_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cache_provider import AsyncCacheProviderInterface, CacheProviderInterface


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let accounts stay without a ttl: they are the one thing that is meant to."""
    item.add_marker(pytest.mark.cache_provider(key_prefix="webhooks:", allow_keys=["account:*"]))


@pytest.fixture(autouse=True)
def cache_clock() -> ManualClock:
    """Return a clock that stands at noon until a test moves it; every test's caches live by it."""
    return ManualClock(NOON)


@pytest.fixture
def ledger(cache_provider: CacheProviderInterface) -> Ledger:
    """Return a ledger without accounts."""
    return Ledger(cache_provider)


@pytest.fixture
def receiver(cache_provider: CacheProviderInterface) -> Receiver:
    """Return a receiver that knows one merchant."""
    return Receiver(cache_provider, load_row)


@pytest.fixture
def async_receiver(async_cache_provider: AsyncCacheProviderInterface) -> AsyncReceiver:
    """Return a receiver for coroutines that knows one merchant."""
    return AsyncReceiver(async_cache_provider, awaited(load_row))


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """Make the interpreter switch threads so often that an unguarded read-modify-write loses updates."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)
