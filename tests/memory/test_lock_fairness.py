"""Who waits for a lock is passed over a few times at the most; counted, not timed."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from cache_provider import (
    AsyncInMemoryCacheAdapter,
    CacheClosedError,
    DistributedLock,
    InMemoryCacheAdapter,
    InMemoryLock,
    LockNotOwnedError,
    ManualClock,
    MemoryServer,
)
from cache_provider.memory.lock import wait
from cache_provider.memory.usual_lock import UsualLock
from cache_provider.memory.waiters import PATIENCE
from cache_provider.steps import Steps, finish
from cache_provider.waiting import Gate, Patience
from tests.threads import Task, until

Caches = Callable[[], InMemoryCacheAdapter]


class Sleeper(Gate):
    """The gate of a waiter that a test lets sleep and go on, without a thread.

    Attributes:
        is_there: Whether there is anybody to wake.
        woken: How often it was.
    """

    def __init__(self) -> None:
        self.is_there = True
        self.woken = 0

    def wake(self) -> bool:
        """Count."""
        self.woken += 1
        return self.is_there

    def wait(self, *_arguments: object, **_options: object) -> None:
        """Return at once."""


class Waiter:
    """Somebody who waits for the lock "l" without end, or until a time on the cache's clock is over."""

    def __init__(self, cache: InMemoryCacheAdapter, timeout_ms: int | None = None, **options: Any) -> None:
        self.lock = cast("InMemoryLock", cache.get_lock("l", **options))
        self.gate = Sleeper()
        self._patience = Patience(cache.clock, timeout_ms)
        self.steps: Steps[bool] = wait(self.lock, self._patience, self.gate)
        next(self.steps)

    def looks(self) -> None:
        """Look for the lock, find it taken and sleep again."""
        next(self.steps)

    def goes_on(self) -> bool:
        """Return the end of the wait."""
        return finish(self.steps)


def held(cache: InMemoryCacheAdapter, **options: Any) -> DistributedLock:
    """Return a handle that holds the lock."""
    lock = cache.get_lock("l", **options)
    assert lock.acquire(blocking=False)
    return lock


def pass_over(lock: DistributedLock, waiter: Waiter, times: int) -> None:
    """Give the lock back and take it again before the waiter looks."""
    for _ in range(times):
        lock.release()
        assert lock.acquire(blocking=False)
        waiter.looks()


def cache_of_its_own() -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter("fairness:")


def cache_on_a_server() -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter(server=MemoryServer())


def cache_on_a_clock() -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter(server=MemoryServer(clock=ManualClock(datetime(2030, 1, 1, tzinfo=UTC))))


each_cache = pytest.mark.parametrize("make", [cache_of_its_own, cache_on_a_server, cache_on_a_clock])
each_kind = pytest.mark.parametrize("options", [{}, {"fenced": True}], ids=["plain", "fenced"])


@each_cache
@each_kind
def test_a_waiter_is_passed_over_three_times_at_the_most(make: Caches, options: dict[str, Any]) -> None:
    """Woken in vain as often, it is handed the lock by whoever gives it back next."""
    cache = make()
    lock, waiter = held(cache, **options), Waiter(cache, **options)
    pass_over(lock, waiter, PATIENCE)
    lock.release()
    assert not lock.acquire(blocking=False)


def test_fewer_times_a_free_lock_is_anybodys() -> None:
    """To hand it over each time would take all threads together several times as long."""
    cache = cache_on_a_server()
    lock, waiter = held(cache), Waiter(cache)
    pass_over(lock, waiter, PATIENCE - 1)
    lock.release()
    assert lock.acquire(blocking=False)


@each_cache
@each_kind
def test_what_is_handed_over_is_the_waiters(make: Caches, options: dict[str, Any]) -> None:
    """Its handle holds the lock and may give it back, as if it had been the quicker."""
    cache = make()
    lock, waiter = held(cache, **options), Waiter(cache, **options)
    pass_over(lock, waiter, PATIENCE)
    lock.release()
    assert (waiter.goes_on(), waiter.lock.owned()) == (True, True)
    waiter.lock.release()
    assert not lock.locked()


def test_a_lock_that_is_handed_over_is_free_at_no_moment() -> None:
    """Not even before its new holder has looked."""
    cache = cache_on_a_server()
    lock, waiter = held(cache), Waiter(cache)
    pass_over(lock, waiter, PATIENCE)
    lock.release()
    assert lock.locked()


def test_a_lease_begins_when_the_lock_is_handed_over() -> None:
    """It is the new holder's, in full length."""
    cache = cache_on_a_clock()
    lock, waiter = held(cache), Waiter(cache)
    pass_over(lock, waiter, PATIENCE)
    cast("ManualClock", cache.clock).advance(7)
    lock.release()
    assert cache.ttl("l") == 10


