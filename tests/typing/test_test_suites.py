"""The types that a test suite sees, as mypy, pyright, ty and pyrefly infer them."""

from typing import assert_type

from cache_provider import CacheProviderInterface, CacheUnavailableError, InMemoryCacheAdapter, ManualClock
from cache_provider.testing import Call, Calls, Faults, InstrumentedCache, Leak, LeakWatch
from cache_provider.testing.race import AsyncRace, Race, Result, explore
from cache_provider.testing.sweep import SweepResult, sweep


def test_the_explorer_takes_a_scenario_of_threads() -> None:
    """What a task returns is not asked for."""

    def scenario(r: Race) -> None:
        r.spawn(r.cache.incr, "n")
        r.join()

    assert_type(explore(scenario, preemptions=None, clock="explored"), Result)


def test_the_explorer_takes_a_scenario_of_coroutines() -> None:
    """By the same name."""

    async def scenario(r: AsyncRace) -> None:
        r.spawn(r.cache.incr, "n")
        await r.join()

    assert_type(explore(scenario), Result)


def test_a_sweep_takes_a_scenario_and_checks() -> None:
    """Each of them is given a cache."""

    def scenario(cache: CacheProviderInterface) -> int:
        return cache.incr("n", ttl=60)

    result = sweep(scenario, lambda cache: cache.exists("n") in {True, False}, allow=CacheUnavailableError)
    assert_type(result, SweepResult)


def test_the_tools_are_interceptors() -> None:
    """In any order."""
    clock = ManualClock()
    calls, faults, watch = Calls(), Faults(clock), LeakWatch(clock)
    cache = InstrumentedCache(InMemoryCacheAdapter(clock=clock), calls, faults, watch)
    cache.set("k", 1, ttl=60)
    assert_type(calls.matching("set"), list[Call])
    assert_type(watch.leaks(), list[Leak])
    assert_type(faults.unfired(), list[str])
