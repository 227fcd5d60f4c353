"""Whose claim it is: threads that share a handle, and claims whose replies were lost."""

import logging
from collections.abc import Callable
from concurrent.futures import wait
from typing import Any

import pytest

from cache_provider.errors import CacheUnavailableError, LockAcquisitionError, LockNotOwnedError
from cache_provider.interface.lock import DistributedLock
from cache_provider.testing.contract.background import FOR_LONG, PATIENCE, pass_time_until_done, start
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Cache, Harness

by_thread = needs(Capability.CLAIMS_BY_THREAD)

AGAIN: dict[str, Callable[[DistributedLock], bool]] = {
    "acquire()": lambda lock: lock.acquire(),
    "acquire(timeout=3600)": lambda lock: lock.acquire(timeout=3600),
}

AT_ONCE: dict[str, Callable[[DistributedLock], bool]] = {
    "acquire(blocking=False)": lambda lock: lock.acquire(blocking=False),
    "acquire(timeout=0)": lambda lock: lock.acquire(timeout=0),
}


def acquire_unheard(lock: DistributedLock) -> None:
    """Acquire a lock, and let the reply be lost."""
    lock.acquire()
    lock.doubt()


def release_unheard(lock: DistributedLock) -> None:
    """Release a lock, and let the reply be lost."""
    lock.release()
    lock.doubt()


