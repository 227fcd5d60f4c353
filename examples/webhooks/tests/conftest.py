"""Fixtures of the webhook receiver's tests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from cache_provider import AsyncInMemoryCacheAdapter, InMemoryCacheAdapter, ManualClock, MemoryServer
from examples.webhooks.aio.merchants import awaited
from examples.webhooks.aio.receiver import AsyncReceiver
from examples.webhooks.ledger import Ledger
from examples.webhooks.receiver import Receiver
from examples.webhooks.tests.support import NOON, load_row

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at noon until a test moves it."""
    return ManualClock(NOON)


@pytest.fixture
def cache(clock: ManualClock) -> Iterator[InMemoryCacheAdapter]:
    """Return an empty cache that lives by the clock."""
    with InMemoryCacheAdapter(key_prefix="webhooks:", clock=clock) as cache:
        yield cache


@pytest.fixture
def ledger(cache: InMemoryCacheAdapter) -> Ledger:
    """Return a ledger without accounts."""
    return Ledger(cache)


@pytest.fixture
def receiver(cache: InMemoryCacheAdapter) -> Receiver:
    """Return a receiver that knows one merchant."""
    return Receiver(cache, load_row)


@pytest.fixture
def server(clock: ManualClock) -> MemoryServer:
    """Return what the caches for coroutines and for threads can share."""
    return MemoryServer(clock=clock)


@pytest.fixture
def async_cache(server: MemoryServer) -> AsyncInMemoryCacheAdapter:
    """Return a cache for coroutines on the server."""
    return AsyncInMemoryCacheAdapter("webhooks:", server=server)


@pytest.fixture
def same_cache(server: MemoryServer) -> Iterator[InMemoryCacheAdapter]:
    """Return a cache for plain functions on the same server."""
    with InMemoryCacheAdapter("webhooks:", server=server) as cache:
        yield cache


@pytest.fixture
def async_receiver(async_cache: AsyncInMemoryCacheAdapter) -> AsyncReceiver:
    """Return a receiver for coroutines that knows one merchant."""
    return AsyncReceiver(async_cache, awaited(load_row))


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """Make the interpreter switch threads so often that an unguarded read-modify-write loses updates."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)
