"""Waiting for a lock: what wakes it, what ends it, and that no clock makes it hang."""

import asyncio
import signal
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import cast
from unittest import mock

import pytest
import time_machine
from freezegun import freeze_time

from cache_provider import (
    AsyncInMemoryCacheAdapter,
    Clock,
    InMemoryCacheAdapter,
    InMemoryLock,
    LockAcquisitionError,
    ManualClock,
    MemoryServer,
)
from cache_provider.arguments import INT64_MAX
from cache_provider.clock import monotonic
from cache_provider.memory.lock import wait
from cache_provider.memory.waiters import QueuePlace
from cache_provider.steps import finish
from cache_provider.time_moves import BUILTIN
from cache_provider.waiting import Gate, Patience, Waiter, Watch
from tests.threads import Task, nothing_is_renewed, until

MOMENT = datetime(2024, 5, 17, 12, 30, tzinfo=UTC)
SHORT = 0.02


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MOMENT)


@pytest.fixture
def cache(clock: ManualClock) -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter(server=MemoryServer(clock=clock))


def waiting_for(cache: InMemoryCacheAdapter, timeout: float | None = None) -> Task[bool]:
    """Return a task that waits for the lock "l", once it does wait."""
    before = cache.stats().lock_waits
    task = Task(lambda: cache.get_lock("l").acquire(timeout=timeout))
    until(lambda: cache.stats().lock_waits > before)
    return task


class Bell(Gate):
    """The gate of somebody who is not there.

    Attributes:
        rung: How often it was woken.
    """

    def __init__(self) -> None:
        self.rung = 0

    def wake(self) -> bool:
        """Count."""
        self.rung += 1
        return True

    def wait(self, *_arguments: object, **_options: object) -> None:
        """Return at once."""


