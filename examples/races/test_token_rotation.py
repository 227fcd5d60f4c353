"""Refresh token rotation: two tabs refresh at once, both get a new token, and one of the two is worthless."""

from collections.abc import Callable
from typing import Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1

Refresh = Callable[[CacheProviderInterface, str, str], str | None]


def refresh(cache: CacheProviderInterface, presented: str, fresh: str) -> str | None:
    """Broken: the session may have moved on between the check and the write."""
    session = cache.get("session:ada")
    if session["token"] != presented:
        return None
    cache.set("session:ada", {"token": fresh})
    return fresh


def refresh_at_once(cache: CacheProviderInterface, presented: str, fresh: str) -> str | None:
    """Mended: the token is replaced only where it is still the one presented."""
    return fresh if cache.cas_dict_field("session:ada", "token", presented, {"token": fresh}) else None


def two_tabs(refresh: Refresh) -> Scenario:
    def scenario(r: Race) -> None:
        r.cache.set("session:ada", {"token": "old"})
        tabs = [r.spawn(refresh, r.cache, "old", fresh, name=fresh) for fresh in ("left", "right")]
        r.join()
        handed_out = [tab.result for tab in tabs if tab.result is not None]
        assert handed_out == [r.cache.get("session:ada")["token"]]

    return scenario


def test_a_token_is_handed_out_that_does_not_work() -> None:
    """The second write takes the first one's token away."""
    result = explore(two_tabs(refresh), preemptions=None, max_schedules=10)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        ("left get session:ada", "right get session:ada", "right set session:ada", "left set session:ada"),
    )


def test_comparing_and_replacing_in_one_step_hands_out_one_token(cache_race: CacheRace) -> None:
    """And it is the one that works."""
    assert cache_race(two_tabs(refresh_at_once), preemptions=None).exhausted
