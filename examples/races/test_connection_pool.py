"""Connection pool: the top of the free list is the same again, though what lies below it has changed (ABA).

It takes three workers and two interruptions: the first has looked, the second borrows the same connection,
the third takes the next one for good, and the second puts its own back on top.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 2


class Pool:
    """Broken: a linked list of free connections; a change compares only its top."""

    def __init__(self, cache: CacheProviderInterface) -> None:
        self.cache = cache

    def take(self) -> str:
        """Remove the top; return an empty text if there is none."""
        while top := self.top():
            if self.cache.compare_and_set("top", top, self.cache.hget("below", top)):
                break
        return top

    def put(self, connection: str) -> None:
        """Make a connection the top."""
        while True:
            top = self.top()
            self.cache.hset("below", connection, top)
            if self.cache.compare_and_set("top", top, connection):
                return

    def top(self) -> str:
        """Return the top."""
        top: str = self.cache.get("top")
        return top

    def free(self) -> list[str]:
        """Return all that are free."""
        free: list[str] = []
        connection = self.top()
        while connection:
            free.append(connection)
            connection = self.cache.hget("below", connection)
        return free


class LockedPool(Pool):
    """Mended: nobody else changes the list between a look and a change."""

    def take(self) -> str:
        """Remove the top; return an empty text if there is none."""
        with self.cache.get_lock("pool"):
            return super().take()

    def put(self, connection: str) -> None:
        """Make a connection the top."""
        with self.cache.get_lock("pool"):
            super().put(connection)


MakePool: TypeAlias = Callable[[CacheProviderInterface], Pool]


def three_workers(make_pool: MakePool) -> Scenario:
    def scenario(r: Race) -> None:
        pool = make_pool(r.cache)
        r.cache.set("top", "")
        pool.put("two")
        pool.put("one")

        def borrow() -> None:
            connection = pool.take()
            if connection:
                pool.put(connection)

        first = r.spawn(pool.take, name="A")
        r.spawn(borrow, name="B")
        third = r.spawn(pool.take, name="C")
        r.join()
        taken = [connection for connection in (first.result, third.result) if connection]
        assert sorted(taken + pool.free()) == ["one", "two"]

    return scenario


def test_a_connection_is_in_use_and_free_at_the_same_time() -> None:
    """The first compares the top, finds it unchanged, and makes what the third has the new top."""
    result = explore(three_workers(Pool), preemptions=None, max_schedules=200)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        (
            "A get top",
            "A hget below",
            "B get top",
            "B hget below",
            "B compare_and_set top",
            "C get top",
            "C hget below",
            "C compare_and_set top",
            "B get top",
            "B hset below",
            "B compare_and_set top",
            "A compare_and_set top",
        ),
    )


def test_one_interruption_is_not_enough() -> None:
    """Every schedule with fewer was run, and none failed."""
    result = explore(three_workers(Pool), preemptions=1, strategy="dfs")
    assert (result.failure, result.bound) == (None, 1)


def test_a_locked_pool_has_each_connection_once(cache_race: CacheRace) -> None:
    """One after the other, in any order."""
    assert cache_race(three_workers(LockedPool), preemptions=None).exhausted


def test_chance_finds_it_as_well() -> None:
    """Random priorities, which a search too large to exhaust falls back on, reach it with two changes."""
    result = explore(three_workers(Pool), strategy="pct", preemptions=2, seed=0, max_schedules=5000)
    assert result.failure is not None
