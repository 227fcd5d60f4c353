"""Leases that are renewed: in a process that is paused, during outages, and as the other tools see it."""

from typing import Any

import pytest

from cache_provider import CacheError, LockNotOwnedError
from cache_provider.steps import Steps
from cache_provider.testing.calls import Calls
from tests.worlds import World


def renewed(cache: Any) -> Steps[Any]:
    lock = cache.get_lock("stock:7", timeout=30, renew=True)
    yield lock.acquire()
    return lock


def how(lock: Any) -> Steps[tuple[bool, bool]]:
    """Return whether a lock is owned, and whether it is lost."""
    return (yield lock.owned()), lock.lost


def test_a_paused_process_loses_its_lock(world: World) -> None:
    """Its leases run out, and it finds out."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from renewed(cache)
        told: list[object] = []
        lock.on_lost(told.append)
        with world.faults.stop_renewal(lock):
            world.clock.advance(30)
        return told == [lock], (yield from how(lock))

    assert world.run(scenario) == (True, (False, True))


@pytest.mark.parametrize("pattern", ["stock:*", "*", "stock:7"])
def test_a_paused_process_is_found_by_the_names_of_its_locks(world: World, pattern: str) -> None:
    """Where the handle is made deep in the application."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from renewed(cache)
        with world.faults.stop_renewal(pattern):
            world.clock.advance(30)
        return lock.lost

    assert world.run(scenario)


def test_the_locks_of_others_are_renewed(world: World) -> None:
    """Only those that are named stand still."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from renewed(cache)
        other = cache.get_lock("other", timeout=30, renew=True)
        yield other.acquire()
        with world.faults.stop_renewal("other"):
            world.clock.advance(30)
        return lock.lost, other.lost

    assert world.run(scenario) == (False, True)


def test_a_process_that_goes_on_in_time_keeps_its_lock(world: World) -> None:
    """The renewal that was missed comes late, and not too late."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from renewed(cache)
        with world.faults.stop_renewal(lock):
            world.clock.advance(28)
        world.clock.advance(10)
        return (yield from how(lock))

    assert world.run(scenario) == (True, False)


def test_a_pause_that_nothing_was_missed_in_never_fired(world: World) -> None:
    """As any fault that found nothing to do."""

    def scenario(cache: Any) -> Steps[None]:
        lock = yield from renewed(cache)
        with world.faults.stop_renewal(lock):
            world.clock.advance(1)

    world.run(scenario)
    assert [message.partition(",")[0] for message in world.faults.unfired()] == ["stop_renewal('stock:7')"]


def test_an_outage_shorter_than_the_lease_loses_nothing(world: World) -> None:
    """The renewal is tried again."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from renewed(cache)
        with world.faults.outage():
            world.clock.advance(25)
        world.clock.advance(25)
        return (yield from how(lock))

    assert world.run(scenario) == (True, False)


def test_an_outage_as_long_as_the_lease_loses_the_lock(world: World) -> None:
    """Nobody can ask the store, and the lease is over."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from renewed(cache)
        with world.faults.outage():
            world.clock.advance(30)
        return lock.lost

    assert world.run(scenario)


def test_a_renewal_whose_reply_was_lost_is_made_again(world: World) -> None:
    """It had its effect, and has it again."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from renewed(cache)
        world.faults.fail("lock.extend", after=True)
        world.clock.advance(29)
        return (yield from how(lock))

    assert world.run(scenario) == (True, False)


def test_a_lease_that_is_taken_away_is_found_by_the_next_renewal(world: World) -> None:
    """`lose_lease` takes it on the store itself."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from renewed(cache)
        world.faults.lose_lease(lock)
        world.clock.advance(10)
        return lock.lost

    assert world.run(scenario)


def test_the_end_of_with_tells_of_a_paused_process(world: World) -> None:
    """As it does of any lease that ran out."""

    def scenario(cache: Any) -> Steps[None]:
        lock = yield from renewed(cache)
        world.faults.stop_renewal(lock)
        world.clock.advance(30)
        with pytest.raises(LockNotOwnedError):
            yield lock.release()

    world.run(scenario)


def test_renewals_are_calls(world: World) -> None:
    """The record shows that they happened, as `lock.extend`."""
    calls = Calls()

    def scenario(cache: Any) -> Steps[None]:
        cache.interceptors = (calls, *cache.interceptors)
        lock = yield from renewed(cache)
        world.clock.advance(25)
        yield lock.release()

    world.run(scenario)
    assert [call.operation for call in calls] == [
        "lock.acquire",
        "lock.extend",
        "lock.extend",
        "lock.release",
    ]


def test_a_renewed_lock_that_nobody_released_is_a_leak(world: World) -> None:
    """However long ago it was acquired; what is told says that it is renewed."""
    kept: list[Any] = []

    def scenario(cache: Any) -> Steps[None]:
        kept.append((yield from renewed(cache)))
        world.clock.advance(3600)

    world.run(scenario)
    (leak,) = world.leaks.leaks()
    assert (leak.kind, "still held, and its lease renewed, by" in leak.story) == ("lock", True)


def test_a_renewed_lock_that_was_released_is_not_a_leak(world: World) -> None:
    """Though it was held for longer than its lease."""

    def scenario(cache: Any) -> Steps[None]:
        lock = yield from renewed(cache)
        world.clock.advance(3600)
        yield lock.release()

    world.run(scenario)
    assert world.leaks.leaks() == []


def test_only_locks_are_named(world: World) -> None:
    """As by `lose_lease`."""
    with pytest.raises(TypeError, match="lock must be a lock"):
        world.faults.stop_renewal(7)  # type: ignore[arg-type]


def test_a_refusal_is_not_the_end(world: World) -> None:
    """Any error of the store's is met by another attempt."""

    def scenario(cache: Any) -> Steps[object]:
        lock = yield from renewed(cache)
        world.faults.fail("lock.extend", error=CacheError("not now"))
        world.clock.advance(29)
        return (yield from how(lock))

    assert world.run(scenario) == (True, False)
