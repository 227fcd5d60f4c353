"""This package's own `get_or_set`, under every schedule that fits into the bound."""

from collections.abc import Callable

import pytest

from cache_provider.testing.race import AsyncRace, Race, explore
from cache_provider.testing.race.settings import ClockMode


def computing(tasks: int, *, processes: int, is_frozen: bool) -> Callable[[Race], None]:
    """Return a scenario in which tasks, in so many processes, miss the same key together."""

    def scenario(r: Race) -> None:
        caches = [r.cache, *(r.make_cache() for _ in range(processes - 1))]
        calls: list[int] = []

        def compute() -> dict[str, int]:
            calls.append(1)
            return {"call": len(calls)}

        spawned = [r.spawn(caches[task % processes].get_or_set, "k", compute) for task in range(tasks)]
        r.join()
        stored = r.cache.get("k")
        assert [task.result for task in spawned] == [stored] * tasks
        assert not r.cache.get_lock("singleflight:lock:k").locked()
        # Past its lease a slow computation is taken for crashed, and made again.
        assert len(calls) == 1 or not is_frozen

    return scenario


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("tasks", [2, 3])
def test_one_caller_computes_for_all_while_time_stands_still(tasks: int, processes: int) -> None:
    """In one process and across them: every schedule of two tasks, and of three with three interruptions."""
    result = explore(computing(tasks, processes=processes, is_frozen=True), preemptions=3, strategy="dfs")
    assert (result.failure, result.bound >= 3) == (None, True)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("tasks", [2, 3])
def test_all_callers_get_what_is_stored_whenever_leases_end(tasks: int, processes: int) -> None:
    """With up to two interruptions, of tasks or by time, and then by chance."""
    scenario = computing(tasks, processes=processes, is_frozen=False)
    assert explore(scenario, clock="explored", max_schedules=300).failure is None


@pytest.mark.parametrize("clock", ["frozen", "explored"])
def test_coroutines_get_what_is_stored_whoever_is_cancelled(clock: ClockMode) -> None:
    """The lock is free afterwards, and whoever was not cancelled has the value."""

    async def scenario(r: AsyncRace) -> None:
        async def compute() -> int:
            await r.cache.get("source")
            return 5

        spawned = [r.spawn(r.cache.get_or_set, "k", compute) for _ in range(3)]
        await r.join()
        assert [task.result for task in spawned].count(5) >= 2
        assert not await r.cache.get_lock("singleflight:lock:k").locked()

    assert explore(scenario, cancellations=True, clock=clock, max_schedules=300).failure is None
