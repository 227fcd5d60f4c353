"""aiocache's lease expiry: a holder whose lease ended releases the lock of its successor.

A small model of `aiocache.lock.RedLock` on a backend that cannot compare and delete in one step (its
Memcached backend says so): the lock is a key that `add` makes with the lease as its ttl, and a worker
that leaves deletes it.
"""

from collections.abc import Callable
from typing import Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 3
LEASE: Final = 5

Release = Callable[[CacheProviderInterface, str], object]


def release(cache: CacheProviderInterface, token: str) -> None:
    """Broken: deletes the lock, even if somebody else has it by now."""
    del token
    cache.delete("report-lock")


def release_own(cache: CacheProviderInterface, token: str) -> None:
    """Mended: deletes the lock only if it is still the caller's, in one step."""
    cache.compare_and_delete("report-lock", token)


def three_workers(release: Release) -> Scenario:
    def scenario(r: Race) -> None:
        inside: dict[str, int] = {}

        def work(token: str) -> None:
            if not r.cache.setnx("report-lock", token, ttl=LEASE):
                return
            now = r.clock.now_ms()
            assert all(lease_end <= now for lease_end in inside.values()), "two leases run at the same time"
            inside[token] = now + LEASE * 1000
            release(r.cache, token)
            del inside[token]

        for name in ("A", "B", "C"):
            r.spawn(work, f"token of {name}", name=name)

    return scenario


def test_a_release_after_the_lease_lets_a_third_worker_in() -> None:
    """The first deletes the lock of the second, and the third finds none."""
    result = explore(three_workers(release), preemptions=None, clock="explored", max_schedules=500)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        (
            "A setnx report-lock",
            "time passes",
            "B setnx report-lock",
            "A delete report-lock",
            "C setnx report-lock",
        ),
    )


def test_a_release_that_compares_the_token_lets_nobody_in(cache_race: CacheRace) -> None:
    """Whenever the leases end."""
    assert cache_race(
        three_workers(release_own), preemptions=None, clock="explored", reduce="states"
    ).exhausted
