"""Incr then expire: the worker dies between the two, and a merchant is refused for ever."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from cache_provider import CacheProviderInterface, CacheUnavailableError
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from cache_provider.testing.seam import Operation
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1
LIMIT: Final = 2
WINDOW: Final = 60

Allow = Callable[[CacheProviderInterface], bool]


def allow(cache: CacheProviderInterface) -> bool:
    """Broken: a counter whose worker dies before `expire` never ends."""
    count = cache.incr("rate:ada")
    if count == 1:
        cache.expire("rate:ada", WINDOW)
    return count <= LIMIT


def allow_at_once(cache: CacheProviderInterface) -> bool:
    """Mended: the counter is made with its ttl."""
    return cache.incr("rate:ada", ttl=WINDOW) <= LIMIT


def dies(operation: Operation) -> CacheUnavailableError | None:
    """Let the connection break at one of the limiter's operations."""
    return CacheUnavailableError("gone") if operation.name in {"incr", "expire"} else None


def two_requests(allow: Allow) -> Scenario:
    def scenario(r: Race) -> None:
        def request() -> None:
            with suppress(CacheUnavailableError):
                allow(r.cache)

        r.spawn(request, name="A")
        r.spawn(request, name="B")
        r.join()
        assert r.cache.ttl("rate:ada") == WINDOW

    return scenario


def test_a_counter_is_left_without_a_ttl() -> None:
    """A later caller sees that it is not the first, and leaves the ttl alone."""
    result = explore(two_requests(allow), preemptions=None, faults=[dies], max_schedules=30)
    assert found(result) == Found(INTERRUPTIONS, "AssertionError", ("A incr rate:ada", "B incr rate:ada"))


def test_a_counter_that_is_made_with_its_ttl_ends(cache_race: CacheRace) -> None:
    """Wherever a worker dies."""
    assert cache_race(two_requests(allow_at_once), preemptions=None, faults=[dies]).exhausted
