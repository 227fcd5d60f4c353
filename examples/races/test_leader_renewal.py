"""Leader renewal: a leader renews a lease that is somebody else's by then, and there are two leaders."""

from collections.abc import Callable
from typing import Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 2
LEASE: Final = 10

Lead = Callable[[CacheProviderInterface, str], bool]


def lead(cache: CacheProviderInterface, me: str) -> bool:
    """Broken: the lease may end, and go to another, between the look and the renewal."""
    if cache.get("leader") == me:
        return cache.set("leader", me, ttl=LEASE)
    return cache.setnx("leader", me, ttl=LEASE)


def lead_if_still_mine(cache: CacheProviderInterface, me: str) -> bool:
    """Mended: renews only where the lease is still the caller's, as `extend` of a lock does."""
    return cache.compare_and_set("leader", me, me, ttl=LEASE) or cache.setnx("leader", me, ttl=LEASE)


def two_candidates(lead: Lead) -> Scenario:
    def scenario(r: Race) -> None:
        lease_ends: dict[str, int] = {}

        def run(me: str) -> None:
            if lead(r.cache, me):
                lease_ends[me] = r.clock.now_ms() + LEASE * 1000

        run("A")
        r.spawn(run, "A", name="A")
        r.spawn(run, "B", name="B")
        r.join()
        now = r.clock.now_ms()
        assert sum(end > now for end in lease_ends.values()) <= 1

    return scenario


def test_there_are_two_leaders() -> None:
    """Both believe in a lease that runs."""
    result = explore(two_candidates(lead), preemptions=None, clock="explored", max_schedules=60)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        ("A get leader", "time passes", "B get leader", "B setnx leader", "A set leader"),
    )


def test_a_renewal_that_compares_leaves_one_leader(cache_race: CacheRace) -> None:
    """Whenever leases end."""
    assert cache_race(two_candidates(lead_if_still_mine), preemptions=None, clock="explored").exhausted