class TestWakeUp:
    """Whatever frees the lock wakes a waiter; the clock stands still throughout."""

    def test_a_release_wakes_it(self, cache: InMemoryCacheAdapter) -> None:
        """The waiter gets the lock that is given back."""
        lock = cache.get_lock("l")
        lock.acquire()
        task = waiting_for(cache)
        lock.release()
        assert task.result()

    @pytest.mark.parametrize("ttl", [None, 20], ids=["for good", "with a ttl"])
    @pytest.mark.parametrize("held", ["a text", None], ids=["a text", "a claim"])
    def test_a_write_to_the_key_wakes_it(
        self, cache: InMemoryCacheAdapter, held: str | None, ttl: int | None
    ) -> None:
        """What it waits for may end at another time now."""
        if held is None:
            cache.get_lock("l").acquire()
        else:
            cache.set("l", held, ttl)
        bell = Bell()
        cache._locks.keyspace.enlist("test:l", QueuePlace(bell))
        cache.set("l", "another", ttl)
        assert bell.rung == 1

    def test_a_delete_of_the_key_wakes_it(self, cache: InMemoryCacheAdapter) -> None:
        """A lock is an ordinary key: deleting it frees it."""
        cache.get_lock("l").acquire()
        task = waiting_for(cache)
        cache.delete("l")
        assert task.result()

    def test_a_flush_wakes_it(self, cache: InMemoryCacheAdapter) -> None:
        """So does flush_all."""
        cache.get_lock("l").acquire()
        task = waiting_for(cache)
        cache.flush_all()
        assert task.result()

    def test_clear_all_wakes_it(self, cache: InMemoryCacheAdapter) -> None:
        """So does clear_all."""
        cache.get_lock("l").acquire()
        task = waiting_for(cache)
        cache.clear_all()
        assert task.result()

    def test_clear_all_locks_wakes_a_waiter_of_the_process_wide_table(self) -> None:
        """Adapters without server= wait on the table that clear_all_locks empties."""
        cache = InMemoryCacheAdapter()
        cache.get_lock("l").acquire()
        task = waiting_for(cache)
        InMemoryLock.clear_all_locks()
        assert task.result()

    def test_a_manual_clock_that_passes_the_lease_wakes_it(
        self, cache: InMemoryCacheAdapter, clock: ManualClock
    ) -> None:
        """At the end of the lease the lock is free."""
        cache.get_lock("l", timeout=10).acquire()
        task = waiting_for(cache)
        clock.advance(10)
        assert task.result()

    def test_a_lease_made_shorter_wakes_it_in_time(
        self, cache: InMemoryCacheAdapter, clock: ManualClock
    ) -> None:
        """expire() on the lock's key moves the moment that is waited for."""
        cache.get_lock("l", timeout=10).acquire()
        task = waiting_for(cache)
        cache.expire("l", 1)
        clock.advance(1)
        assert task.result()

    def test_one_release_wakes_one_of_several(self, cache: InMemoryCacheAdapter) -> None:
        """The others go on waiting for whoever holds it now."""
        lock = cache.get_lock("l")
        lock.acquire()
        tasks = [waiting_for(cache), waiting_for(cache)]
        lock.release()
        until(lambda: sum(task.is_running() for task in tasks) == 1)
        cache.flush_all()
        assert [task.result() for task in tasks] == [True, True]

    def test_an_interrupted_waiter_hands_its_turn_on(self, cache: InMemoryCacheAdapter) -> None:
        """A waiter that was woken and leaves without the lock wakes the next."""
        lock = cache.get_lock("l")
        lock.acquire()
        leaving = cache.get_lock("l")
        with mock.patch.object(leaving, "_try", side_effect=[False, False, KeyboardInterrupt]) as attempt:
            first = Task(leaving.acquire)
            until(lambda: attempt.call_count == 2)
            second = waiting_for(cache)
            lock.release()
            with pytest.raises(KeyboardInterrupt):
                first.result()
        assert second.result()

    def test_a_claim_that_is_broken_at_once_wakes_the_next(
        self, cache: InMemoryCacheAdapter, clock: ManualClock
    ) -> None:
        """The wake-up goes to the claimer, who waits no longer: leaving, it hands it on."""
        cache.get_lock("l").acquire()
        keyspace = cache._locks.keyspace
        bell = Bell()
        first = QueuePlace(bell)
        for place in (first, QueuePlace(Bell())):
            keyspace.enlist("test:l", place)
        third_in_line = wait(cast("InMemoryLock", cache.get_lock("l")), Patience(clock, None), Bell())
        next(third_in_line)
        leave = keyspace.leave

        def broken_before_leaving(full_key: str, place: QueuePlace, *, claimed: bool) -> None:
            # Woken by the end of the lease, the first found the lock taken and is back.
            keyspace.enlist(full_key, first)
            cache.delete("l")
            leave(full_key, place, claimed=claimed)

        clock.advance(10)
        with mock.patch.object(keyspace, "leave", broken_before_leaving):
            assert finish(third_in_line)
        assert bell.rung == 2


class TestRealTime:
    """On the system's clock nobody moves, waiting is timed by the operating system."""

    def test_the_end_of_the_lease_wakes_it(self) -> None:
        """A lease that ends by itself frees the lock."""
        cache = InMemoryCacheAdapter()
        cache.get_lock("l", timeout=SHORT).acquire()
        assert cache.get_lock("l").acquire()

    def test_it_does_not_look_before_the_lease_ends(self) -> None:
        """No polling: a wait is one sleep, though every tool that moves time is imported here."""
        assert {"freezegun", "time_machine", "unittest.mock"} <= set(sys.modules)
        cache = InMemoryCacheAdapter()
        cache.get_lock("l").acquire()
        with mock.patch.object(Waiter, "_sleep", autospec=True, side_effect=Waiter._sleep) as sleep:
            cache.get_lock("l").acquire(timeout=10 * SHORT)
        assert sleep.call_count == 1

    def test_a_timeout_ends_it(self) -> None:
        """acquire(timeout) gives up."""
        cache = InMemoryCacheAdapter()
        cache.get_lock("l").acquire()
        assert not cache.get_lock("l").acquire(timeout=SHORT)

    def test_a_timeout_is_not_cut_short(self) -> None:
        """It waits for as long as it was told."""
        cache = InMemoryCacheAdapter()
        cache.get_lock("l").acquire()
        started = monotonic()
        cache.get_lock("l").acquire(timeout=SHORT)
        assert monotonic() - started >= SHORT - 0.001