class LockClaimantContract(Contract):
    """Whose claim it is: threads that share a handle, and claims whose replies were lost."""

    # A handle that is shared

    def test_threads_that_share_a_handle_exclude_each_other(self, provider: Cache) -> None:
        """One is inside at a time, and each gets in."""
        lock = provider.get_lock("lock", timeout=FOR_LONG)

        def work() -> bool:
            with lock:
                return provider.setnx("inside", 1) and provider.delete("inside")

        working = [start(work) for _ in range(4)]
        assert [outcome.result(PATIENCE) for outcome in working] == [True] * 4

    @by_thread
    def test_a_thread_that_holds_nothing_has_nothing_to_release(self, lock: DistributedLock) -> None:
        """Its `release` is a `LockNotOwnedError`, though another thread acquired through the handle."""
        with pytest.raises(LockNotOwnedError, match="'lock' is not held by this thread"):
            start(lock.release).result(PATIENCE)

    @by_thread
    def test_a_thread_that_holds_nothing_gives_nobodys_lock_away(self, lock: DistributedLock) -> None:
        """The holder keeps its lock when another thread fails to release it."""
        wait([start(lock.release)], PATIENCE)
        assert lock.owned()

    @by_thread
    def test_a_thread_does_not_own_what_another_acquired(self, lock: DistributedLock) -> None:
        """`owned` answers the thread that asks."""
        assert start(lock.owned).result(PATIENCE) is False

    @by_thread
    def test_a_thread_does_not_extend_what_another_acquired(self, lock: DistributedLock) -> None:
        """`extend` is for the thread that holds the lock."""
        assert start(lambda: lock.extend(5)).result(PATIENCE) is False

    @by_thread
    def test_a_claim_of_a_thread_that_ended_is_nobodys(self, provider: Cache) -> None:
        """The next thread, to which the system may give the same number, does not have it."""
        lock = provider.get_lock("lock", timeout=10)
        start(lock.acquire).result(PATIENCE)
        assert [start(lock.owned).result(PATIENCE) for _ in range(5)] == [False] * 5

    @by_thread
    def test_a_second_release_does_nothing_while_another_thread_holds_the_lock(
        self, lock: DistributedLock
    ) -> None:
        """Each thread is remembered to have given its claim back."""
        lock.release()
        start(lock.acquire).result(PATIENCE)
        lock.release()
        assert lock.locked()

    @by_thread
    def test_a_claim_that_was_lost_to_another_thread_cannot_be_released(
        self, lock: DistributedLock, harness: Harness
    ) -> None:
        """The claim that the handle made since is the other thread's."""
        harness.pass_time(10)
        start(lock.acquire).result(PATIENCE)
        with pytest.raises(LockNotOwnedError, match="'lock'"):
            lock.release()

    def test_a_handle_that_is_not_bound_to_threads_may_be_passed_on(
        self, provider: Cache, other: Cache
    ) -> None:
        """With `thread_local=False` the claim is the handle's: another thread may release it."""
        lock = provider.get_lock("lock", thread_local=False)
        lock.acquire()
        start(lock.release).result(PATIENCE)
        assert other.get_lock("lock").acquire(blocking=False) is True

    # A handle that asks again

    @pytest.mark.parametrize("acquire", AGAIN.values(), ids=AGAIN.keys())
    def test_a_handle_waits_for_its_own_lock(
        self, provider: Cache, harness: Harness, acquire: Callable[[DistributedLock], bool]
    ) -> None:
        """A holder that asks again waits as any other claimant: until the lease is over."""
        lock = provider.get_lock("lock", timeout=10)

        def twice() -> tuple[bool, bool]:
            return lock.acquire(), acquire(lock)

        assert pass_time_until_done(harness, 10, start(twice)) == (True, True)

    @pytest.mark.parametrize("acquire", AT_ONCE.values(), ids=AT_ONCE.keys())
    def test_a_handle_that_must_not_wait_does_not_get_its_own_lock_again(
        self, lock: DistributedLock, acquire: Callable[[DistributedLock], bool]
    ) -> None:
        """Locks are not re-entrant."""
        assert acquire(lock) is False

    def test_a_handle_that_waited_for_itself_in_vain_says_so(self, provider: Cache) -> None:
        """The error names "this handle" as the holder."""
        lock = provider.get_lock("lock", timeout=FOR_LONG, blocking_timeout=0.01)
        lock.acquire()
        with pytest.raises(LockAcquisitionError, match="held by this handle"), lock:
            pytest.fail("the lock was acquired")

    def test_a_handle_that_waited_for_another_does_not_blame_itself(
        self, lock: DistributedLock, other: Cache
    ) -> None:
        """The error names the other's token."""
        assert lock.owned()
        with (
            pytest.raises(LockAcquisitionError, match=r"held by (?!this handle)"),
            other.get_lock("lock", 10, 0),
        ):
            pytest.fail("the lock was acquired")

    # A claim whose reply was lost

    def test_a_claim_that_was_not_heard_of_is_owned(self, provider: Cache) -> None:
        """`owned` asks for the token that was sent."""
        lock = provider.get_lock("lock", timeout=10)
        acquire_unheard(lock)
        assert lock.owned() is True

    def test_a_claim_that_was_not_heard_of_can_be_released(self, provider: Cache) -> None:
        """It blocks nobody for the rest of its lease."""
        lock = provider.get_lock("lock", timeout=10)
        acquire_unheard(lock)
        lock.release()
        assert lock.locked() is False

    def test_a_claim_that_was_not_heard_of_is_a_success_of_the_next_acquire(self, provider: Cache) -> None:
        """The handle knows its own claim when it meets it."""
        lock = provider.get_lock("lock", timeout=10)
        acquire_unheard(lock)
        assert lock.acquire(blocking=False) is True

    def test_a_claim_that_was_recognised_has_its_whole_lease(self, provider: Cache, harness: Harness) -> None:
        """The lease counts from the `acquire` that succeeded."""
        lock = provider.get_lock("lock", timeout=10)
        acquire_unheard(lock)
        harness.pass_time(4)
        lock.acquire(blocking=False)
        assert provider.ttl("lock") == 10

    def test_a_claim_is_recognised_once(self, provider: Cache) -> None:
        """After that it is held, and in the way of everybody."""
        lock = provider.get_lock("lock", timeout=10)
        acquire_unheard(lock)
        lock.acquire(blocking=False)
        assert lock.acquire(blocking=False) is False

    def test_a_claim_that_was_not_heard_of_can_be_extended(self, provider: Cache) -> None:
        """`extend` asks as well."""
        lock = provider.get_lock("lock", timeout=10)
        acquire_unheard(lock)
        assert lock.extend(5) is True

    def test_a_release_that_was_not_heard_of_may_be_repeated(self, lock: DistributedLock) -> None:
        """It is not a `LockNotOwnedError`: the lock is gone, and nobody took it."""
        release_unheard(lock)
        lock.release()
        assert lock.locked() is False

    def test_a_release_that_was_not_heard_of_is_refused_once_somebody_else_holds_the_lock(
        self, lock: DistributedLock, other: Cache
    ) -> None:
        """Nobody can tell any more whether it was this handle that gave it back."""
        release_unheard(lock)
        other.get_lock("lock").acquire()
        with pytest.raises(LockNotOwnedError, match="'lock'"):
            lock.release()

    def test_a_handle_whose_release_was_not_heard_of_may_acquire_again(self, lock: DistributedLock) -> None:
        """It is a claimant like any other."""
        release_unheard(lock)
        assert lock.acquire(blocking=False) is True

    # The end of `with`

    @needs(Capability.OPEN_STEPS)
    @pytest.mark.parametrize("boom", [KeyError("boom"), KeyboardInterrupt()], ids=repr)
    def test_with_hides_no_exception_behind_an_outage(
        self, provider: Cache, monkeypatch: pytest.MonkeyPatch, boom: BaseException
    ) -> None:
        """What the release met is a note on what the body raised."""
        lock = provider.get_lock("lock")

        def fail() -> None:
            raise CacheUnavailableError("down")

        monkeypatch.setattr(lock, "release", fail)
        with pytest.raises(type(boom)) as caught, lock:
            raise boom
        assert "down" in caught.value.__notes__[0]

    def test_with_may_log_a_lost_lease(
        self, provider: Cache, harness: Harness, caplog: pytest.LogCaptureFixture
    ) -> None:
        """With `raise_on_release_error=False` it is a warning."""
        with provider.get_lock("lock", timeout=10, raise_on_release_error=False):
            harness.pass_time(10)
        warnings = [entry.getMessage() for entry in caplog.records if entry.levelno == logging.WARNING]
        assert ["'lock'" in warning for warning in warnings] == [True]

    def test_release_raises_a_lost_lease_in_any_case(self, provider: Cache, harness: Harness) -> None:
        """`raise_on_release_error=False` is for the end of `with` alone."""
        lock = provider.get_lock("lock", timeout=10, raise_on_release_error=False)
        lock.acquire()
        harness.pass_time(10)
        with pytest.raises(LockNotOwnedError, match="'lock'"):
            lock.release()

    @pytest.mark.parametrize("flag", [0, "yes", None], ids=repr)
    @pytest.mark.parametrize("argument", ["raise_on_release_error", "thread_local"])
    def test_a_flag_of_a_handle_is_a_bool(self, provider: Cache, argument: str, flag: Any) -> None:
        """What is none names its argument."""
        options: dict[str, Any] = {argument: flag}
        with pytest.raises(TypeError, match=argument):
            provider.get_lock("lock", **options)
