"""Push and trim: between the two, a list that is to have three lines has four."""

from typing import Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 1
SHOWN: Final = 3


class Lines:
    """Broken: a hash of numbered lines; the new one is added first, then the oldest removed."""

    def __init__(self, cache: CacheProviderInterface) -> None:
        self.cache = cache

    def add(self, line: str) -> None:
        number = self.cache.incr("last-line")
        self.cache.hset("lines", f"{number}", line)
        self.cache.hdel("lines", f"{number - SHOWN}")

    def all(self) -> list[str]:
        lines = self.cache.hgetall("lines")
        return [lines[number] for number in sorted(lines, key=int)]


class CappedLines(Lines):
    """Mended: push and trim are one operation."""

    def add(self, line: str) -> None:
        self.cache.push_limit("lines", line, max_len=SHOWN)

    def all(self) -> list[str]:
        return self.cache.list_range("lines", 0, -1)


def writers_and_a_reader(kind: type[Lines]) -> Scenario:
    def scenario(r: Race) -> None:
        lines = kind(r.cache)
        for line in ("one", "two", "three"):
            lines.add(line)
        reader = r.spawn(lines.all, name="reader")
        r.spawn(lines.add, "four", name="four")
        r.spawn(lines.add, "five", name="five")
        r.join()
        assert len(reader.result) == SHOWN
        assert set(lines.all()) == {"three", "four", "five"}

    return scenario


def test_a_reader_sees_too_many_lines() -> None:
    """It looks after the push and before the trim."""
    result = explore(writers_and_a_reader(Lines), preemptions=None, max_schedules=30)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        (
            "five incr last-line",
            "five hset lines",
            "reader hgetall lines",
            "four incr last-line",
            "four hset lines",
            "four hdel lines",
            "five hdel lines",
        ),
    )


def test_push_limit_shows_three_lines_at_any_time(cache_race: CacheRace) -> None:
    """There is nothing between its push and its trim."""
    assert cache_race(writers_and_a_reader(CappedLines), preemptions=None).exhausted
