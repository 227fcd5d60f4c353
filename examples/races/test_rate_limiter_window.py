"""Rate limiter window: the window is looked at and then counted in, and ends in between."""

from collections.abc import Callable
from typing import Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1
LIMIT: Final = 1
WINDOW: Final = 60

Allow = Callable[[CacheProviderInterface], bool]


def allow(cache: CacheProviderInterface) -> bool:
    """Broken: another request may open the window, or its ttl close it, after the look."""
    if cache.exists("rate:ada"):
        return cache.incr("rate:ada") <= LIMIT
    cache.set("rate:ada", 1, ttl=WINDOW)
    return True


def allow_at_once(cache: CacheProviderInterface) -> bool:
    """Mended: one operation counts, and opens the window if there is none."""
    return cache.incr("rate:ada", ttl=WINDOW) <= LIMIT


def two_requests(allow: Allow) -> Scenario:
    def scenario(r: Race) -> None:
        requests = [r.spawn(allow, r.cache) for _ in range(2)]
        r.join()
        assert [request.result for request in requests].count(True) == LIMIT

    return scenario


def a_request_at_the_end_of_a_window(allow: Allow) -> Scenario:
    def scenario(r: Race) -> None:
        allow(r.cache)
        r.spawn(allow, r.cache)
        r.join()
        r.clock.advance(WINDOW)
        assert allow(r.cache), "refused for ever"

    return scenario


def test_two_requests_both_open_the_window() -> None:
    """One of them is not counted."""
    result = explore(two_requests(allow), preemptions=None, max_schedules=10)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        ("A exists rate:ada", "B exists rate:ada", "B set rate:ada", "A set rate:ada"),
    )


def test_a_window_that_ends_after_the_look_leaves_a_counter_for_ever() -> None:
    """`incr` makes a new one, and nobody gives it a ttl."""
    scenario = a_request_at_the_end_of_a_window(allow)
    result = explore(scenario, preemptions=None, clock="explored", max_schedules=10)
    assert found(result) == Found(
        INTERRUPTIONS, "AssertionError", ("A exists rate:ada", "time passes", "A incr rate:ada")
    )


def test_one_operation_counts_every_request(cache_race: CacheRace) -> None:
    """Two never see the same number."""
    assert cache_race(two_requests(allow_at_once), preemptions=None).exhausted


def test_one_operation_leaves_no_counter_without_a_ttl(cache_race: CacheRace) -> None:
    """Whenever the window ends."""
    scenario = a_request_at_the_end_of_a_window(allow_at_once)
    assert cache_race(scenario, preemptions=None, clock="explored").exhausted
