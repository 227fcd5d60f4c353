"""A lock that one test forgot, and the next test."""

import asyncio
from datetime import UTC, datetime

import pytest

from cache_provider import AsyncInMemoryCacheAdapter, Clock, InMemoryCacheAdapter, ManualClock
from cache_provider.clock import monotonic
from cache_provider.memory.lock_table import PROCESS_LOCKS
from tests.threads import Task, until

HOUR = 3600
SHORT = 0.05


class RunningClock(Clock):
    """A third party's clock, with nothing but the time."""

    def now_ms(self) -> int:
        return int(monotonic() * 1000)


@pytest.fixture(params=[None, ManualClock, RunningClock], ids=["system", "manual", "third party's"])
def closable(request: pytest.FixtureRequest) -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter(clock=request.param and request.param())


@pytest.mark.parametrize("lease", [10, HOUR], ids=["usual", "of its own"])
def test_a_lock_goes_with_its_closed_adapter(closable: InMemoryCacheAdapter, lease: float) -> None:
    """Whoever could have given it back is gone."""
    closable.get_lock("l", timeout=lease).acquire()
    closable.close()
    assert InMemoryCacheAdapter().get_lock("l").acquire(blocking=False)


def test_a_lock_goes_with_its_closed_asynchronous_adapter() -> None:
    """Coroutines forget too."""

    async def forget() -> None:
        cache = AsyncInMemoryCacheAdapter(clock=ManualClock())
        await cache.get_lock("l").acquire()
        await cache.close()

    asyncio.run(forget())
    assert InMemoryCacheAdapter().get_lock("l").acquire(blocking=False)


def test_the_close_of_its_adapter_wakes_a_waiter(closable: InMemoryCacheAdapter) -> None:
    """It does not have to look for itself."""
    closable.get_lock("l", timeout=HOUR).acquire()
    task = Task(InMemoryCacheAdapter().get_lock("l").acquire)
    until(lambda: "test:l" in PROCESS_LOCKS.queues)
    closable.close()
    assert task.result()


def test_the_close_of_one_adapter_breaks_no_lock_of_another() -> None:
    """Nor under the same prefix."""
    theirs = InMemoryCacheAdapter()
    lock = theirs.get_lock("l")
    lock.acquire()
    InMemoryCacheAdapter().close()
    assert lock.owned()


def forget_a_lock(lease: float) -> None:
    """Leave a lock behind whose adapter and clock nobody has any more."""
    assert InMemoryCacheAdapter(clock=ManualClock()).get_lock("l", timeout=lease).acquire()


def test_a_lease_whose_clock_is_gone_ends_in_real_time() -> None:
    """Nobody can move that clock to its end."""
    forget_a_lock(SHORT)
    assert InMemoryCacheAdapter(clock=ManualClock()).get_lock("l").acquire(timeout=10 * SHORT)


def test_a_lease_whose_clock_is_gone_ends_in_real_time_for_coroutines() -> None:
    """A task waits no longer than a thread."""
    forget_a_lock(SHORT)
    cache = AsyncInMemoryCacheAdapter(clock=ManualClock())
    assert asyncio.run(cache.get_lock("l").acquire(timeout=10 * SHORT))


def test_a_lease_whose_clock_is_gone_runs_to_its_end() -> None:
    """It is not over at once either."""
    forget_a_lock(HOUR)
    assert not InMemoryCacheAdapter().get_lock("l").acquire(blocking=False)


def test_a_clock_that_goes_during_a_wait_wakes_the_waiter() -> None:
    """Until then only a move of that clock would have."""
    theirs = InMemoryCacheAdapter(clock=ManualClock(datetime(2024, 5, 17, tzinfo=UTC)))
    theirs.get_lock("l", timeout=SHORT).acquire()
    task = Task(InMemoryCacheAdapter().get_lock("l").acquire)
    until(lambda: "test:l" in PROCESS_LOCKS.queues)
    del theirs
    assert task.result()
