"""Token reuse: a link that resets a password once is used twice."""

from collections.abc import Callable
from typing import Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1

Redeem = Callable[[CacheProviderInterface], str | None]


def redeem(cache: CacheProviderInterface) -> str | None:
    """Broken: it is valid for everybody who looks before the first deletes it."""
    user: str | None = cache.get("reset:x7Qp")
    if user is not None:
        cache.delete("reset:x7Qp")
    return user


def redeem_once(cache: CacheProviderInterface) -> str | None:
    """Mended: it is valid for the caller who deleted it."""
    user: str | None = cache.get("reset:x7Qp")
    return user if cache.delete("reset:x7Qp") else None


def owner_and_thief(redeem: Redeem) -> Scenario:
    def scenario(r: Race) -> None:
        r.cache.set("reset:x7Qp", "ada", ttl=900)
        owner = r.spawn(redeem, r.cache, name="owner")
        thief = r.spawn(redeem, r.cache, name="thief")
        r.join()
        assert {owner.result, thief.result} == {"ada", None}

    return scenario


def test_a_token_is_used_twice() -> None:
    """Both look before either deletes."""
    result = explore(owner_and_thief(redeem), preemptions=None, max_schedules=10)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        (
            "owner get reset:x7Qp",
            "thief get reset:x7Qp",
            "thief delete reset:x7Qp",
            "owner delete reset:x7Qp",
        ),
    )


def test_a_token_that_goes_to_whoever_deleted_it_is_used_once(cache_race: CacheRace) -> None:
    """`delete` says True to one caller."""
    assert cache_race(owner_and_thief(redeem_once), preemptions=None).exhausted