class TestFrozenTime:
    """A timeout ends at whichever comes first: real elapsed time or the cache's clock."""

    @pytest.fixture(autouse=True)
    def _none_is_left(self) -> None:
        """Begin when no earlier test's thread is there: the one that renews listens while it waits."""
        nothing_is_renewed()

    def test_a_timeout_ends_under_freezegun(self) -> None:
        """Time stands still, and the wait ends all the same."""
        with freeze_time(MOMENT):
            cache = InMemoryCacheAdapter()
            cache.get_lock("l").acquire()
            assert not cache.get_lock("l").acquire(timeout=SHORT)

    def test_a_timeout_ends_under_time_machine(self) -> None:
        """Time stands still, and the wait ends all the same."""
        with time_machine.travel(MOMENT, tick=False):
            cache = InMemoryCacheAdapter()
            cache.get_lock("l").acquire()
            assert not cache.get_lock("l").acquire(timeout=SHORT)

    def test_a_timeout_ends_under_a_mocked_time(self) -> None:
        """Time stands still, and the wait ends all the same."""
        with mock.patch("time.time", return_value=1_000.0):
            cache = InMemoryCacheAdapter()
            cache.get_lock("l").acquire()
            assert not cache.get_lock("l").acquire(timeout=SHORT)

    def test_a_timeout_ends_on_a_manual_clock(self, cache: InMemoryCacheAdapter) -> None:
        """Nobody moves the clock, and the wait ends all the same."""
        cache.get_lock("l").acquire()
        assert not cache.get_lock("l").acquire(timeout=SHORT)

    def test_a_with_block_gives_up_under_freezegun(self) -> None:
        """blocking_timeout is a real wait, and a clear error."""
        with freeze_time(MOMENT):
            cache = InMemoryCacheAdapter()
            cache.get_lock("l").acquire()
            with pytest.raises(LockAcquisitionError, match="lock 'l' not acquired after"):
                cache.get_lock("l", blocking_timeout=SHORT).__enter__()

    def test_moving_a_freeze_past_the_lease_wakes_a_waiter(self) -> None:
        """Nothing tells of a freeze that moves, so the waiter looks again every few milliseconds."""
        with freeze_time(MOMENT) as frozen:
            cache = InMemoryCacheAdapter()
            cache.get_lock("l", timeout=10).acquire()
            task = waiting_for(cache)
            frozen.tick(timedelta(seconds=10))
            assert task.result()

    def test_shifting_time_machine_past_the_lease_wakes_a_waiter(self) -> None:
        """Nothing tells of a journey either."""
        with time_machine.travel(MOMENT, tick=False) as traveller:
            cache = InMemoryCacheAdapter()
            cache.get_lock("l", timeout=10).acquire()
            task = waiting_for(cache)
            traveller.shift(10)
            assert task.result()

    def test_a_freeze_that_begins_during_the_wait_is_seen(self) -> None:
        """A waiter that began in real time sees the jump of a later freeze."""
        cache = InMemoryCacheAdapter()
        cache.get_lock("l", timeout=3600).acquire()
        task = waiting_for(cache)
        with freeze_time(datetime.now(UTC) + timedelta(hours=2)):
            assert task.result()

    def test_a_journey_that_begins_during_the_wait_is_seen(self) -> None:
        """time-machine replaces nothing that could be looked at; its start is heard all the same."""
        cache = InMemoryCacheAdapter()
        cache.get_lock("l", timeout=3600).acquire()
        task = waiting_for(cache)
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=2), tick=False):
            assert task.result()

    def test_a_mock_that_begins_during_the_wait_is_seen(self) -> None:
        """Whoever puts something in the place of time.time is heard."""
        cache = InMemoryCacheAdapter()
        cache.get_lock("l", timeout=3600).acquire()
        task = waiting_for(cache)
        with mock.patch("time.time", return_value=time.time() + 7200):
            assert task.result()

    def test_nothing_listens_after_the_wait(self) -> None:
        """The tools and the module time are as they were."""
        start = time_machine.travel.start
        cache = InMemoryCacheAdapter()
        cache.get_lock("l").acquire()
        cache.get_lock("l").acquire(timeout=SHORT)
        assert (type(time), time_machine.travel.start) == (ModuleType, start)

    def test_nothing_listens_after_a_wait_that_was_interrupted(self) -> None:
        """However it ends: here by an exception of a signal handler."""
        start = time_machine.travel.start
        cache = InMemoryCacheAdapter()
        cache.get_lock("l").acquire()
        with pytest.raises(TimeoutError), alarm(SHORT):
            cache.get_lock("l").acquire()
        assert (type(time), time_machine.travel.start) == (ModuleType, start)

    def test_nothing_listens_after_a_wait_that_was_cancelled(self) -> None:
        """A coroutine's, cut short by a time-out around it."""
        start = time_machine.travel.start

        async def wait() -> None:
            cache = AsyncInMemoryCacheAdapter()
            await cache.get_lock("l").acquire()
            async with asyncio.timeout(SHORT):
                await cache.get_lock("l").acquire()

        with pytest.raises(TimeoutError):
            asyncio.run(wait())
        assert (type(time), time_machine.travel.start) == (ModuleType, start)

    def test_nothing_listens_after_a_wait_in_which_a_freeze_began_and_ended(self) -> None:
        """What the tool put into the module and took out of it again is gone too."""
        cache = InMemoryCacheAdapter()
        cache.get_lock("l", timeout=3600).acquire()
        task = waiting_for(cache, timeout=0.1)
        with freeze_time(datetime.now(UTC)):
            """Begin and end."""
        task.result()
        assert (type(time), type(time.time)) == (ModuleType, BUILTIN)

    def test_the_last_of_several_waits_ends_the_listening(self) -> None:
        """A freeze that begins after the first has ended is seen by the second."""
        cache = InMemoryCacheAdapter()
        cache.get_lock("l", timeout=3600).acquire()
        first, second = waiting_for(cache, timeout=SHORT), waiting_for(cache)
        first.result()
        with freeze_time(datetime.now(UTC) + timedelta(hours=2)):
            assert second.result()
        assert type(time) is ModuleType

    def test_what_somebody_else_put_in_place_meanwhile_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The tools are theirs, and no patch of another's is taken away."""
        cache = InMemoryCacheAdapter()
        lock = cache.get_lock("l")
        lock.acquire()
        start = time_machine.travel.start
        task = waiting_for(cache)
        until(lambda: time_machine.travel.start is not start)
        theirs = staticmethod(lambda: None)
        monkeypatch.setattr(time_machine.travel, "start", theirs)
        lock.release()
        task.result()
        assert vars(time_machine.travel)["start"] is theirs


