"""`MemoryBackend`: what a caching middleware's backend does only when it stands alone."""

import asyncio
from typing import Any, cast

import pytest
from freezegun import freeze_time

from cache_provider import ManualClock
from cache_provider.interop.cache_middleware import MemoryBackend
from cache_provider.memory.server import keyspace_of


def filled(backend: MemoryBackend, *keys: str) -> MemoryBackend:
    """Store a text under each key, one after the other."""

    async def fill() -> None:
        for key in keys:
            await backend.set(key, f"text of {key}", 60)

    asyncio.run(fill())
    return backend


def kept(backend: MemoryBackend, keys: str) -> str:
    """Return those of the one-letter keys that have a text."""

    async def look() -> str:
        return "".join([key for key in keys if await backend.get(key) is not None])

    return asyncio.run(look())


def test_it_holds_a_thousand_by_default() -> None:
    """As the shape has it."""
    assert MemoryBackend().max_size == 1000


def test_it_holds_max_size_and_no_more() -> None:
    """The thousand and first makes one go."""
    backend = filled(MemoryBackend(), *map(str, range(1001)))
    assert repr(backend) == "MemoryBackend(max_size=1000, current_entries=1000)"


def test_the_oldest_goes_first() -> None:
    """First in, first out."""
    assert kept(filled(MemoryBackend(2), "a", "b", "c"), "abc") == "bc"


def test_reading_saves_nobody() -> None:
    """FIFO, not LRU."""
    backend = filled(MemoryBackend(2), "a", "b")
    asyncio.run(backend.get("a"))
    assert kept(filled(backend, "c"), "abc") == "bc"


def test_writing_again_makes_young() -> None:
    """What was written last goes last."""
    assert kept(filled(MemoryBackend(2), "a", "b", "a", "c"), "abc") == "ac"


def test_writing_again_in_a_full_one_evicts_nobody() -> None:
    """There is no new entry that needs room."""
    assert kept(filled(MemoryBackend(2), "a", "b", "b"), "ab") == "ab"


def test_what_expired_goes_before_what_lives() -> None:
    """The dead make room first, even the youngest of them."""
    clock = ManualClock()
    backend = filled(MemoryBackend(2, clock=clock), "a")
    asyncio.run(backend.set("b", "short", 1))
    clock.advance(1)
    assert kept(filled(backend, "c"), "abc") == "ac"


def test_a_size_of_zero_stores_nothing() -> None:
    """A cache that is switched off."""
    assert kept(filled(MemoryBackend(0), "a"), "a") == ""


@pytest.mark.parametrize(
    ("max_size", "error"), [(-1, ValueError), (None, TypeError), (True, TypeError), ("9", TypeError)]
)
def test_a_wrong_size_is_refused(max_size: object, error: type[Exception]) -> None:
    """At once, by name."""
    with pytest.raises(error, match="max_size must be"):
        MemoryBackend(cast("int", max_size))


def test_a_wrong_clock_is_refused() -> None:
    """At once, by name."""
    with pytest.raises(TypeError, match="clock must be a Clock"):
        MemoryBackend(clock=cast("Any", 5))


def test_close_empties() -> None:
    """Nothing is left in memory."""
    backend = filled(MemoryBackend(), "a")
    asyncio.run(backend.close())
    assert repr(backend) == "MemoryBackend(max_size=1000, current_entries=0)"


def test_it_works_after_close() -> None:
    """There is no connection that could be gone."""
    backend = MemoryBackend()
    asyncio.run(backend.close())
    assert kept(filled(backend, "a"), "a") == "a"


def test_its_repr_counts_the_living() -> None:
    """An expired text is no entry."""
    clock = ManualClock()
    backend = filled(MemoryBackend(5, clock=clock), "a", "b")
    clock.advance(60)
    assert repr(backend) == "MemoryBackend(max_size=5, current_entries=0)"


@pytest.mark.parametrize("operation", ["get", "set"])
def test_what_expired_does_not_stay_in_memory(operation: str) -> None:
    """Whatever is asked next, the memory comes back, though nobody asks for the expired key again."""
    clock = ManualClock()
    backend = filled(MemoryBackend(clock=clock), "a", "b")
    clock.advance(60)
    rest = ("text", 60) if operation == "set" else ()
    asyncio.run(getattr(backend, operation)("c", *rest))
    assert {"a", "b"} & set(keyspace_of(backend._server).entries) == set()


def test_two_share_nothing() -> None:
    """Each has a memory of its own."""
    filled(MemoryBackend(), "a")
    assert kept(MemoryBackend(), "a") == ""


def test_it_outlives_its_event_loop() -> None:
    """A later loop finds what an earlier one stored."""
    assert kept(filled(MemoryBackend(), "a"), "a") == "a"


def test_freezegun_moves_its_time() -> None:
    """Without a clock of its own it lives by the system's, as the test sees it."""
    with freeze_time("2030-06-01 12:00") as frozen:
        backend = filled(MemoryBackend(), "a")
        frozen.tick(60)
        assert kept(backend, "a") == ""
