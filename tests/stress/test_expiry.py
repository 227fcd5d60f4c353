"""Keys live as long as they were told to while one thread moves the clock and others read, write and sweep.

Each call is noted with the clock right before and right after it. A deadline then lies between the ttl after
the one reading and the ttl after the other, and only what holds for all moments between is claimed.
"""

import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from cache_provider import InMemoryCacheAdapter, LockNotOwnedError, ManualClock, MemoryServer
from tests.stress.threads import THREADS, run_rounds, run_threads

TTL_MS = 5
TTL = TTL_MS / 1000
ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Timed:
    """What a call returned, and the clock (milliseconds) and the ticks around it."""

    result: Any
    clock_before: int
    clock_after: int
    invoked: int
    returned: int


class TimedCache:
    """A cache on a clock that one thread moves while the others make calls that are noted with the time."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.adapter = InMemoryCacheAdapter(server=MemoryServer(clock=self.clock))
        self._ticks = itertools.count()

    def call(self, function: Callable[[], Any]) -> Timed:
        invoked, clock_before = next(self._ticks), self.clock.now_ms()
        result = function()
        return Timed(result, clock_before, self.clock.now_ms(), invoked, next(self._ticks))

    def while_time_passes(self, work: Callable[[int], list[Any]], *, sweeping: bool = True) -> list[Any]:
        """Return all that seven threads return while the eighth moves the clock until they are done."""
        done = threading.Semaphore(0)

        def work_or_move_the_clock(number: int) -> list[Any]:
            if number == 0:
                self._move_the_clock(done, sweeping)
                return []
            try:
                return work(number)
            finally:
                done.release()

        return list(itertools.chain.from_iterable(run_threads(THREADS, work_or_move_the_clock)))

    def _move_the_clock(self, done: threading.Semaphore, sweeping: bool) -> None:
        working = THREADS - 1
        while working:
            self.clock.advance(0.001)
            # Not a wait for anything: lets the others have a few calls in each millisecond.
            time.sleep(1e-6)
            if sweeping:
                self.adapter.cleanup_expired()
            working -= done.acquire(blocking=False)


@pytest.fixture
def cache() -> TimedCache:
    return TimedCache()


@dataclass(frozen=True, slots=True)
class Life:
    """A key that was written once, and what its writer then read under it."""

    write: Timed
    reads: list[Timed]

    def may_have_ended(self, read: Timed) -> bool:
        """Tell whether the earliest deadline possible had come when the read returned."""
        return read.clock_after >= self.write.clock_before + TTL_MS

    def had_ended(self, read: Timed) -> bool:
        """Tell whether the latest deadline possible had come when the read began."""
        return read.clock_before >= self.write.clock_after + TTL_MS


def lives(cache: TimedCache) -> list[Life]:
    """Write keys with a ttl, look for each in two ways until it is gone, and then a few times more."""

    def live(key: str) -> Life:
        looks = (lambda: cache.adapter.get(key) == "value", lambda: cache.adapter.exists(key))
        life = Life(cache.call(lambda: cache.adapter.set(key, "value", ttl=TTL)), [])
        while not life.reads or life.reads[-1].result:
            life.reads.append(cache.call(looks[len(life.reads) % 2]))
        life.reads.extend(cache.call(look) for look in looks * 2)
        return life

    return cache.while_time_passes(lambda number: [live(f"{number}:{turn}") for turn in range(8)])


def test_a_key_is_there_before_its_deadline(cache: TimedCache) -> None:
    """Every read that returned before the earliest deadline possible found the key."""
    early = [read for life in lives(cache) for read in life.reads if not life.may_have_ended(read)]
    assert all(read.result for read in early)


def test_a_key_is_gone_at_its_deadline(cache: TimedCache) -> None:
    """No read that began at the latest deadline possible, or after it, found the key."""
    late = [read for life in lives(cache) for read in life.reads if life.had_ended(read)]
    assert not any(read.result for read in late)


def test_a_key_that_was_gone_stays_gone(cache: TimedCache) -> None:
    """Nobody who found a key expired finds it again, unless it is written again."""
    answers = [[read.result for read in life.reads] for life in lives(cache)]
    assert answers == [sorted(found, reverse=True) for found in answers]


@pytest.mark.usefixtures("interleaving")
def test_every_key_expires_once(cache: TimedCache) -> None:
    """Threads and sweeps that find a key expired at the same time count it together as one."""
    cache.adapter.mset({f"k{current}": 1 for current in range(ROUNDS)}, ttl=TTL)
    cache.clock.advance(TTL)
    run_rounds(ROUNDS, lambda current, _: cache.adapter.get(f"k{current}"))
    assert cache.adapter.stats().expirations == ROUNDS


def shortest_claim(cache: TimedCache, claim: Callable[[int], Timed]) -> int:
    """Let threads claim something until ten claims have succeeded.

    Returns:
        The shortest time (milliseconds) from before one claim until after a later one.
    """
    won: list[Timed] = []

    def work(number: int) -> list[Timed]:
        while len(won) < 10:
            attempt = claim(number)
            if attempt.result:
                won.append(attempt)
        return []

    cache.while_time_passes(work)
    pairs = itertools.permutations(won, 2)
    return min(
        later.clock_after - earlier.clock_before
        for earlier, later in pairs
        if earlier.returned < later.invoked
    )


def test_setnx_is_not_won_again_within_the_ttl(cache: TimedCache) -> None:
    """A claim by setnx excludes later ones until its deadline."""

    def claim(number: int) -> Timed:
        return cache.call(lambda: cache.adapter.setnx("claim", number, ttl=TTL))

    assert shortest_claim(cache, claim) >= TTL_MS


def test_a_lock_is_not_acquired_again_within_its_lease(cache: TimedCache) -> None:
    """A lock excludes others until its lease is over, and a release that comes later frees nothing."""

    def claim_and_release_late(_: int) -> Timed:
        lock = cache.adapter.get_lock("claim", timeout=TTL)
        claim = cache.call(lambda: lock.acquire(blocking=False))
        while claim.result and cache.clock.now_ms() < claim.clock_after + TTL_MS:
            pass
        with suppress(LockNotOwnedError):
            lock.release()
        return claim

    assert shortest_claim(cache, claim_and_release_late) >= TTL_MS


def test_every_waiter_acquires_as_leases_run_out(cache: TimedCache) -> None:
    """Locks that are never released pass from waiter to waiter as the clock moves, without any sweep."""

    def acquire(_: int) -> list[bool]:
        return [cache.adapter.get_lock("crashed", timeout=TTL).acquire()]

    assert cache.while_time_passes(acquire, sweeping=False) == [True] * (THREADS - 1)
