"""Renewed locks of the double: who renews, on which clock, and what ends it."""

import asyncio
import gc
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from freezegun import freeze_time

from cache_provider import (
    AsyncInMemoryCacheAdapter,
    InMemoryCacheAdapter,
    LockNotOwnedError,
    ManualClock,
    MemoryServer,
)
from cache_provider.interface import renewing
from cache_provider.testing.calls import Calls
from cache_provider.testing.seam import InstrumentedCache
from tests.memory.test_fork import in_child
from tests.threads import nothing_is_renewed, renewing_threads, until

LEASE = 0.6
"""Real seconds: two thirds of it is how long a busy machine may let nobody run."""

MOMENT = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _none_is_left() -> None:
    """Begin when no earlier test's thread is there."""
    nothing_is_renewed()


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that only the test moves."""
    return ManualClock()


@pytest.fixture
def cache(clock: ManualClock) -> InMemoryCacheAdapter:
    """Return a cache on it."""
    return InMemoryCacheAdapter(server=MemoryServer(clock=clock))


# The thread


def test_there_is_one_thread_however_many_locks() -> None:
    """Of whichever cache they are."""
    locks = [InMemoryCacheAdapter().get_lock(f"l{number}", renew=True) for number in range(20)]
    for lock in locks:
        lock.acquire()
    alive = len(renewing_threads())
    for lock in locks:
        lock.release()
    assert alive == 1


def test_a_handle_that_claims_nothing_starts_no_thread() -> None:
    """It comes with the first claim."""
    InMemoryCacheAdapter().get_lock("l", renew=True)
    assert renewing_threads() == []


def test_the_thread_goes_when_nothing_is_held() -> None:
    """Soon after the last release."""
    with InMemoryCacheAdapter().get_lock("l", renew=True):
        pass
    until(lambda: renewing_threads() == [])


def test_the_thread_goes_and_comes_again() -> None:
    """With the next claim."""
    lock = InMemoryCacheAdapter().get_lock("l", timeout=LEASE, renew=True)
    with lock:
        pass
    until(lambda: renewing_threads() == [])
    with lock:
        assert len(renewing_threads()) == 1


def test_a_clock_that_is_moved_needs_no_thread(cache: InMemoryCacheAdapter) -> None:
    """Whoever moves it renews."""
    with cache.get_lock("l", renew=True):
        assert renewing_threads() == []


def test_a_lease_is_renewed_in_real_time() -> None:
    """On the system's clock, again and again."""
    lock = InMemoryCacheAdapter().get_lock("l", timeout=LEASE, renew=True)
    with lock:
        threading.Event().wait(2 * LEASE)
        assert lock.owned()