@contextmanager
def alarm(seconds: float) -> Generator[None]:
    """Raise a TimeoutError in the main thread after so many real seconds."""

    def ring(_number: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class TestTheClockEndsATimeout:
    """A ManualClock that passes the timeout ends the wait at once."""

    def test_advancing_past_the_timeout_gives_up(
        self, cache: InMemoryCacheAdapter, clock: ManualClock
    ) -> None:
        """An hour's timeout takes no time."""
        cache.get_lock("l", timeout=7200).acquire()
        task = waiting_for(cache, timeout=3600)
        clock.advance(3600)
        assert not task.result()

    def test_a_jump_past_timeout_and_lease_gives_up_if_the_timeout_came_first(
        self, cache: InMemoryCacheAdapter, clock: ManualClock
    ) -> None:
        """The waiter was gone before the lease ended."""
        cache.get_lock("l", timeout=10).acquire()
        task = waiting_for(cache, timeout=5)
        clock.advance(20)
        assert not task.result()

    def test_a_jump_past_lease_and_timeout_acquires_if_the_lease_ended_first(
        self, cache: InMemoryCacheAdapter, clock: ManualClock
    ) -> None:
        """The waiter was still there when the lease ended."""
        cache.get_lock("l", timeout=5).acquire()
        task = waiting_for(cache, timeout=10)
        clock.advance(20)
        assert task.result()


class TestAutojump:
    """autojump completes a wait by moving the clock to what would end it."""

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(MOMENT, autojump=True)

    def test_it_jumps_to_the_end_of_the_lease(self, cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
        """The lock is acquired at the very moment its lease ends."""
        cache.get_lock("l", timeout=3600).acquire()
        cache.get_lock("l").acquire()
        assert clock.now() == MOMENT + timedelta(hours=1)

    def test_it_jumps_to_the_end_of_the_timeout(
        self, cache: InMemoryCacheAdapter, clock: ManualClock
    ) -> None:
        """A wait that must give up does so at its timeout."""
        cache.get_lock("l", timeout=3600).acquire()
        cache.get_lock("l").acquire(timeout=60)
        assert clock.now() == MOMENT + timedelta(minutes=1)

    def test_it_does_not_acquire_before_the_lease_ends(self, cache: InMemoryCacheAdapter) -> None:
        """Jumping to a timeout acquires nothing."""
        cache.get_lock("l", timeout=3600).acquire()
        assert not cache.get_lock("l").acquire(timeout=60)

    def test_a_wait_that_no_deadline_ends_waits(self, cache: InMemoryCacheAdapter) -> None:
        """A persistent lock ends by a release only."""
        lock = cache.get_lock("l")
        lock.acquire()
        cache.persist("l")
        task = waiting_for(cache)
        lock.release()
        assert task.result()


class SlowClock(Clock):
    """A third party's clock, with nothing but the time."""

    def __init__(self) -> None:
        self.milliseconds = 1_000_000

    def now_ms(self) -> int:
        return self.milliseconds


def test_a_clock_that_cannot_tell_is_looked_at() -> None:
    """A clock with nothing but now_ms still ends a lease for a waiter."""
    clock = SlowClock()
    cache = InMemoryCacheAdapter(clock=clock)
    cache.get_lock("l", timeout=10).acquire()
    task = waiting_for(cache)
    clock.milliseconds += 10_000
    assert task.result()


def test_a_lease_is_judged_by_the_clock_it_was_taken_on() -> None:
    """Two adapters with clocks of their own: the holder's clock ends the lease, not the waiter's."""
    theirs, mine = ManualClock(MOMENT), ManualClock(MOMENT)
    InMemoryCacheAdapter(clock=theirs).get_lock("l", timeout=10).acquire()
    waiter = InMemoryCacheAdapter(clock=mine)
    mine.advance(3600)
    assert not waiter.get_lock("l").acquire(blocking=False)


def test_the_holders_clock_wakes_a_waiter_on_another_clock() -> None:
    """A waiter hears the clock that ends the lease it waits for."""
    theirs = ManualClock(MOMENT)
    InMemoryCacheAdapter(clock=theirs).get_lock("l", timeout=10).acquire()
    task = waiting_for(InMemoryCacheAdapter(clock=ManualClock(MOMENT)))
    theirs.advance(10)
    assert task.result()


def test_the_waiting_room_is_empty_after_the_wait(cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
    """No waiter and no watcher of the clock is left behind."""
    cache.get_lock("l").acquire()
    cache.get_lock("l").acquire(timeout=SHORT)
    assert (cache._locks.keyspace.queues, clock._watchers) == ({}, [])


def test_no_clock_is_watched_after_another_could_not_be(clock: ManualClock) -> None:
    """Whatever the second clock raises, the first is left alone."""
    broken = ManualClock()
    with (
        mock.patch.object(broken, "watch", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
        Watch(Patience(clock, None), {clock: None, broken: None}, list),
    ):
        pass
    assert clock._watchers == []


def test_a_lease_past_int64_is_refused() -> None:
    """When the handle was made the lease still fitted; now it would lead past the last millisecond."""
    clock = ManualClock(INT64_MAX // 1000 - 20)
    lock = InMemoryCacheAdapter(clock=clock).get_lock("l", timeout=10)
    clock.advance(15)
    with pytest.raises(ValueError, match="timeout leads past the int64 range"):
        lock.acquire()
