"""Setnx then expire: the worker dies between the two, and its claim stays for ever."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from cache_provider import CacheProviderInterface, CacheUnavailableError
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from cache_provider.testing.seam import Operation
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1
LEASE: Final = 30

Claim = Callable[[CacheProviderInterface], bool]


def claim(cache: CacheProviderInterface) -> bool:
    """Broken: a claim whose worker dies before `expire` never ends."""
    if not cache.setnx("nightly-job", "claimed"):
        return False
    cache.expire("nightly-job", LEASE)
    return True


def claim_at_once(cache: CacheProviderInterface) -> bool:
    """Mended: the claim is made with its ttl; so does `get_lock`."""
    return cache.setnx("nightly-job", "claimed", ttl=LEASE)


def dies(operation: Operation) -> CacheUnavailableError | None:
    """Let the connection of a worker break."""
    return CacheUnavailableError("gone") if operation.name in {"setnx", "expire"} else None


def two_workers(claim: Claim) -> Scenario:
    def scenario(r: Race) -> None:
        def work() -> None:
            with suppress(CacheUnavailableError):
                claim(r.cache)

        r.spawn(work, name="A")
        r.spawn(work, name="B")
        r.join()
        r.clock.advance(LEASE)
        assert not r.cache.exists("nightly-job")

    return scenario


def test_a_claim_stays_for_ever() -> None:
    """The job is never done again."""
    result = explore(two_workers(claim), preemptions=None, faults=[dies], max_schedules=30)
    assert found(result) == Found(
        INTERRUPTIONS, "AssertionError", ("A setnx nightly-job", "B setnx nightly-job")
    )


def test_a_claim_that_is_made_with_its_ttl_ends(cache_race: CacheRace) -> None:
    """Wherever a worker dies."""
    assert cache_race(two_workers(claim_at_once), preemptions=None, faults=[dies]).exhausted
