"""Lock order: two transfers in opposite directions wait for each other for ever."""

from collections.abc import Callable
from typing import Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1

Transfer = Callable[[CacheProviderInterface, str, str], None]


def transfer(cache: CacheProviderInterface, source: str, target: str) -> None:
    """Broken: each direction locks in its own order."""
    with cache.get_lock(f"{source}-lock"), cache.get_lock(f"{target}-lock"):
        cache.decr(source)
        cache.incr(target)


def transfer_in_order(cache: CacheProviderInterface, source: str, target: str) -> None:
    """Mended: everybody locks in the order of the names."""
    first, second = sorted([source, target])
    with cache.get_lock(f"{first}-lock"), cache.get_lock(f"{second}-lock"):
        cache.decr(source)
        cache.incr(target)


def two_transfers(transfer: Transfer) -> Scenario:
    def scenario(r: Race) -> None:
        r.spawn(transfer, r.cache, "ada", "bob", name="A")
        r.spawn(transfer, r.cache, "bob", "ada", name="B")
        r.join()
        assert r.cache.mget(["ada", "bob"]) == {"ada": 0, "bob": 0}

    return scenario


def test_each_transfer_holds_what_the_other_waits_for() -> None:
    """Neither can go on."""
    assert found(explore(two_transfers(transfer), preemptions=None, max_schedules=10)) == Found(
        INTERRUPTIONS, "Deadlock", ("A lock.acquire ada-lock", "B lock.acquire bob-lock")
    )


def test_one_order_for_all_never_ends_in_a_deadlock(cache_race: CacheRace) -> None:
    """The holder of the first lock gets the second."""
    assert cache_race(two_transfers(transfer_in_order), preemptions=None).exhausted
