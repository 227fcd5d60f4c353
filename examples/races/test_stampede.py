"""Stampede: a report falls out of the cache, and everybody who asks computes it anew."""

from collections.abc import Callable
from typing import Any, Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1

Ask = Callable[[CacheProviderInterface, Callable[[], str]], Any]


def ask(cache: CacheProviderInterface, compute: Callable[[], str]) -> Any:
    """Broken: everybody who misses before the first result is stored computes."""
    report = cache.get("report")
    if report is None:
        report = compute()
        cache.set("report", report, ttl=60)
    return report


def ask_once(cache: CacheProviderInterface, compute: Callable[[], str]) -> Any:
    """Mended: one caller computes, in whichever process, and the others wait for it."""
    return cache.get_or_set("report", compute, ttl=60)


def three_readers(ask: Ask) -> Scenario:
    def scenario(r: Race) -> None:
        computed: list[str] = []

        def compute() -> str:
            computed.append("report")
            return "the report"

        elsewhere = r.make_cache()
        readers = [r.spawn(ask, cache, compute) for cache in (r.cache, r.cache, elsewhere)]
        r.join()
        assert [reader.result for reader in readers] == ["the report"] * 3
        assert len(computed) == 1

    return scenario


def test_everybody_computes() -> None:
    """The second asks before the first has stored."""
    assert found(explore(three_readers(ask), preemptions=None, max_schedules=15)) == Found(
        INTERRUPTIONS,
        "AssertionError",
        ("A get report", "B get report", "B set report", "A set report", "C get report"),
    )


def test_get_or_set_computes_once(cache_race: CacheRace) -> None:
    """In one process and across processes."""
    assert cache_race(three_readers(ask_once), preemptions=None, max_schedules=10_000).exhausted
