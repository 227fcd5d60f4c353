"""Waiting for a lock: until it is free, or until patience ends, whichever clock says so."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event

import pytest

from cache_provider.arguments import Ttl
from cache_provider.errors import CacheClosedError
from cache_provider.interface.lock import DistributedLock
from cache_provider.testing.contract.background import FOR_LONG, PATIENCE, pass_time_until_done, start
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Cache, Harness


def hold_for_long(cache: Cache) -> DistributedLock:
    """Hold the lock longer than any test lasts."""
    handle = cache.get_lock("lock", timeout=FOR_LONG)
    handle.acquire()
    return handle


def until_waiting(cache: Cache) -> None:
    """Wait until an acquisition has found its lock held."""
    look_again = Event()
    for _ in range(int(PATIENCE / 0.001)):
        if cache.stats().lock_waits:
            break
        look_again.wait(0.001)


# What ends a wait

Free = Callable[[DistributedLock, Cache, Harness], object]


def cut_short(_holder: DistributedLock, cache: Cache, harness: Harness) -> None:
    """Let the lease end earlier than it was to."""
    cache.expire("lock", 2)
    harness.pass_time(2)


def extend(holder: DistributedLock, _cache: Cache, harness: Harness) -> None:
    """Let the lease end later than it was to."""
    holder.extend(5)
    harness.pass_time(10)
    harness.pass_time(5)


def replace(holder: DistributedLock, _cache: Cache, harness: Harness) -> None:
    """Let another lease end."""
    holder.extend(3, replace_ttl=True)
    harness.pass_time(3)


FREES: dict[str, Free] = {
    "it is released": lambda holder, _cache, _harness: holder.release(),
    "its lease ends": lambda _holder, _cache, harness: harness.pass_time(10),
    "it is deleted": lambda _holder, cache, _harness: cache.delete("lock"),
    "it is deleted among others": lambda _holder, cache, _harness: cache.mdelete(["a", "lock"]),
    "it is deleted by pattern": lambda _holder, cache, _harness: cache.delete_pattern("lo*"),
    "it is flushed": lambda _holder, cache, _harness: cache.flush_all(),
    "it expires at once": lambda _holder, cache, _harness: cache.expire("lock", 0),
    "its lease is cut short": cut_short,
    "its extended lease ends": extend,
    "its replaced lease ends": replace,
}

frees = pytest.mark.parametrize("free", FREES.values(), ids=FREES.keys())

FREED_OR_OVER = ("it is released", "its lease ends")
"""For a wait that differs only in how it was begun: by word from the holder, and by the clock."""

frees_or_ends = pytest.mark.parametrize("free", [FREES[each] for each in FREED_OR_OVER], ids=FREED_OR_OVER)


# What ends patience

NOT_POSITIVE: list[Ttl] = [0, 0.0, -1, -0.5, timedelta(0), timedelta(seconds=-1)]

no_patience = pytest.mark.parametrize("timeout", NOT_POSITIVE, ids=repr)


class LockWaitingContract(Contract):
    """Waiting for a lock: until it is free, or until patience ends, whichever clock says so."""

    @pytest.fixture
    def holder(self, other: Cache) -> DistributedLock:
        """Return a handle with a lease of 10 s that holds its lock."""
        handle = other.get_lock("lock", timeout=10)
        handle.acquire()
        return handle

    @frees
    def test_a_waiter_gets_the_lock_when(
        self, provider: Cache, holder: DistributedLock, harness: Harness, free: Free
    ) -> None:
        """`acquire` without a timeout waits until the lock is free, however that comes about."""
        waiting = start(provider.get_lock("lock").acquire)
        free(holder, provider, harness)
        assert waiting.result(PATIENCE) is True

    @frees_or_ends
    def test_a_patient_waiter_gets_the_lock_when(
        self, provider: Cache, holder: DistributedLock, harness: Harness, free: Free
    ) -> None:
        """`acquire` with a long timeout waits as one without does."""
        waiting = start(lambda: provider.get_lock("lock").acquire(timeout=FOR_LONG))
        free(holder, provider, harness)
        assert waiting.result(PATIENCE) is True

    @frees_or_ends
    def test_a_with_block_waits_until(
        self, provider: Cache, holder: DistributedLock, harness: Harness, free: Free
    ) -> None:
        """`with` waits as `acquire` does."""

        def enter() -> bool:
            with provider.get_lock("lock") as lock:
                return lock.owned()

        waiting = start(enter)
        free(holder, provider, harness)
        assert waiting.result(PATIENCE) is True

    def test_each_of_many_waiters_gets_the_lock(self, provider: Cache, holder: DistributedLock) -> None:
        """A release lets one waiter in, and each of them lets in the next."""

        def work() -> bool:
            with provider.get_lock("lock", timeout=FOR_LONG):
                return provider.setnx("inside", 1) and provider.delete("inside")

        waiting = [start(work) for _ in range(5)]
        holder.release()
        assert [outcome.result(PATIENCE) for outcome in waiting] == [True] * 5

    @no_patience
    @pytest.mark.usefixtures("holder")
    def test_a_timeout_that_is_not_positive_tries_once(self, provider: Cache, timeout: Ttl) -> None:
        """`acquire(timeout=0)` of a held lock is False at once."""
        assert start(lambda: provider.get_lock("lock").acquire(timeout=timeout)).result(PATIENCE) is False

    @no_patience
    def test_a_timeout_that_is_not_positive_gets_a_free_lock(self, provider: Cache, timeout: Ttl) -> None:
        """One try is enough for a lock that is free."""
        assert provider.get_lock("lock").acquire(timeout=timeout) is True

    @no_patience
    @pytest.mark.usefixtures("holder")
    def test_a_blocking_timeout_that_is_not_positive_tries_once(self, provider: Cache, timeout: Ttl) -> None:
        """A handle's own patience may be nothing as well."""
        lock = provider.get_lock("lock", blocking_timeout=timeout)
        assert start(lock.acquire).result(PATIENCE) is False

    @pytest.mark.usefixtures("holder")
    def test_acquire_that_must_not_block_tries_once(self, provider: Cache) -> None:
        """`blocking=False` does not wait, whatever patience the handle has."""
        lock = provider.get_lock("lock", blocking_timeout=FOR_LONG)
        assert start(lambda: lock.acquire(blocking=False)).result(PATIENCE) is False

    @pytest.mark.usefixtures("holder")
    def test_acquire_that_must_not_block_does_not_wait_for_its_timeout(self, provider: Cache) -> None:
        """`blocking=False` tries once, whatever timeout stands beside it."""
        lock = provider.get_lock("lock")
        assert start(lambda: lock.acquire(blocking=False, timeout=FOR_LONG)).result(PATIENCE) is False

    @pytest.mark.usefixtures("holder")
    def test_a_short_timeout_overrides_a_long_blocking_timeout(self, provider: Cache) -> None:
        """What `acquire` is told counts more than what the handle was told."""
        lock = provider.get_lock("lock", blocking_timeout=FOR_LONG)
        assert start(lambda: lock.acquire(timeout=0)).result(PATIENCE) is False

    def test_a_long_timeout_overrides_a_short_blocking_timeout(
        self, provider: Cache, other: Cache, harness: Harness
    ) -> None:
        """A handle that would try once waits where `acquire` says so."""
        other.get_lock("lock", timeout=1_000).acquire()
        lock = provider.get_lock("lock", blocking_timeout=0)
        waiting = start(lambda: lock.acquire(timeout=FOR_LONG))
        assert pass_time_until_done(harness, 10, waiting) is True

    # Whichever clock ends first

    @pytest.mark.parametrize("timeout", [0.01, timedelta(milliseconds=10)], ids=repr)
    @pytest.mark.usefixtures("holder")
    def test_a_timeout_ends_in_real_time_though_the_store_stands_still(
        self, provider: Cache, timeout: Ttl
    ) -> None:
        """Waiting never hangs because nobody moves the cache's clock."""
        lock = provider.get_lock("lock")
        assert start(lambda: lock.acquire(timeout=timeout)).result(PATIENCE) is False

    @pytest.mark.usefixtures("holder")
    def test_a_blocking_timeout_ends_in_real_time_though_the_store_stands_still(
        self, provider: Cache
    ) -> None:
        """A handle's own patience ends as one that `acquire` was told."""
        lock = provider.get_lock("lock", blocking_timeout=0.01)
        assert start(lock.acquire).result(PATIENCE) is False

    @needs(Capability.PATIENCE_IN_STORE_TIME)
    def test_a_timeout_ends_on_the_clock_of_the_store(
        self, provider: Cache, other: Cache, harness: Harness
    ) -> None:
        """An hour of patience is over when an hour of the cache's time is, whatever the real time."""
        hold_for_long(other)
        lock = provider.get_lock("lock")
        waiting = start(lambda: lock.acquire(timeout=3_600))
        assert pass_time_until_done(harness, 3_600, waiting) is False

    @needs(Capability.PATIENCE_IN_STORE_TIME)
    def test_a_blocking_timeout_ends_on_the_clock_of_the_store(
        self, provider: Cache, other: Cache, harness: Harness
    ) -> None:
        """A handle's own patience ends with the cache's time too."""
        hold_for_long(other)
        waiting = start(provider.get_lock("lock", blocking_timeout=3_600).acquire)
        assert pass_time_until_done(harness, 3_600, waiting) is False

    def test_a_waiter_that_gave_up_holds_nothing(self, provider: Cache, other: Cache) -> None:
        """After a timeout the lock is its holder's, and the waiter has nothing."""
        holder = hold_for_long(other)
        lock = provider.get_lock("lock")
        lock.acquire(timeout=0.01)
        assert (lock.owned(), holder.owned()) == (False, True)

    def test_a_waiter_that_gave_up_leaves_the_lock_to_others(self, provider: Cache, other: Cache) -> None:
        """A wait that ended takes no later release away from anybody."""
        holder = hold_for_long(other)
        provider.get_lock("lock").acquire(timeout=0.01)
        waiting = start(provider.get_lock("lock").acquire)
        holder.release()
        assert waiting.result(PATIENCE) is True

    def test_a_wait_ends_with_its_provider(self, provider: Cache, other: Cache) -> None:
        """Who waits through a provider that is closed hears of it, though the lock stays held."""
        hold_for_long(other)
        waiting = start(provider.get_lock("lock").acquire)
        until_waiting(provider)
        provider.close()
        with pytest.raises(CacheClosedError, match="closed"):
            waiting.result(PATIENCE)

    def test_a_waiter_waits_for_a_plain_value_too(self, provider: Cache, harness: Harness) -> None:
        """A key that is not a lock keeps the lock's name taken until it expires."""
        provider.set("lock", "no lock", 10)
        waiting = start(provider.get_lock("lock").acquire)
        harness.pass_time(10)
        assert waiting.result(PATIENCE) is True