def test_a_handle_that_nobody_has_is_not_renewed(cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
    """Nobody could give its claim back."""
    cache.get_lock("l", timeout=10, renew=True).acquire()
    gc.collect()
    clock.advance(10)
    assert not cache.exists("l")


def test_the_thread_goes_with_the_last_handle() -> None:
    """At once, and not when its claim would have been renewed next."""
    InMemoryCacheAdapter().get_lock("l", timeout=timedelta(hours=1), renew=True).acquire()
    gc.collect()
    until(lambda: renewing_threads() == [])
    assert renewing.RENEWALS._kept == set()


def test_an_error_that_is_not_the_caches_is_logged_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One lock does not end the thread that keeps them all."""
    lock = InMemoryCacheAdapter().get_lock("l", timeout=LEASE, renew=True)
    assert isinstance(lock, renewing.RenewedLock)
    failures = [ValueError("closed file")]

    def fails_once(*arguments: Any, **options: Any) -> bool:
        if failures:
            raise failures.pop()
        return type(lock.lock).extend(lock.lock, *arguments, **options)

    with lock, mock.patch.object(lock.lock, "extend", fails_once):
        until(lambda: failures == [])
        until(lambda: "closed file" in caplog.text)
        threading.Event().wait(2 * LEASE)
        assert lock.owned()


def test_a_child_renews_nothing_of_its_parents() -> None:
    """The claim is the parent's."""
    lock = InMemoryCacheAdapter().get_lock("l", renew=True)
    with lock:
        assert in_child(lambda: renewing.RENEWALS._kept == set() and renewing_threads() == [])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
def test_a_child_renews_its_own() -> None:
    """By a thread of its own."""
    with InMemoryCacheAdapter().get_lock("l", renew=True):

        def claims() -> bool:
            with InMemoryCacheAdapter().get_lock("mine", timeout=LEASE, renew=True) as lock:
                threading.Event().wait(2 * LEASE)
                return lock.owned()

        assert in_child(claims)


# The clock


def test_renewals_happen_when_they_are_due(cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
    """Each time a third of the lease is over, on the clock's way."""
    lock = cache.get_lock("l", timeout=9, renew=True)
    lock.acquire()
    clock.advance(5)
    assert cache.pttl("l") == 7000


def test_due_renewals_happen_in_their_order(clock: ManualClock) -> None:
    """Of several locks, whichever was claimed first."""
    calls = Calls()
    start = clock.now_ms()
    watched = InstrumentedCache(InMemoryCacheAdapter(server=MemoryServer(clock=clock)), calls)
    locks = [watched.get_lock(name, lease, renew=True) for name, lease in (("slow", 9), ("fast", 6))]
    for lock in locks:
        lock.acquire()
    clock.advance(6)
    renewals = [(call.key, call.at_ms - start) for call in calls if call.operation == "lock.extend"]
    assert renewals == [("fast", 2000), ("slow", 3000), ("fast", 4000), ("slow", 6000), ("fast", 6000)]


def test_a_clock_that_is_moved_by_centuries_is_soon_there(
    cache: InMemoryCacheAdapter, clock: ManualClock
) -> None:
    """It does not stop for each of a billion renewals."""
    lock = cache.get_lock("l", timeout=10, renew=True)
    lock.acquire()
    clock.advance(timedelta(days=300_000))
    assert lock.owned()


def test_a_clock_that_is_moved_far_ends_a_hold_in_time(
    cache: InMemoryCacheAdapter, clock: ManualClock
) -> None:
    """`max_hold` counts on the way, however far it goes."""
    lock = cache.get_lock("l", timeout=10, renew=True, max_hold=timedelta(days=1))
    lock.acquire()
    clock.advance(timedelta(days=2))
    assert (lock.owned(), lock.lost) == (False, True)


def test_a_clock_that_is_set_back_renews_nothing(cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
    """Nothing is due on the way."""
    lock = cache.get_lock("l", timeout=10, renew=True)
    lock.acquire()
    clock.set(clock.now() - timedelta(hours=1))
    assert lock.owned()


def test_a_callback_may_move_the_clock(cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
    """It is called when nothing is held that another move needs."""
    lock = cache.get_lock("l", timeout=10, renew=True)
    lock.on_lost(lambda _lock: clock.advance(5))
    lock.acquire()
    cache.delete("l")
    start = clock.now()
    clock.advance(20)
    assert clock.now() - start == timedelta(seconds=25)


@pytest.mark.parametrize("jumps", ["freezegun", "time-machine"])
def test_time_that_a_tool_moves_past_a_lease_loses_the_lock(jumps: str) -> None:
    """As a wait it sees the time only afterwards."""
    told = threading.Event()
    lock = InMemoryCacheAdapter().get_lock("l", timeout=10, renew=True)
    lock.on_lost(lambda _lock: told.set())

    def hold(move: Callable[[], object]) -> bool:
        lock.acquire()
        move()
        return told.wait(10)

    if jumps == "freezegun":
        with freeze_time(MOMENT) as frozen:
            assert hold(lambda: frozen.tick(60))
    else:
        with time_machine.travel(MOMENT, tick=False) as traveller:
            assert hold(lambda: traveller.shift(60))


def test_time_that_a_tool_moves_less_renews_the_lease() -> None:
    """As soon as the thread has looked."""
    cache = InMemoryCacheAdapter(server=MemoryServer())
    lock = cache.get_lock("l", timeout=10, renew=True)
    with freeze_time(MOMENT) as frozen, lock:
        frozen.tick(5)
        until(lambda: cache.pttl("l") == 10_000)


# What ends it


def test_a_lock_that_was_made_persistent_is_not_lost(cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
    """There is nothing to renew, and it is held."""
    lock = cache.get_lock("l", timeout=10, renew=True)
    lock.acquire()
    cache.persist("l")
    clock.advance(100)
    assert (lock.lost, lock.owned()) == (False, True)


def test_a_loss_that_is_known_is_told_at_once(cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
    """To whoever asks afterwards."""
    told: list[object] = []
    lock = cache.get_lock("l", timeout=10, renew=True)
    lock.acquire()
    cache.delete("l")
    clock.advance(10)
    lock.on_lost(told.append)
    assert told == [lock]


def test_each_claim_that_is_lost_is_told_of(cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
    """Once each."""
    told: list[object] = []
    lock = cache.get_lock("l", timeout=10, renew=True)
    lock.on_lost(told.append)
    for _ in range(2):
        lock.acquire()
        cache.delete("l")
        clock.advance(100)
    assert told == [lock, lock]


# Coroutines


def test_a_task_of_the_loop_renews_and_goes() -> None:
    """One for all locks of the loop."""

    async def scenario() -> tuple[int, bool, int]:
        cache = AsyncInMemoryCacheAdapter()
        locks = [cache.get_lock(f"l{number}", timeout=LEASE, renew=True) for number in range(5)]
        for lock in locks:
            await lock.acquire()
        await asyncio.sleep(2 * LEASE)
        alive = len(asyncio.all_tasks())
        held = all([await lock.owned() for lock in locks])
        for lock in locks:
            await lock.release()
        await asyncio.sleep(0.05)
        return alive, held, len(asyncio.all_tasks())

    assert asyncio.run(scenario()) == (2, True, 1)


async def body_of_a_lost_lock(clock: ManualClock, body: Callable[[], object], **terms: bool) -> None:
    """Run a body within which the lock is lost."""
    cache = AsyncInMemoryCacheAdapter(server=MemoryServer(clock=clock))
    async with cache.get_lock("l", timeout=10, renew=True, **terms):
        await cache.delete("l")
        clock.advance(10)
        await body()  # type: ignore[misc]


def test_a_lost_lock_cancels_its_body(clock: ManualClock) -> None:
    """What comes out is the loss."""
    reached: list[str] = []

    async def body() -> None:
        await asyncio.sleep(60)
        reached.append("the end")

    with pytest.raises(LockNotOwnedError, match="'l' was lost"):
        asyncio.run(body_of_a_lost_lock(clock, body, cancel_on_lost=True))
    assert reached == []


def test_a_body_that_has_ended_is_not_cancelled_any_more(clock: ManualClock) -> None:
    """A cancellation that comes behind its last step leaves the task as it was."""

    async def nothing() -> None:
        pass

    async def scenario() -> int:
        with pytest.raises(LockNotOwnedError):
            await body_of_a_lost_lock(clock, nothing, cancel_on_lost=True)
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    assert asyncio.run(scenario()) == 0


def test_a_lost_lock_cancels_nobody_who_did_not_ask(clock: ManualClock) -> None:
    """The end of `async with` tells, as ever."""
    reached: list[str] = []

    async def body() -> None:
        await asyncio.sleep(0)
        reached.append("the end")

    with pytest.raises(LockNotOwnedError):
        asyncio.run(body_of_a_lost_lock(clock, body))
    assert reached == ["the end"]


def test_a_cancellation_by_somebody_else_comes_out(clock: ManualClock) -> None:
    """Though the lock was lost as well."""

    async def scenario() -> bool:
        def cancel() -> None:
            task.cancel()

        async def body() -> None:
            asyncio.get_running_loop().call_soon(cancel)
            await asyncio.sleep(60)

        task = asyncio.ensure_future(body_of_a_lost_lock(clock, body, cancel_on_lost=True))
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(scenario())


def test_what_the_body_raised_comes_out(clock: ManualClock) -> None:
    """The loss is a note on it."""

    async def body() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        asyncio.run(body_of_a_lost_lock(clock, body, cancel_on_lost=True))


def test_a_callback_is_called_in_the_loop(clock: ManualClock) -> None:
    """Whoever moves the clock."""

    async def scenario() -> bool:
        cache = AsyncInMemoryCacheAdapter(server=MemoryServer(clock=clock))
        lock = cache.get_lock("l", timeout=10, renew=True)
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        here = threading.current_thread()
        lock.on_lost(lambda _lock: told.set_result(threading.current_thread() is here))
        await lock.acquire()
        await cache.delete("l")
        await asyncio.to_thread(clock.advance, 10)
        return await told

    assert asyncio.run(scenario())


@pytest.mark.parametrize("cancels", [True, "yes"])
def test_cancel_on_lost_is_for_locks_that_are_renewed(cancels: bool) -> None:
    """Nobody else would know of the loss."""
    error = ValueError if cancels is True else TypeError
    with pytest.raises(error, match="cancel_on_lost"):
        AsyncInMemoryCacheAdapter().get_lock("l", cancel_on_lost=cancels)
