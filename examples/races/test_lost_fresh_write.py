"""cachetory's lost fresh write: a reader that saw an expired entry deletes the new one.

A small model of `cachetory.backends.sync.memory.MemoryBackend`, which keeps deadlines beside the values,
and removes what has expired when somebody reads it.
"""

from collections.abc import Callable
from typing import Any, Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1

Drop = Callable[[CacheProviderInterface, dict[str, Any]], object]


def drop(cache: CacheProviderInterface, entry: dict[str, Any]) -> None:
    """Broken: removes whatever is there by now."""
    del entry
    cache.delete("greeting")


def drop_expired(cache: CacheProviderInterface, entry: dict[str, Any]) -> None:
    """Mended: removes the entry that has expired, and no other."""
    cache.compare_and_delete("greeting", entry)


def reader_and_writer(drop: Drop) -> Scenario:
    def scenario(r: Race) -> None:
        def read() -> str | None:
            entry = r.cache.get("greeting")
            if entry is not None and entry["deadline"] <= r.clock.now_ms():
                drop(r.cache, entry)
                return None
            return None if entry is None else entry["value"]

        def write(value: str) -> None:
            r.cache.set("greeting", {"value": value, "deadline": r.clock.now_ms() + 60_000})

        write("good morning")
        r.clock.advance(60)
        r.spawn(read, name="reader")
        r.spawn(write, "good evening", name="writer")
        r.join()
        assert read() == "good evening"

    return scenario


def test_a_reader_deletes_a_fresh_write() -> None:
    """It decides by the old entry, and deletes the new one."""
    assert found(explore(reader_and_writer(drop), preemptions=None, max_schedules=10)) == Found(
        INTERRUPTIONS,
        "AssertionError",
        ("reader get greeting", "writer set greeting", "reader delete greeting"),
    )


def test_a_reader_that_compares_deletes_the_old_entry_only(cache_race: CacheRace) -> None:
    """What it did not see, it leaves alone."""
    assert cache_race(reader_and_writer(drop_expired), preemptions=None).exhausted
