"""Stale cache: a reader stores what it read before the change, after the writer invalidated it."""

from collections.abc import Callable
from typing import Any, Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1

Look = Callable[[CacheProviderInterface, CacheProviderInterface, str], Any]


def look(cache: CacheProviderInterface, database: CacheProviderInterface, me: str) -> Any:
    """Broken: the row may change, and the key be deleted, before what was read is stored."""
    del me
    price = cache.get("price:7")
    if price is None:
        price = database.get("product:7")
        cache.set("price:7", price)
    return price


def look_with_a_claim(cache: CacheProviderInterface, database: CacheProviderInterface, me: str) -> Any:
    """Mended: who misses leaves a claim of its own; a writer deletes it, and then nothing is stored."""
    claim = {"claimed by": me}
    has_claim = cache.setnx("price:7", claim, ttl=10)
    stored = claim if has_claim else cache.get("price:7")
    if isinstance(stored, int):
        return stored
    price = database.get("product:7")
    if has_claim:
        cache.compare_and_set("price:7", claim, price)
    return price


def reader_and_writer(look: Look) -> Scenario:
    def scenario(r: Race) -> None:
        # A cache of its own, so that a query is a step of its own.
        database = r.make_cache(key_prefix="database:")
        database.set("product:7", 10)

        def change() -> None:
            database.set("product:7", 12)
            r.cache.delete("price:7")

        r.spawn(look, r.cache, database, "the reader", name="reader")
        r.spawn(change, name="writer")
        r.join()
        assert look(r.cache, database, "the scenario") == 12

    return scenario


def test_an_old_price_stays_in_the_cache() -> None:
    """It was read before the change, and stored after the key was deleted."""
    result = explore(reader_and_writer(look), preemptions=None, clock="explored", max_schedules=20)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        (
            "reader get price:7",
            "reader get product:7",
            "writer set product:7",
            "writer delete price:7",
            "reader set price:7",
        ),
    )


def test_who_lost_its_claim_stores_nothing(cache_race: CacheRace) -> None:
    """The old price goes to one reader, and to nobody after it."""
    assert cache_race(reader_and_writer(look_with_a_claim), preemptions=None, clock="explored").exhausted
