"""What an adapter counted."""

from itertools import count
from typing import NamedTuple


# Not a dataclass: importing `dataclasses` takes as long as half of this package.
class CacheStats(NamedTuple):
    """Counts since the adapter was made.

    Attributes:
        hits: Reads of a value, list, hash or field that found it; `mget` counts each key.
        misses: Reads that found nothing.
        sets: Keys written, by any operation.
        deletes: Keys removed by `delete`, `mdelete`, `compare_and_delete` and `delete_pattern`.
        evictions: Entries that the server removed to make room, for all its adapters.
        expirations: Expired entries that the server removed, for all its adapters.
        lock_waits: Lock acquisitions that had to wait.
    """

    hits: int = 0
    misses: int = 0
    sets: int = 0
    deletes: int = 0
    evictions: int = 0
    expirations: int = 0
    lock_waits: int = 0


class Tally:
    """A count that any thread may raise without a mutex.

    `+= 1` loses counts between threads; `next` of an `itertools.count` is one
    step and costs a tenth of a mutex.

    Attributes:
        counter: What the hottest paths raise themselves, by `next`: half the time of `add`.
    """

    def __init__(self) -> None:
        self.counter = count()
        self._of_power: dict[int, count[int]] = {1: self.counter}

    def add(self) -> None:
        """Raise the count by one."""
        next(self.counter)

    def add_many(self, amount: int) -> None:
        """Raise the count by `amount`."""
        # A counter for each power of two: a step for each bit, not for each one that is counted.
        while amount:
            power = amount & -amount
            next(self._of_power.get(power) or self._of_power.setdefault(power, count()))
            amount -= power

    def value(self) -> int:
        """Return the count."""
        return sum(power * _reading(counter) for power, counter in self._of_power.copy().items())


def _reading(counter: "count[int]") -> int:
    # Its repr, "count(5)", is the only way to read a counter without raising it.
    return int(repr(counter)[len("count(") : -1])


class Counts:
    """What one adapter counts."""

    def __init__(self) -> None:
        self.hits = Tally()
        self.misses = Tally()
        self.sets = Tally()
        self.deletes = Tally()
        self.lock_waits = Tally()

    def read(self, found: int, asked: int) -> None:
        """Note a read of several keys."""
        self.hits.add_many(found)
        self.misses.add_many(asked - found)

    def stats(self, *, evictions: int = 0, expirations: int = 0) -> CacheStats:
        """Return the counts, with what the server counted."""
        return CacheStats(
            hits=self.hits.value(),
            misses=self.misses.value(),
            sets=self.sets.value(),
            deletes=self.deletes.value(),
            evictions=evictions,
            expirations=expirations,
            lock_waits=self.lock_waits.value(),
        )
