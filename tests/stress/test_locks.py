"""A lock lets one thread at a time into its critical section."""

from collections.abc import Callable
from contextlib import suppress
from itertools import chain

import pytest

from cache_provider import DistributedLock, InMemoryCacheAdapter, LockNotOwnedError, ManualClock, MemoryServer
from tests.stress.threads import THREADS, run_rounds, run_threads

LEASE = 600
"""Seconds; no lease runs out while these tests run."""

pytestmark = pytest.mark.usefixtures("interleaving")

Adapters = Callable[[], InMemoryCacheAdapter]


def private_adapters() -> Adapters:
    return InMemoryCacheAdapter


def adapters_of_one_server() -> Adapters:
    # With a clock that stands still nobody looks again by itself: every wait must be ended by a wake-up.
    server = MemoryServer(clock=ManualClock())
    return lambda: InMemoryCacheAdapter(server=server)


def one_adapter() -> Adapters:
    cache = InMemoryCacheAdapter()
    return lambda: cache


each_sharing = pytest.mark.parametrize("sharing", [private_adapters, adapters_of_one_server, one_adapter])


@each_sharing
def test_a_critical_section_loses_no_update(sharing: Callable[[], Adapters]) -> None:
    """A read and a write that are not one step are safe between an acquire and the release."""
    adapter = sharing()
    shared = {"n": 0}

    def work(_: int) -> None:
        lock = adapter().get_lock("critical section", timeout=LEASE)
        for _ in range(300):
            with lock:
                value = shared["n"]
                shared["n"] = value + 1

    run_threads(THREADS, work)
    assert shared["n"] == THREADS * 300


@each_sharing
def test_a_free_lock_has_one_winner(sharing: Callable[[], Adapters]) -> None:
    """Of the threads that try once to acquire a free lock exactly one succeeds."""
    adapter = sharing()

    def attempt(current: int, _: int) -> bool:
        return adapter().get_lock(f"lock {current}", timeout=LEASE).acquire(blocking=False)

    assert [winners.count(True) for winners in run_rounds(50, attempt)] == [1] * 50


def test_attempts_that_do_not_wait_exclude_each_other() -> None:
    """Nobody enters while somebody is inside, and who is refused goes without."""
    cache = InMemoryCacheAdapter()
    inside: list[int] = []

    def work(number: int) -> list[list[int]]:
        lock = cache.get_lock("attempts", timeout=LEASE)
        seen: list[list[int]] = []
        for _ in range(1000):
            if lock.acquire(blocking=False):
                inside.append(number)
                seen.append(inside.copy())
                inside.remove(number)
                lock.release()
        return seen

    company = list(chain.from_iterable(run_threads(THREADS, work)))
    assert max(map(len, company)) == 1


def test_every_waiter_gets_its_turn() -> None:
    """Eight threads that wait for one lock without end all acquire it, one after the other."""
    server = MemoryServer(clock=ManualClock())
    held = InMemoryCacheAdapter(server=server).get_lock("turns", timeout=LEASE, thread_local=False)
    held.acquire()

    def work(number: int) -> bool:
        if number == THREADS:
            held.release()
            return True
        with InMemoryCacheAdapter(server=server).get_lock("turns", timeout=LEASE) as lock:
            return lock.owned()

    assert run_threads(THREADS + 1, work) == [True] * (THREADS + 1)


def test_no_waiter_is_forgotten_when_locks_are_broken() -> None:
    """While one thread deletes the lock's key again and again, all who wait for it go on to acquire it."""
    cache = InMemoryCacheAdapter(server=MemoryServer(clock=ManualClock()))

    def break_or_use(number: int) -> int:
        if number == 0:
            break_again_and_again()
            return 0
        lock = cache.get_lock("broken", timeout=LEASE)
        return [acquire_and_release(lock) for _ in range(100)].count(True)

    def break_again_and_again() -> None:
        for _ in range(3000):
            cache.delete("broken")

    def acquire_and_release(lock: DistributedLock) -> bool:
        acquired = lock.acquire()
        with suppress(LockNotOwnedError):
            lock.release()
        return acquired

    assert run_threads(THREADS, break_or_use) == [0] + [100] * (THREADS - 1)


def test_locks_of_different_keys_do_not_wait_for_each_other() -> None:
    """Threads that hold a lock each, all at the same time, wait for nobody."""
    cache = InMemoryCacheAdapter()

    def attempt(current: int, number: int) -> bool:
        return cache.get_lock(f"lock {current}:{number}", timeout=LEASE).acquire(blocking=False)

    assert all(map(all, run_rounds(20, attempt)))


def test_a_claim_has_one_token_however_many_ask_at_once() -> None:
    """It gets its number when somebody asks for it."""

    cache = InMemoryCacheAdapter()
    locks = [cache.get_lock(f"lock {number}", LEASE) for number in range(200)]
    for lock in locks:
        lock.acquire()
    seen = run_rounds(len(locks), lambda turn, _: locks[turn].holder())
    assert [len(set(tokens)) for tokens in seen] == [1] * len(locks)
