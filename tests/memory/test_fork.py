"""os.fork while other threads are in the middle of things leaves a working child."""

import os
import threading
import warnings
from collections.abc import Callable

import pytest

from cache_provider import CleanupService, InMemoryCacheAdapter, ManualClock, MemoryServer
from cache_provider.exclusion import Mutex
from tests.threads import Task, until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")


def in_child(check: Callable[[], bool]) -> bool:
    """Fork and return what `check` says in the child, which has ten seconds for it."""
    with warnings.catch_warnings():
        # Python 3.12 warns of forking with threads, which is just what is tested here.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        import signal  # noqa: PLC0415 - in the child only

        signal.alarm(10)
        os._exit(0 if check() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def is_held(mutex: Mutex) -> bool:
    """Tell whether a thread holds `mutex`."""
    if not mutex.lock.acquire(blocking=False):
        return True
    mutex.release()
    return False


def held(mutex: Mutex) -> tuple[Task[None], threading.Event]:
    """Return a thread that holds `mutex`, and the event that ends it."""
    release = threading.Event()

    def hold() -> None:
        for _ in mutex.entering:
            try:
                release.wait()
                break
            finally:
                mutex.release()

    task = Task(hold)
    until(lambda: is_held(mutex))
    return task, release


def test_a_child_works_when_another_thread_held_the_mutex() -> None:
    """The child's server has a mutex that nobody holds."""
    cache = InMemoryCacheAdapter()
    cache.set("a", 1)
    task, release = held(cache._keyspace.mutex)
    try:
        assert in_child(lambda: cache.incr("a") == 2)
    finally:
        release.set()
        task.result()


def test_a_child_mends_what_the_other_thread_was_in_the_middle_of() -> None:
    """A key that was stored but not yet in the scan order is found by a scan in the child."""
    cache = InMemoryCacheAdapter()
    cache.set("a", 1)
    keyspace = cache._keyspace
    task, release = held(keyspace.mutex)
    keyspace.entries["b"] = keyspace.entries["a"]
    try:
        assert in_child(lambda: sorted(cache.scan_iter()) == ["a", "b"])
    finally:
        release.set()
        task.result()


def test_a_child_keeps_the_process_wide_locks_usable() -> None:
    """So has the table that adapters without server= share."""
    cache = InMemoryCacheAdapter()
    task, release = held(cache._locks.keyspace.mutex)
    try:
        assert in_child(lambda: cache.get_lock("l").acquire(blocking=False))
    finally:
        release.set()
        task.result()


def test_a_child_can_move_a_manual_clock() -> None:
    """A clock that was moving in the parent moves in the child."""
    clock = ManualClock()
    task, release = held(clock._moving)

    def check() -> bool:
        clock.advance(1)
        return clock.now().second == 1

    try:
        assert in_child(check)
    finally:
        release.set()
        task.result()


def test_a_child_does_not_wake_the_parents_waiters() -> None:
    """Releasing in the child a lock that a parent's thread waits for just works."""
    cache = InMemoryCacheAdapter(server=MemoryServer())
    lock = cache.get_lock("l")
    lock.acquire()
    task = Task(lambda: cache.get_lock("l").acquire())
    until(lambda: cache.stats().lock_waits == 1)

    def check() -> bool:
        lock.release()
        return cache.get_lock("l").acquire(blocking=False)

    try:
        assert in_child(check)
    finally:
        lock.release()
        task.result()


def test_a_child_computes_what_a_parents_thread_was_computing() -> None:
    """get_or_set in the child does not wait for a thread that only the parent has."""
    cache = InMemoryCacheAdapter(server=MemoryServer())
    go_on = threading.Event()

    def slow() -> str:
        go_on.wait()
        return "parent"

    task = Task(lambda: cache.get_or_set("k", slow))
    until(lambda: cache.get_lock("singleflight:lock:k").locked())
    cache.delete("singleflight:lock:k")
    try:
        assert in_child(lambda: cache.get_or_set("k", lambda: "child") == "child")
    finally:
        go_on.set()
        task.result()


def test_two_processes_never_make_the_same_token() -> None:
    """A child's claim is not mistaken for its parent's."""
    cache = InMemoryCacheAdapter()
    read, write = os.pipe()

    def token() -> str:
        lock = cache.get_lock("l")
        lock.acquire()
        holder = lock.holder()
        lock.release()
        return str(holder)

    def check() -> bool:
        os.write(write, token().encode())
        return True

    in_child(check)
    theirs = os.read(read, 1000).decode()
    assert theirs != token()


def test_a_running_cleanup_service_runs_on_in_the_child() -> None:
    """The sweeper's thread exists in the child as well, and sweeps there."""
    clock = ManualClock()
    cache = InMemoryCacheAdapter(clock=clock)
    cache.set("k", "v", ttl=1)
    with CleanupService(interval=0.01):

        def check() -> bool:
            clock.advance(1)
            until(lambda: not cache._keyspace.entries)
            return True

        assert in_child(check)


def test_a_stopped_cleanup_service_stays_stopped_in_the_child() -> None:
    """A child starts nothing that its parent did not run."""
    service = CleanupService()
    assert in_child(lambda: not service.running)
