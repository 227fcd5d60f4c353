"""Leases that are lost, on the double and on a server, and operations that take long."""

from datetime import timedelta
from typing import Any

import pytest

from cache_provider import (
    InMemoryCacheAdapter,
    LockNotOwnedError,
    ManualClock,
)
from cache_provider.clock import Clock
from cache_provider.steps import Steps
from cache_provider.testing.faults import Faults
from tests.worlds import World


def acquired(cache: Any) -> Steps[Any]:
    lock = cache.get_lock("stock:7", timeout=30)
    yield lock.acquire()
    return lock


@pytest.mark.parametrize("taken_over", [False, True])
def test_owned_tells_of_a_lost_lease(world: World, taken_over: bool) -> None:
    """The handle holds nothing any more."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from acquired(cache)
        world.faults.lose_lease(lock, taken_over=taken_over)
        return (yield lock.owned())

    assert not world.run(scenario)


def test_extend_tells_of_a_lost_lease(world: World) -> None:
    """There is nothing to extend."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from acquired(cache)
        world.faults.lose_lease(lock)
        return (yield lock.extend(10))

    assert not world.run(scenario)


def test_release_tells_of_a_lost_lease(world: World) -> None:
    """As it does when a lease runs out."""

    def scenario(cache: Any) -> Steps[None]:
        lock = yield from acquired(cache)
        world.faults.lose_lease(lock)
        with pytest.raises(LockNotOwnedError, match="its lease ran out or it was removed"):
            yield lock.release()

    world.run(scenario)


def test_a_lost_lease_leaves_the_lock_free(world: World) -> None:
    """Somebody else may have it."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from acquired(cache)
        world.faults.lose_lease(lock)
        return (yield cache.get_lock("stock:7").acquire(blocking=False))

    assert world.run(scenario)


def test_a_lease_that_was_taken_over_leaves_the_lock_held(world: World) -> None:
    """Somebody else has it already."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from acquired(cache)
        world.faults.lose_lease(lock, taken_over=True)
        return (yield cache.get_lock("stock:7").acquire(blocking=False))

    assert not world.run(scenario)


def test_a_lock_is_lost_by_its_name(world: World) -> None:
    """Its handle may be made anywhere, later."""
    world.faults.lose_lease("stock:*")

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from acquired(cache)
        yield cache.get("k")
        return (yield lock.owned())

    assert not world.run(scenario)


def test_a_lock_of_another_name_is_kept(world: World) -> None:
    """The glob says which."""
    world.faults.lose_lease("order:*")

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from acquired(cache)
        return (yield lock.owned())

    assert world.run(scenario)


def test_a_lock_of_a_private_server_is_lost_too(world: World) -> None:
    """Such locks are no keys."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from acquired(cache)
        world.faults.lose_lease(lock)
        return [(yield lock.owned()), (yield lock.locked())]

    assert world.run(scenario, world.cache_with(clock=world.clock)) == [False, False]


def test_a_lease_that_is_over_cannot_be_lost(world: World) -> None:
    """What somebody else acquired since is not taken from them."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from acquired(cache)
        world.clock.advance(30)
        successor = yield from acquired(cache)
        world.faults.lose_lease(lock)
        return (yield successor.owned())

    assert world.run(scenario)


def test_a_lease_that_nobody_held_never_fired(world: World) -> None:
    """A fault that found no lock is reported."""
    world.faults.lose_lease("stock:*")

    def scenario(cache: Any) -> Steps[None]:
        yield cache.get("k")

    world.run(scenario)
    assert len(world.faults.unfired()) == 1


def test_a_lock_that_was_released_is_not_lost(world: World) -> None:
    """There is nothing to lose after it."""
    fault = world.faults.lose_lease("stock:*")

    def scenario(cache: Any) -> Steps[None]:
        lock = yield from acquired(cache)
        fault.disarm()
        yield lock.release()

    world.run(scenario)
    assert fault.fired == 0


@pytest.mark.parametrize("lock", [1, None, InMemoryCacheAdapter().get_lock("l")])
def test_a_lock_that_nothing_passes_from_is_refused(lock: Any) -> None:
    """Only an instrumented cache's operations meet a fault."""
    with pytest.raises(TypeError, match="lock must be a lock of an instrumented cache or a glob"):
        Faults(ManualClock()).lose_lease(lock)


# Latency


def test_latency_moves_a_manual_clock(world: World) -> None:
    """Time passes on the cache's clock, and none for real."""
    before = world.clock.now()
    world.faults.latency(timedelta(hours=1))

    def scenario(cache: Any) -> Steps[None]:
        yield cache.get("k")

    world.run(scenario)
    assert world.clock.now() - before == timedelta(hours=1)


def test_latency_comes_before_the_effect(world: World) -> None:
    """A key that expires on the way is not found."""
    world.faults.latency(10, "get")

    def scenario(cache: Any) -> Steps[object]:
        yield cache.set("k", "v", ttl=10)
        return (yield cache.get("k"))

    assert world.run(scenario) is None


def test_latencies_add_up(world: World) -> None:
    """Each is one reason to be late."""
    before = world.clock.now()
    world.faults.latency(1)
    world.faults.latency(2, key="k")

    def scenario(cache: Any) -> Steps[None]:
        yield cache.get("k")

    world.run(scenario)
    assert world.clock.now() - before == timedelta(seconds=3)


def test_latency_ends_with_its_times(world: World) -> None:
    """The third operation is quick again."""
    before = world.clock.now()
    world.faults.latency(1, times=2)

    def scenario(cache: Any) -> Steps[None]:
        for _ in range(3):
            yield cache.get("k")

    world.run(scenario)
    assert world.clock.now() - before == timedelta(seconds=2)


class Ticking(Clock):
    """Moves by half an hour with each look at it, and by nothing else."""

    ticks = 0

    def now_ms(self) -> int:
        """Return the time after one more tick."""
        self.ticks += 1
        return self.ticks * 1_800_000


def test_latency_waits_for_any_other_clock(world: World) -> None:
    """What cannot be moved is waited for."""
    clock = Ticking()
    faults = Faults(clock)
    faults.latency(timedelta(hours=2))
    world.cache.interceptors = (faults,)

    def scenario(cache: Any) -> Steps[None]:
        yield cache.get("k")

    world.run(scenario)
    assert clock.ticks >= 5


@pytest.mark.parametrize("duration", [0, -1, timedelta(0)])
def test_a_latency_of_nothing_is_refused(duration: Any) -> None:
    """A fault that does nothing is a mistake."""
    with pytest.raises(ValueError, match="duration must be positive"):
        Faults(ManualClock()).latency(duration)
