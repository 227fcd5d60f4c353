"""Scenarios that several tests explore."""

from collections.abc import Callable, Sequence

from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.testing.race import Race

Scenario = Callable[[Race], object]


def bump(cache: CacheProviderInterface) -> None:
    """Add one, the wrong way."""
    value = cache.get("n")
    cache.set("n", value + 1)


def lost_update(r: Race) -> None:
    """Two tasks read, then write."""
    r.cache.set("n", 0)
    r.spawn(bump, r.cache, name="A")
    r.spawn(bump, r.cache, name="B")
    r.join()
    assert r.cache.get("n") == 2


def atomic_update(r: Race) -> None:
    """Two tasks let the server add."""
    r.cache.set("n", 0)
    r.spawn(r.cache.incr, "n", name="A")
    r.spawn(r.cache.incr, "n", name="B")
    r.join()
    assert r.cache.get("n") == 2


def counting(lengths: Sequence[int]) -> Scenario:
    """Return a scenario of tasks that make so many operations each."""

    def work(r: Race, length: int) -> None:
        for _ in range(length):
            r.cache.get("x")

    def scenario(r: Race) -> None:
        for length in lengths:
            r.spawn(work, r, length)
        r.join()

    return scenario


def lock_order(r: Race) -> None:
    """Two tasks take the same two locks in opposite orders."""

    def take(first: str, second: str) -> None:
        with r.cache.get_lock(first), r.cache.get_lock(second):
            r.cache.incr("done")

    r.spawn(take, "left", "right", name="A")
    r.spawn(take, "right", "left", name="B")
    r.join()
