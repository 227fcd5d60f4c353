"""Waiting for a lock of our own adapter at the Redis door, in every order: no wake-up is lost.

Nobody looks by itself here, so that who is not woken waits until a lease ends, a month later on the
schedule's clock: a schedule in which no time passes has lost no wake-up.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest

from cache_provider import DistributedLock, RedisCacheAdapter
from cache_provider.clock import Clock
from cache_provider.redis import lock
from cache_provider.testing.race import Race, explore
from cache_provider.waiting import Gate, Patience
from tests.race.waking import A_MONTH, NEVER, SCRIPTS, let_nobody_look

Work = Callable[[DistributedLock, list[int]], None]


def left_on(client: Any) -> int:
    """Return how many keys there are; redis-py types that in part only."""
    keys: int = client.dbsize()
    return keys


class SleepingGate(Gate):
    """A gate that nobody opens, in the time of the schedule."""

    def wake(self) -> bool:
        """Do nothing."""
        return True

    def wait(
        self, patience: Patience, alarm: tuple[Clock, int] | None = None, *, at_most: float = NEVER
    ) -> None:
        """Let time pass."""
        del alarm
        time.sleep(min(at_most, patience.left()))


@pytest.fixture(autouse=True)
def _time_of_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    let_nobody_look(monkeypatch)
    monkeypatch.setattr("cache_provider.clock.LOOK_AGAIN", NEVER)
    monkeypatch.setattr(lock, "Waiter", SleepingGate)


def handle(r: Race, lease: float = A_MONTH) -> DistributedLock:
    client = r.redis(socket_timeout=None)
    return RedisCacheAdapter(client=client).get_lock("l", timeout=lease, thread_local=False)


def load_scripts(r: Race) -> None:
    client = r.redis()
    for script in SCRIPTS:
        client.script_load(script.text)


def use(lock: DistributedLock, inside: list[int]) -> None:
    inside.append(1)
    assert len(inside) == 1
    inside.pop()
    lock.release()


def wait(lock: DistributedLock, inside: list[int]) -> None:
    lock.acquire()
    use(lock, inside)


def wait_twice(lock: DistributedLock, inside: list[int]) -> None:
    wait(lock, inside)
    wait(lock, inside)


def wait_a_second(lock: DistributedLock, inside: list[int]) -> None:
    if lock.acquire(timeout=1):
        use(lock, inside)


def alternate(lock: DistributedLock, inside: list[int]) -> None:
    """Depend on nothing but the store; of two claimants at once the first would find its claim lost."""
    del inside
    lock.acquire()
    lock.release()


def contention(*works: Work) -> Callable[[Race], None]:
    def scenario(r: Race) -> None:
        load_scripts(r)
        began, inside = r.clock.now(), list[int]()
        for work in works:
            r.spawn(work, handle(r), inside)
        r.join()
        assert r.clock.now() == began
        assert left_on(r.redis()) == 0

    return scenario


def held(seconds: float, *works: Work) -> Callable[[Race], None]:
    def hold(lock: DistributedLock, inside: list[int]) -> None:
        time.sleep(seconds)
        use(lock, inside)

    def scenario(r: Race) -> None:
        load_scripts(r)
        began, inside = r.clock.now(), list[int]()
        holder = handle(r)
        holder.acquire()
        r.spawn(hold, holder, inside)
        for work in works:
            r.spawn(work, handle(r), inside)
        r.join()
        assert (r.clock.now() - began).total_seconds() <= 1
        assert left_on(r.redis()) == 0

    return scenario


@pytest.mark.parametrize("works", [(wait, wait), (wait_twice, wait)])
def test_no_wake_up_is_lost(works: tuple[Work, ...]) -> None:
    pytest.importorskip("lupa")
    assert explore(contention(*works), preemptions=None).exhausted


def test_no_wake_up_is_lost_among_three() -> None:
    pytest.importorskip("lupa")
    assert explore(contention(alternate, alternate, alternate), preemptions=None, reduce="states").exhausted


# A blocking command ends three milliseconds before patience does.
@pytest.mark.parametrize("seconds", [0.997, 1])
def test_who_gives_up_at_the_moment_of_the_release_leaves_nothing(seconds: float) -> None:
    pytest.importorskip("lupa")
    assert explore(held(seconds, wait_a_second), preemptions=None).exhausted


def test_who_gives_up_at_the_moment_of_the_release_keeps_nobody_from_the_lock() -> None:
    pytest.importorskip("lupa")
    explore(held(0.997, wait_a_second, wait), preemptions=1).check()


def test_a_lease_that_ends_is_seen_in_time() -> None:
    pytest.importorskip("lupa")

    def scenario(r: Race) -> None:
        load_scripts(r)
        began, inside = r.clock.now(), list[int]()
        handle(r, 5).acquire()
        r.spawn(wait, handle(r), inside)
        r.spawn(wait, handle(r), inside)
        r.join()
        assert (r.clock.now() - began).total_seconds() < 5.2

    explore(scenario, preemptions=1).check()
