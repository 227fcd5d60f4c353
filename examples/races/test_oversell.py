"""Oversell: a shop with one piece left sells it to two customers."""

from collections.abc import Callable
from typing import Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1

Buy = Callable[[CacheProviderInterface], bool]


def buy(cache: CacheProviderInterface) -> bool:
    """Broken: `decr` is atomic, but what was looked at before it is old by then."""
    if cache.get("stock") <= 0:
        return False
    cache.decr("stock")
    return True


def buy_what_is_there(cache: CacheProviderInterface) -> bool:
    """Mended: take first, and judge by what the taking itself returned."""
    if cache.decr("stock") >= 0:
        return True
    cache.incr("stock")
    return False


def three_customers(buy: Buy) -> Scenario:
    def scenario(r: Race) -> None:
        r.cache.set("stock", 1)
        customers = [r.spawn(buy, r.cache) for _ in range(3)]
        r.join()
        assert [customer.result for customer in customers].count(True) == 1
        assert r.cache.get("stock") == 0

    return scenario


def test_one_piece_is_sold_twice() -> None:
    """Both look while it is still there."""
    assert found(explore(three_customers(buy), preemptions=None, max_schedules=15)) == Found(
        INTERRUPTIONS,
        "AssertionError",
        ("A get stock", "B get stock", "B decr stock", "A decr stock", "C get stock"),
    )


def test_what_is_judged_by_the_result_of_decr_is_sold_once(cache_race: CacheRace) -> None:
    """Below zero there was nothing left, and it is given back."""
    assert cache_race(three_customers(buy_what_is_there), preemptions=None).exhausted
