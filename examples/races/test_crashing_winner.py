"""Crashing winner: who computes for all fails, and those who waited for the value take nothing for it."""

from collections.abc import Callable
from typing import Any, Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1

Ask = Callable[[CacheProviderInterface, Callable[[], str]], Any]


class DatabaseError(Exception):
    """What the first query ends with."""


def ask(cache: CacheProviderInterface, compute: Callable[[], str]) -> Any:
    """Broken: that the winner gave its lock back does not say that it stored a value."""
    report = cache.get("report")
    if report is not None:
        return report
    lock = cache.get_lock("report-lock")
    if not lock.acquire(blocking=False):
        with lock:
            return cache.get("report")
    try:
        report = compute()
        cache.set("report", report)
    finally:
        lock.release()
    return report


def ask_once(cache: CacheProviderInterface, compute: Callable[[], str]) -> Any:
    """Mended: the others get the winner's exception, or compute in their turn."""
    return cache.get_or_set("report", compute)


def two_readers(ask: Ask) -> Scenario:
    def scenario(r: Race) -> None:
        queries: list[int] = []

        def compute() -> str:
            queries.append(1)
            if len(queries) == 1:
                raise DatabaseError
            return "the report"

        def read(cache: CacheProviderInterface) -> object:
            try:
                return ask(cache, compute)
            except DatabaseError:
                return "try again later"

        readers = [r.spawn(read, cache) for cache in (r.cache, r.cache, r.make_cache())]
        r.join()
        assert {reader.result for reader in readers} <= {"the report", "try again later"}

    return scenario


def test_who_waited_for_a_winner_that_fails_gets_nothing() -> None:
    """The lock is free, the value is not there."""
    result = explore(two_readers(ask), preemptions=None, max_schedules=30)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        (
            "A get report",
            "A lock.acquire report-lock",
            "B get report",
            "B lock.acquire report-lock",
            "A lock.release report-lock",
            "B lock.acquire report-lock",
            "B get report",
            "B lock.release report-lock",
            "C get report",
            "C lock.acquire report-lock",
            "C set report",
            "C lock.release report-lock",
        ),
    )


def test_get_or_set_returns_a_value_or_raises(cache_race: CacheRace) -> None:
    """In one process and across processes."""
    assert cache_race(two_readers(ask_once), preemptions=None, max_schedules=11_000).exhausted
