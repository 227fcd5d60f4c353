"""Locks that are not given back, or too late."""

import re
from datetime import timedelta
from typing import Any, cast

import pytest

from cache_provider.errors import LockNotOwnedError
from cache_provider.steps import Steps
from cache_provider.testing.seam import InstrumentedCache
from tests.worlds import Scenario, World


def kinds(world: World, scenario: Scenario, cache: Any = None) -> list[tuple[str, str]]:
    """Return the kind and name of each leak after a scenario."""
    world.run(scenario, cache)
    return [(leak.kind, leak.key) for leak in world.leaks.leaks()]


def test_a_lock_that_is_still_held_is_a_leak(world: World) -> None:
    """The next one waits for its lease to end."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.get_lock("l").acquire()

    assert kinds(world, scenario) == [("lock", "l")]


def test_a_lock_of_a_private_server_is_a_leak_too(world: World) -> None:
    """The process shares it."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.get_lock("l").acquire()

    assert kinds(world, scenario, world.cache_with(clock=world.clock)) == [("lock", "l")]


def test_a_lock_that_was_released_is_none(world: World) -> None:
    """It was given back in time."""

    def scenario(cache: Any) -> Steps[None]:
        lock = cache.get_lock("l")
        yield lock.acquire()
        yield lock.release()

    assert kinds(world, scenario) == []


def test_a_lock_that_was_not_acquired_is_none(world: World) -> None:
    """Only who holds it can give it back."""

    def scenario(cache: Any) -> Steps[None]:
        lock = cache.get_lock("l")
        yield lock.acquire()
        yield cache.get_lock("l").acquire(blocking=False)
        yield lock.release()

    assert kinds(world, scenario) == []


def test_a_section_that_was_left_too_late_is_a_leak(world: World) -> None:
    """Somebody else may have been in it at the same time."""

    def scenario(cache: Any) -> Steps[None]:
        lock = cache.get_lock("l", timeout=10)
        yield lock.acquire()
        world.clock.advance(10)
        with pytest.raises(LockNotOwnedError):
            yield lock.release()

    assert kinds(world, scenario) == [("outlived lease", "l")]


def test_a_section_that_was_never_left_outlived_its_lease(world: World) -> None:
    """Its lock is free by now, and nobody gave it back."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.get_lock("l", timeout=10).acquire()
        world.clock.advance(10)

    assert kinds(world, scenario) == [("outlived lease", "l")]


@pytest.mark.parametrize("replace_ttl", [False, True])
def test_a_section_whose_lease_was_extended_is_none(world: World, replace_ttl: bool) -> None:
    """The lease is what it was made to be since."""

    def scenario(cache: Any) -> Steps[None]:
        lock = cache.get_lock("l", timeout=10)
        yield lock.acquire()
        yield lock.extend(20, replace_ttl=replace_ttl)
        world.clock.advance(19)
        yield lock.release()

    assert kinds(world, scenario) == []


def test_an_extension_that_replaces_does_not_add(world: World) -> None:
    """From ten seconds to three: the fourth is too late."""

    def scenario(cache: Any) -> Steps[None]:
        lock = cache.get_lock("l", timeout=10)
        yield lock.acquire()
        yield lock.extend(3, replace_ttl=True)
        world.clock.advance(4)

    assert kinds(world, scenario) == [("outlived lease", "l")]


def test_a_lock_that_a_fault_took_away_is_none(world: World) -> None:
    """It was lost within its lease."""
    world.faults.lose_lease("l")

    def scenario(cache: Any) -> Steps[None]:
        lock = cache.get_lock("l", timeout=10)
        yield lock.acquire()
        with pytest.raises(LockNotOwnedError):
            yield lock.release()

    assert kinds(world, scenario) == []


@pytest.mark.parametrize(
    ("call", "arguments"),
    [("delete", ("l",)), ("mdelete", (["l"],)), ("flush_all", ()), ("set", ("l", 1, 5))],
)
def test_a_lock_that_was_broken_is_none(world: World, call: str, arguments: tuple[Any, ...]) -> None:
    """On a server a lock is a key."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.get_lock("l").acquire()
        yield getattr(cache, call)(*arguments)

    assert kinds(world, scenario) == []


