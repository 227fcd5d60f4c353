"""A `UsualLock`, the lock of most tests, behaves as any other lock does."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from freezegun import freeze_time
from hypothesis import example, given
from hypothesis import strategies as st

from cache_provider import (
    CacheClosedError,
    DistributedLock,
    InMemoryCacheAdapter,
    InMemoryLock,
    LockNotOwnedError,
    ManualClock,
    MemoryServer,
    SystemClock,
)
from cache_provider.arguments import MILLISECOND, USUAL_TTLS
from cache_provider.memory.fenced_lock import FencedLock
from cache_provider.memory.lock_table import PROCESS_LOCKS
from cache_provider.memory.server import keyspace_of
from cache_provider.memory.usual_lock import UsualLock
from cache_provider.memory.walking import scan
from tests.threads import Task, until

MOMENT = datetime(2024, 5, 17, 12, 30, tzinfo=UTC)
LEASE = timedelta(seconds=10)
ANOTHER_LEASE = timedelta(seconds=7)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_locks_are_left() -> None:
    InMemoryLock.clear_all_locks()


# Against a lock on a server

Step = tuple[str, int]
"""What is done, and with which of two handles."""

STEPS = ["acquire", "release", "extend", "let 4 s pass", "let 10 s pass", "break", "look"]


class Side:
    """Two handles on one lock of an adapter.

    Attributes:
        outcomes: What every step came to.
    """

    def __init__(self, cache: InMemoryCacheAdapter) -> None:
        self._cache = cache
        self.handles = [cache.get_lock("lock", LEASE), cache.get_lock("lock", LEASE)]
        self.outcomes = list[object]()

    def take(self, what: str, number: int) -> None:
        """Do a step that lets no time pass."""
        handle = self.handles[number]
        calls: dict[str, Callable[[], object]] = {
            "acquire": lambda: handle.acquire(blocking=False),
            "release": handle.release,
            "extend": lambda: handle.extend(5),
            "break": self._cache.flush_all,
            # A step like the others: it removes a claim whose lease is over, which others must meet as well.
            "look": lambda: [(each.owned(), each.locked(), each.holder() is None) for each in self.handles],
        }
        self.outcomes.append(_outcome(calls[what]))


def _outcome(call: Callable[[], object]) -> object:
    try:
        return call()
    except LockNotOwnedError as error:
        return type(error)


def played(cache: InMemoryCacheAdapter, steps: list[Step]) -> Side:
    """Return a side after these steps, from a moment on that is always the same."""
    with time_machine.travel(MOMENT, tick=False) as traveller:
        side = Side(cache)
        for what, number in steps:
            if what.startswith("let "):
                traveller.shift(timedelta(seconds=int(what.split()[1])))
            else:
                side.take(what, number)
        cache.flush_all()
        return side


OVERDUE = [("acquire", 0), ("let 10 s pass", 0), ("release", 0)]
TAKEN_OVER = [*OVERDUE[:2], ("acquire", 1), ("release", 0), ("acquire", 0), ("release", 1)]
TWICE = [("acquire", 0), ("release", 0), ("release", 0)]
BROKEN = [("acquire", 0), ("break", 0), ("release", 0), ("release", 0)]


@example(steps=OVERDUE)
@example(steps=TAKEN_OVER)
@example(steps=[*TWICE, *BROKEN])
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 1)), max_size=12))
def test_it_does_what_any_lock_does(steps: list[Step]) -> None:
    """Whatever is done with two handles, all kinds answer alike and show the same."""
    usual = [played(cache, steps) for cache in (InMemoryCacheAdapter(), _on_a_server())]
    other = played(InMemoryCacheAdapter(clock=SystemClock()), steps)
    assert {type(handle) for side in usual for handle in side.handles} == {UsualLock}
    assert {type(handle) for handle in other.handles} == {InMemoryLock}
    assert [side.outcomes for side in usual] == [other.outcomes] * 2


@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 1)), max_size=12))
def test_it_leaves_no_key_and_no_place_behind(steps: list[Step]) -> None:
    """A walk along the keys meets those that are there."""
    server = MemoryServer()
    played(InMemoryCacheAdapter(server=server), steps)
    assert (keyspace_of(server).entries, scan(keyspace_of(server), 0, 100)) == ({}, (0, []))


def _on_a_server() -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter(server=MemoryServer())


# What makes a handle one

KINDS: dict[str, tuple[Callable[[], DistributedLock], type]] = {
    "as it comes": (lambda: InMemoryCacheAdapter().get_lock("lock"), UsualLock),
    "with another usual lease": (lambda: InMemoryCacheAdapter().get_lock("lock", ANOTHER_LEASE), UsualLock),
    "with a bounded wait": (lambda: InMemoryCacheAdapter().get_lock("lock", LEASE, 1), UsualLock),
    "on a clock of its own": (
        lambda: InMemoryCacheAdapter(clock=ManualClock()).get_lock("lock"),
        InMemoryLock,
    ),
    "on a server": (lambda: _on_a_server().get_lock("lock"), UsualLock),
    "with a number as its lease": (lambda: InMemoryCacheAdapter().get_lock("lock", 10), UsualLock),
    "with parts of a second": (lambda: InMemoryCacheAdapter().get_lock("lock", 0.25), UsualLock),
    "for two centuries": (lambda: InMemoryCacheAdapter().get_lock("lock", 73_200 * DAY), InMemoryLock),
    "fenced": (lambda: InMemoryCacheAdapter().get_lock("lock", fenced=True), FencedLock),
}


@pytest.mark.parametrize(("make", "kind"), KINDS.values(), ids=KINDS.keys())
def test_a_handle_is_of_the_kind_that_can_do_its_work(
    make: Callable[[], DistributedLock], kind: type
) -> None:
    """The short way is for the system's clock and a lease that no clock of today can take past int64."""
    with mock.patch.dict(USUAL_TTLS, {ANOTHER_LEASE: ANOTHER_LEASE // MILLISECOND}):
        assert type(make()) is kind


def test_many_ttls_leave_the_short_way_to_the_usual_lock() -> None:
    """Even if all of them come first."""
    program = (
        "from datetime import timedelta\n"
        "from cache_provider import InMemoryCacheAdapter\n"
        "cache = InMemoryCacheAdapter()\n"
        "for number in range(300): cache.set('k', 1, timedelta(seconds=100 + number))\n"
        "print(type(cache.get_lock('l')).__name__)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "UsualLock"


@pytest.mark.parametrize("blocking", [1, None, "yes"])
def test_a_free_lock_is_not_taken_by_a_wrong_argument(blocking: Any) -> None:
    """The short way knows no more arguments than the long one."""
    with pytest.raises(TypeError, match="blocking must be a bool"):
        InMemoryCacheAdapter().get_lock("lock").acquire(blocking)


def test_a_lock_is_made_by_a_cache_only() -> None:
    """A handle on no lock of no cache is refused, and says how to come by one."""
    with pytest.raises(TypeError, match=r"get_lock\(name\)"):
        InMemoryLock()


# Clocks that somebody moves


def test_its_lease_ends_by_a_mocked_time() -> None:
    """Claimed and judged by what `time.time` says."""
    lock = InMemoryCacheAdapter().get_lock("lock", LEASE)
    with mock.patch("time.time", return_value=1_000.0):
        lock.acquire()
    with mock.patch("time.time", side_effect=[1_009.9, 1_010.0]):
        assert [lock.owned(), lock.owned()] == [True, False]


def test_it_is_lost_by_a_mocked_time() -> None:
    """A release after the mocked end of the lease says so."""
    lock = InMemoryCacheAdapter().get_lock("lock", LEASE)
    lock.acquire()
    with mock.patch("time.time", return_value=time.time() + 11), pytest.raises(LockNotOwnedError):
        lock.release()


def test_its_lease_ends_by_a_frozen_time_in_a_thread() -> None:
    """freezegun shows some threads the real time; the lock is not among them."""
    lock = InMemoryCacheAdapter().get_lock("lock", LEASE, thread_local=False)
    with freeze_time(MOMENT) as frozen:
        assert Task(lock.acquire).result()
        frozen.tick(9)
        assert lock.owned()
        frozen.tick(1)
        assert not lock.owned()


# Waiting


def test_a_release_wakes_the_next_in_line() -> None:
    """The waiter looks at nothing before the lease ends, which is in an hour."""
    cache = InMemoryCacheAdapter()
    lock = cache.get_lock("lock", timedelta(hours=1))
    lock.acquire()
    task = Task(cache.get_lock("lock").acquire)
    until(lambda: "test:lock" in PROCESS_LOCKS.queues)
    lock.release()
    assert task.result()


def test_every_waiter_has_its_turn() -> None:
    """One release after the other, until nobody waits."""
    cache = InMemoryCacheAdapter()
    lock = cache.get_lock("lock", timedelta(hours=1))
    lock.acquire()

    def in_turn() -> None:
        with cache.get_lock("lock"):
            pass

    tasks = [Task(in_turn) for _ in range(5)]
    lock.release()
    for task in tasks:
        task.result()
    assert (PROCESS_LOCKS.queues, dict(PROCESS_LOCKS.entries)) == ({}, {})


# What is left of it


def test_a_handle_of_a_closed_adapter_claims_nothing() -> None:
    """As everything else of a closed adapter, it says so."""
    cache = InMemoryCacheAdapter()
    lock = cache.get_lock("lock")
    cache.close()
    with pytest.raises(CacheClosedError):
        lock.acquire()


def test_a_closed_adapter_makes_no_handle() -> None:
    """The short way asks as well."""
    cache = InMemoryCacheAdapter()
    cache.close()
    with pytest.raises(CacheClosedError):
        cache.get_lock("lock")


def test_a_sweep_removes_ended_leases_only() -> None:
    """A lock that is still held stays."""
    cache = InMemoryCacheAdapter()
    with time_machine.travel(MOMENT, tick=False) as traveller:
        cache.get_lock("ended", timedelta(seconds=1)).acquire()
        cache.get_lock("held", LEASE).acquire()
        traveller.shift(timedelta(seconds=2))
        cache.cleanup_expired()
        assert list(PROCESS_LOCKS.entries) == ["test:held"]
