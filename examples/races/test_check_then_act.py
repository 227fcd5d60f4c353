"""Check then act: two guests find the seat free, and both take it."""

from collections.abc import Callable
from typing import Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1

Book = Callable[[CacheProviderInterface, str], bool]


def book(cache: CacheProviderInterface, guest: str) -> bool:
    """Broken: the seat may be taken between the look and the booking."""
    if cache.exists("seat:12A"):
        return False
    cache.set("seat:12A", guest)
    return True


def book_at_once(cache: CacheProviderInterface, guest: str) -> bool:
    """Mended: the look and the booking are one operation."""
    return cache.setnx("seat:12A", guest)


def two_guests(book: Book) -> Scenario:
    def scenario(r: Race) -> None:
        ada = r.spawn(book, r.cache, "ada", name="ada")
        bob = r.spawn(book, r.cache, "bob", name="bob")
        r.join()
        assert [ada.result, bob.result].count(True) == 1

    return scenario


def test_a_seat_is_booked_twice() -> None:
    """Each looks before the other books."""
    assert found(explore(two_guests(book), preemptions=None, max_schedules=10)) == Found(
        INTERRUPTIONS,
        "AssertionError",
        ("ada exists seat:12A", "bob exists seat:12A", "bob set seat:12A", "ada set seat:12A"),
    )


def test_setnx_books_a_seat_once(cache_race: CacheRace) -> None:
    """The server says who was first."""
    assert cache_race(two_guests(book_at_once), preemptions=None).exhausted
