"""Torn read: a reader sees one key of two from before a change, and the other from after it."""

from collections.abc import Callable
from typing import Any, Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, Work, found

INTERRUPTIONS: Final = 1

Read = Callable[[CacheProviderInterface], dict[str, Any]]


def move(cache: CacheProviderInterface) -> None:
    """Broken: between the two writes the money is in both places."""
    cache.set("savings", 100)
    cache.set("checking", 0)


def move_at_once(cache: CacheProviderInterface) -> None:
    """Mended: both or neither (on one node; on a cluster, put them into one value)."""
    cache.mset({"savings": 100, "checking": 0})


def read(cache: CacheProviderInterface) -> dict[str, Any]:
    """Broken: the money may move between the two reads."""
    return {"checking": cache.get("checking"), "savings": cache.get("savings")}


def read_at_once(cache: CacheProviderInterface) -> dict[str, Any]:
    """Mended: both at one moment."""
    return cache.mget(["checking", "savings"])


def reader_and_writer(read: Read, move: Work) -> Scenario:
    def scenario(r: Race) -> None:
        r.cache.mset({"checking": 100, "savings": 0})
        r.spawn(move, r.cache, name="writer")
        reader = r.spawn(read, r.cache, name="reader")
        r.join()
        assert sum(reader.result.values()) == 100

    return scenario


def test_money_is_seen_twice_between_two_writes() -> None:
    """To read both at once does not help where they are not written at once."""
    result = explore(reader_and_writer(read_at_once, move), preemptions=None, max_schedules=10)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        ("writer set savings", "reader mget checking, savings", "writer set checking"),
    )


def test_money_is_seen_twice_between_two_reads() -> None:
    """To write both at once does not help where they are not read at once."""
    result = explore(reader_and_writer(read, move_at_once), preemptions=None, max_schedules=10)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        ("reader get checking", "writer mset savings, checking", "reader get savings"),
    )


def test_both_at_once_on_both_sides_is_never_torn(cache_race: CacheRace) -> None:
    """`mset` and `mget` are one step each."""
    assert cache_race(reader_and_writer(read_at_once, move_at_once), preemptions=None).exhausted