def test_a_handed_over_fenced_lock_counts_on() -> None:
    """Its number is larger than that of whoever gave it back."""
    cache = cache_on_a_server()
    lock, waiter = held(cache, fenced=True), Waiter(cache, fenced=True)
    pass_over(lock, waiter, PATIENCE)
    before = lock.fence
    lock.release()
    waiter.goes_on()
    assert before is not None
    assert waiter.lock.fence == before + 1


def test_who_came_first_is_served_first() -> None:
    """A waiter that was passed over does not queue up behind those who came after it."""
    cache = cache_on_a_server()
    lock, first, second = held(cache), Waiter(cache), Waiter(cache)
    pass_over(lock, first, PATIENCE)
    lock.release()
    second.looks()
    assert first.goes_on()


def test_a_waiter_whose_time_is_up_gets_nothing() -> None:
    """What was handed to it as the clock moved on is free for the others."""
    cache = cache_on_a_clock()
    lock, waiter, next_in_line = held(cache), Waiter(cache, 5_000), Waiter(cache)
    pass_over(lock, waiter, PATIENCE)
    cast("ManualClock", cache.clock).advance(5)
    lock.release()
    assert (waiter.goes_on(), next_in_line.goes_on()) == (False, True)


def test_a_waiter_that_is_interrupted_leaves_the_lock_to_the_next() -> None:
    """What was handed to it is given back."""
    cache = cache_on_a_server()
    lock, waiter, next_in_line = held(cache), Waiter(cache), Waiter(cache)
    pass_over(lock, waiter, PATIENCE)
    lock.release()
    with pytest.raises(KeyboardInterrupt):
        waiter.steps.throw(KeyboardInterrupt())
    assert next_in_line.goes_on()


@each_kind
def test_a_waiter_that_is_not_there_any_more_is_handed_nothing(options: dict[str, Any]) -> None:
    """The next has its turn instead."""
    cache = cache_on_a_server()
    lock, waiter, next_in_line = held(cache, **options), Waiter(cache, **options), Waiter(cache, **options)
    pass_over(lock, waiter, PATIENCE)
    waiter.gate.is_there = False
    lock.release()
    assert next_in_line.goes_on()


def test_a_waiter_whose_cache_was_closed_keeps_nothing() -> None:
    """It is told so, and the lock is free."""
    server = MemoryServer()
    cache, closed = InMemoryCacheAdapter(server=server), InMemoryCacheAdapter(server=server)
    lock, waiter = held(cache), Waiter(closed)
    pass_over(lock, waiter, PATIENCE)
    closed.close()
    lock.release()
    with pytest.raises(CacheClosedError):
        waiter.goes_on()
    assert not lock.locked()


def test_who_lost_the_lock_has_nothing_to_hand_over() -> None:
    """A release that comes too late is told so, whoever waits."""
    cache = cache_on_a_clock()
    lock, waiter = held(cache), Waiter(cache)
    pass_over(lock, waiter, PATIENCE)
    cast("ManualClock", cache.clock).advance(10)
    with pytest.raises(LockNotOwnedError):
        lock.release()


def test_the_usual_lock_is_among_those_that_are_tried() -> None:
    """What the tests above show would else be shown of one kind of handle only."""
    assert [type(held(make())) is UsualLock for make in (cache_of_its_own, cache_on_a_clock)] == [True, False]


async def _times_passed_over(server: MemoryServer) -> int:
    lock = held(InMemoryCacheAdapter(server=server))
    waiting = asyncio.create_task(AsyncInMemoryCacheAdapter(server=server).get_lock("l").acquire())
    for times in range(PATIENCE + 10):
        for _ in range(10):  # more than the task needs to look and to wait again
            await asyncio.sleep(0)
        lock.release()
        if not lock.acquire(blocking=False):
            await waiting
            return times
    return -1


def test_a_task_is_passed_over_no_more_often_than_a_thread() -> None:
    """Tasks and threads wait in one queue."""
    server = MemoryServer(clock=ManualClock())
    assert asyncio.run(_times_passed_over(server)) == PATIENCE


@each_kind
def test_a_client_that_waits_for_the_key_is_served_after_a_lock_there_changed_hands(
    options: dict[str, Any],
) -> None:
    """At the Redis door a lock is a key, where a list may be later."""
    server = MemoryServer()
    cache = InMemoryCacheAdapter(key_prefix="", server=server)
    client: Any = server.redis()
    served = Task(lambda: client.blpop("l"))
    until(lambda: client.info("clients")["blocked_clients"] == 1)
    lock, waiter = held(cache, **options), Waiter(cache, **options)
    pass_over(lock, waiter, PATIENCE)
    lock.release()
    waiter.goes_on()
    waiter.lock.release()
    cache.push_limit("l", 1, 5)
    assert served.result() == (b"l", b"1")
