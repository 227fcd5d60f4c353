"""Lost update: two visitors read the same count, and each writes it plus one."""

from typing import Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, Work, found

INTERRUPTIONS: Final = 1


def count(cache: CacheProviderInterface) -> None:
    """Broken: somebody may write between the read and the write."""
    visits = cache.get("visits", 0)
    cache.set("visits", visits + 1)


def count_at_once(cache: CacheProviderInterface) -> None:
    """Mended: the server adds."""
    cache.incr("visits")


def count_or_try_again(cache: CacheProviderInterface) -> None:
    """Mended: the write is refused if anybody wrote since the read; then read again."""
    while True:
        visits = cache.get("visits")
        if cache.compare_and_set("visits", visits, visits + 1):
            return


def two_visits(visit: Work) -> Scenario:
    def scenario(r: Race) -> None:
        r.cache.set("visits", 0)
        r.spawn(visit, r.cache, name="A")
        r.spawn(visit, r.cache, name="B")
        r.join()
        assert r.cache.get("visits") == 2

    return scenario


def test_a_visit_is_lost() -> None:
    """Both read 0, so both write 1."""
    assert found(explore(two_visits(count), preemptions=None, max_schedules=10)) == Found(
        INTERRUPTIONS, "AssertionError", ("A get visits", "B get visits", "B set visits", "A set visits")
    )


def test_no_visit_is_lost_where_the_server_adds(cache_race: CacheRace) -> None:
    """One operation cannot be split."""
    assert cache_race(two_visits(count_at_once), preemptions=None).exhausted


def test_no_visit_is_lost_where_the_write_compares(cache_race: CacheRace) -> None:
    """The second one tries again."""
    assert cache_race(two_visits(count_or_try_again), preemptions=None).exhausted
