"""Renewed locks under the explorer: where the clock is explored, a renewal may come too late."""

import asyncio
from typing import Any

from cache_provider.testing.race import AsyncRace, Race, explore


def counted_twice(r: Race) -> None:
    """Two tasks count under a renewed lock, and trust it."""

    def count() -> None:
        with r.cache.get_lock("l", timeout=10, renew=True, raise_on_release_error=False):
            r.cache.set("n", r.cache.get("n") + 1)

    r.cache.set("n", 0)
    r.spawn(count)
    r.spawn(count)
    r.join()
    assert r.cache.get("n") == 2


async def counted_twice_by_coroutines(r: AsyncRace) -> None:
    """The same, awaited."""

    async def count() -> None:
        async with r.cache.get_lock("l", timeout=10, renew=True, raise_on_release_error=False):
            n = await r.cache.get("n")
            await r.cache.set("n", n + 1)

    await r.cache.set("n", 0)
    await asyncio.gather(count(), count())
    assert await r.cache.get("n") == 2


def test_a_lock_that_is_renewed_in_time_excludes() -> None:
    """In every order, while nobody lets time pass."""
    assert explore(counted_twice).exhausted


def test_a_renewal_that_comes_too_late_lets_another_in() -> None:
    """Where the end of a lease is a choice, no lock alone is enough."""
    failure = explore(counted_twice, clock="explored").failure
    assert "10 s pass: the lease of lock 'l' ends" in str(failure)


def test_coroutines_are_explored_alike() -> None:
    """Excluded in time, and not too late."""
    assert explore(counted_twice_by_coroutines).exhausted
    assert explore(counted_twice_by_coroutines, clock="explored").failure is not None


def test_time_that_a_task_moves_lets_renewals_happen() -> None:
    """However far, a living holder keeps its lock."""

    def scenario(r: Race) -> None:
        def hold() -> None:
            lock: Any = r.cache.get_lock("l", timeout=10, renew=True)
            with lock:
                r.clock.advance(3600)
                assert lock.owned()

        def look() -> None:
            r.cache.get("n")

        r.spawn(hold)
        r.spawn(look)
        r.join()

    assert explore(scenario).failure is None


def test_a_cache_that_is_closed_renews_no_lock_it_held() -> None:
    """Its lease ends, whatever else went on meanwhile."""
    seen: set[tuple[bool, bool]] = set()

    def scenario(r: Race) -> None:
        cache = r.make_cache()
        closed: list[bool] = []

        def hold() -> None:
            cache.get_lock("l", timeout=9, renew=True).acquire()
            cache.close()
            closed.append(True)

        def look() -> None:
            r.cache.get("n")
            is_closed = bool(closed)
            r.clock.advance(10)
            seen.add((is_closed, r.cache.exists("l")))

        r.spawn(hold)
        r.spawn(look)
        r.join()

    assert explore(scenario).exhausted
    assert {held for is_closed, held in seen if is_closed} == {False}
