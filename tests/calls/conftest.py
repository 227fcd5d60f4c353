"""A cache on a clock that stands still, and the record of its calls."""

import pytest

from cache_provider import CacheProviderInterface, InMemoryCacheAdapter, ManualClock
from cache_provider.testing.calls import Calls
from cache_provider.testing.seam import InstrumentedCache


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still."""
    return ManualClock()


@pytest.fixture
def calls() -> Calls:
    """Return an empty record."""
    return Calls()


@pytest.fixture
def cache(calls: Calls, clock: ManualClock) -> CacheProviderInterface:
    """Return a cache whose calls are recorded."""
    return InstrumentedCache(InMemoryCacheAdapter(clock=clock), calls)