def test_the_key_of_a_private_server_is_not_its_lock(world: World) -> None:
    """There `delete` breaks no lock."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("l", 1)
        yield cache.get_lock("l").acquire()
        yield cache.delete("l")

    assert kinds(world, scenario, world.cache_with(clock=world.clock)) == [("lock", "l")]


def test_a_lock_lost_to_another_claim_is_the_others(world: World) -> None:
    """One lock is held by one."""
    world.faults.lose_lease("l")

    def scenario(cache: Any) -> Steps[None]:
        yield cache.get_lock("l").acquire()
        yield cache.get_lock("l").acquire()

    assert kinds(world, scenario) == [("lock", "l")]


def test_a_lock_that_others_broke_is_none(open_world: World) -> None:
    """The store is asked at the end."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.get_lock("l").acquire()
        open_world.server.clear()

    assert kinds(open_world, scenario) == []


def test_an_allowed_lock_is_no_leak(world: World) -> None:
    """Globs name what may stay."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.get_lock("leader:7").acquire()
        yield cache.get_lock("stock:7").acquire()

    world.run(scenario)
    assert [leak.key for leak in world.leaks.leaks(allow_locks=["leader:*"])] == ["stock:7"]


def test_locks_stand_before_keys(world: World) -> None:
    """They hurt more."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1)
        yield cache.get_lock("l").acquire()

    assert kinds(world, scenario) == [("lock", "l"), ("no ttl", "k")]


def test_a_held_lock_says_who_where_and_for_how_long() -> None:
    """Age is told by the cache's clock."""
    world = World(is_async=False)
    cache = cast("InstrumentedCache", world.cache)
    cache.get_lock("l").acquire()
    world.clock.advance(timedelta(seconds=3))
    (leak,) = world.leaks.leaks()
    assert str(leak) == (
        "lock 'l' is still held by <InMemoryLock 'l' claimed lease=10000 ms>; acquired 3 s ago "
        f'at {leak.site} in {leak.site.function}: cache.get_lock("l").acquire()'
    )


def test_an_outlived_lease_says_by_how_much(world: World) -> None:
    """So one sees what the lease should have been."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.get_lock("l", timeout=10).acquire()
        world.clock.advance(timedelta(seconds=12))

    world.run(scenario)
    (leak,) = world.leaks.leaks()
    assert str(leak).startswith(
        "lock 'l' outlived its lease, which was over 2 s earlier; acquired 12 s ago at "
    )


def released_twice(cache: Any) -> Steps[None]:
    """Give back what was given back."""
    lock = cache.get_lock("l")
    yield lock.acquire()
    yield lock.release()
    yield lock.release()


def test_a_lock_that_was_released_twice_is_a_leak(world: World) -> None:
    """The second release would have been somebody else's, had it been a moment later."""
    assert kinds(world, released_twice) == [("double release", "l")]


def test_a_double_release_shows_both_lines() -> None:
    """One of them is one too many."""
    world = World(is_async=False)
    world.run(released_twice)
    (leak,) = world.leaks.leaks()
    pattern = (
        r"lock 'l' had been released at \S+:(\d+) in released_twice: yield lock\.release\(\); "
        r"released again 0 s ago at \S+:(\d+) in released_twice: yield lock\.release\(\)"
    )
    told = re.fullmatch(pattern, str(leak))
    assert told is not None
    assert int(told[2]) == int(told[1]) + 1


def test_a_release_of_a_new_claim_is_no_second_one(world: World) -> None:
    """A handle may be used again."""

    def scenario(cache: Any) -> Steps[None]:
        lock = cache.get_lock("l")
        for _ in range(2):
            yield lock.acquire()
            yield lock.release()

    assert kinds(world, scenario) == []


def test_a_lock_that_was_released_twice_may_be_allowed(world: World) -> None:
    """By its name."""
    world.run(released_twice)
    assert world.leaks.leaks(allow_locks=["l"]) == []
