"""Locks: one claimant at a time, for as long as its lease runs."""

from datetime import timedelta

import pytest

from cache_provider.arguments import Ttl
from cache_provider.errors import LockError, LockNotOwnedError
from cache_provider.interface.lock import DistributedLock
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Cache, Harness


def lose(lock: DistributedLock, how: str, cache: Cache, harness: Harness) -> None:
    """Make the handle lose its lock."""
    if how == "its lease ran out":
        harness.pass_time(10)
    elif how == "it was taken over":
        harness.pass_time(10)
        cache.get_lock("lock").acquire()
    elif how == "its key was deleted":
        cache.delete("lock")
    elif how == "its key was overwritten":
        cache.set("lock", "something else", 1000)
    elif how == "it was released":
        lock.release()
    else:
        raise AssertionError(how)


LOST = ["its lease ran out", "it was taken over", "its key was deleted", "its key was overwritten"]

lost = pytest.mark.parametrize("how", LOST)


class LockContract(Contract):
    """Locks: one claimant at a time, for as long as its lease runs."""

    @pytest.fixture
    def rival(self, other: Cache) -> DistributedLock:
        """Return another provider's handle on the same lock."""
        return other.get_lock("lock", timeout=10)

    # Handles and claims

    def test_a_handle_stores_nothing(self, provider: Cache) -> None:
        """`get_lock` claims nothing and leaves no key."""
        provider.get_lock("lock")
        assert provider.keys() == []

    def test_a_handle_knows_its_name(self, provider: Cache) -> None:
        """`name` is the lock's name, without the prefix."""
        assert provider.get_lock("lock").name == "lock"

    def test_a_free_lock_is_acquired(self, provider: Cache) -> None:
        """`acquire` of a free lock returns True."""
        assert provider.get_lock("lock").acquire() is True

    @pytest.mark.usefixtures("lock")
    def test_a_held_lock_is_not_acquired(self, rival: DistributedLock) -> None:
        """Another handle does not get a lock that is held, whichever provider made it."""
        assert rival.acquire(blocking=False) is False

    @pytest.mark.usefixtures("lock")
    def test_two_handles_are_two_claimants(self, provider: Cache) -> None:
        """A second handle is kept out, in the same thread and of the same provider too."""
        assert provider.get_lock("lock").acquire(blocking=False) is False

    @pytest.mark.usefixtures("lock")
    def test_another_name_is_another_lock(self, provider: Cache) -> None:
        """Locks with different names do not exclude each other."""
        assert provider.get_lock("another").acquire(blocking=False) is True

    @pytest.mark.usefixtures("lock")
    def test_another_prefix_is_another_lock(self, stranger: Cache) -> None:
        """Locks with different full keys do not exclude each other."""
        assert stranger.get_lock("lock").acquire(blocking=False) is True

    def test_a_handle_may_acquire_again_after_its_release(self, lock: DistributedLock) -> None:
        """A handle is no longer bound by a claim that it gave back."""
        lock.release()
        assert lock.acquire(blocking=False) is True

    def test_a_handle_may_acquire_again_after_its_lease(
        self, lock: DistributedLock, harness: Harness
    ) -> None:
        """A handle whose lease is over is a claimant like any other."""
        harness.pass_time(10)
        assert lock.acquire(blocking=False) is True

    def test_each_claim_has_a_token_of_its_own(self, provider: Cache, raw: Cache) -> None:
        """What is stored under the lock's key differs from claim to claim of one handle."""
        handle = provider.get_lock("lock")
        tokens: set[bytes] = set()
        for _ in range(3):
            handle.acquire()
            tokens.add(raw.get("lock"))
            handle.release()
        assert len(tokens) == 3

    def test_asking_again_keeps_the_lock(self, lock: DistributedLock) -> None:
        """A handle that asked again still holds its lock."""
        lock.acquire(blocking=False)
        assert lock.owned()

    def test_asking_again_does_not_renew_the_lease(
        self, lock: DistributedLock, provider: Cache, harness: Harness
    ) -> None:
        """The lease counts from the claim."""
        harness.pass_time(4)
        lock.acquire(blocking=False)
        assert provider.ttl("lock") == 6

    # The lease

    @needs(Capability.STILL_TIME)
    @pytest.mark.parametrize(
        ("lease", "milliseconds"),
        [(10, 10_000), (0.5, 500), (1.9, 1900), (timedelta(minutes=1), 60_000), (1e-9, 1)],
        ids=repr,
    )
    def test_a_lease_ends_to_the_millisecond(
        self, provider: Cache, harness: Harness, lease: Ttl, milliseconds: int
    ) -> None:
        """A lease is read as a ttl is: for `[t, t+d)`."""
        handle = provider.get_lock("lock", timeout=lease)
        handle.acquire()
        harness.pass_time(timedelta(milliseconds=milliseconds - 1))
        held = handle.owned()
        harness.pass_time(timedelta(milliseconds=1))
        assert (held, handle.owned()) == (True, False)

    def test_a_lease_is_ten_seconds_by_default(self, provider: Cache) -> None:
        """Without a `timeout` the lease is 10 s."""
        provider.get_lock("lock").acquire()
        assert provider.ttl("lock") == 10

    def test_a_lease_counts_from_the_claim(self, provider: Cache, harness: Harness) -> None:
        """A handle may be old: its lease begins when it acquires."""
        handle = provider.get_lock("lock", timeout=10)
        harness.pass_time(100)
        handle.acquire()
        assert provider.ttl("lock") == 10

    @pytest.mark.usefixtures("lock")
    def test_a_lock_whose_lease_is_over_is_free(self, rival: DistributedLock, harness: Harness) -> None:
        """A crashed holder blocks nobody for longer than its lease."""
        harness.pass_time(10)
        assert rival.acquire(blocking=False) is True

    @needs(Capability.STILL_TIME)
    @pytest.mark.usefixtures("lock")
    def test_a_lock_whose_lease_runs_is_not_free(self, rival: DistributedLock, harness: Harness) -> None:
        """One millisecond before its end a lease still counts."""
        harness.pass_time(9.999)
        assert rival.acquire(blocking=False) is False

    @needs(Capability.BACKWARD_TIME)
    def test_a_lease_that_was_seen_to_end_stays_over(
        self, lock: DistributedLock, rival: DistributedLock, harness: Harness
    ) -> None:
        """A wall clock that steps back gives nobody a lost lock back."""
        harness.pass_time(10)
        rival.locked()
        harness.step_back(timedelta(seconds=5))
        assert (lock.owned(), rival.locked()) == (False, False)

    # release

    def test_a_released_lock_is_free(self, lock: DistributedLock, rival: DistributedLock) -> None:
        """After `release` another handle gets the lock."""
        lock.release()
        assert rival.acquire(blocking=False) is True

    @lost
    def test_a_lost_lock_cannot_be_released(
        self, lock: DistributedLock, other: Cache, harness: Harness, how: str
    ) -> None:
        """`release` of a lock that this handle lost is a `LockNotOwnedError` that names it."""
        lose(lock, how, other, harness)
        with pytest.raises(LockNotOwnedError, match="'lock'"):
            lock.release()

    def test_a_lock_that_was_never_acquired_cannot_be_released(self, provider: Cache) -> None:
        """`release` without a claim is a `LockNotOwnedError` that names the lock."""
        with pytest.raises(LockNotOwnedError, match="'lock'"):
            provider.get_lock("lock").release()

    @pytest.mark.usefixtures("lock")
    def test_a_lock_of_somebody_else_cannot_be_released(self, rival: DistributedLock) -> None:
        """A handle that failed to acquire has nothing to release."""
        rival.acquire(blocking=False)
        with pytest.raises(LockNotOwnedError, match="'lock'"):
            rival.release()

    @pytest.mark.parametrize("how", ["it was taken over", "its key was overwritten"])
    def test_a_refused_release_removes_nothing(
        self, lock: DistributedLock, other: Cache, harness: Harness, how: str
    ) -> None:
        """What stands under the key by now belongs to somebody else."""
        lose(lock, how, other, harness)
        with pytest.raises(LockNotOwnedError, match="'lock'"):
            lock.release()
        assert other.exists("lock")

    def test_a_second_release_does_nothing(self, lock: DistributedLock) -> None:
        """After a successful release another one raises nothing and leaves the lock free."""
        lock.release()
        lock.release()
        assert not lock.locked()

    def test_a_second_release_frees_nobody_elses_lock(
        self, lock: DistributedLock, rival: DistributedLock
    ) -> None:
        """If another caller holds the lock by then, it keeps it."""
        lock.release()
        rival.acquire()
        lock.release()
        assert rival.owned()

    def test_a_second_release_after_a_failed_one_fails_too(
        self, lock: DistributedLock, harness: Harness
    ) -> None:
        """Only a release that succeeded makes the next one a no-op."""
        harness.pass_time(10)
        for _ in range(2):
            with pytest.raises(LockNotOwnedError, match="'lock'"):
                lock.release()
        assert not lock.owned()

    def test_a_claim_that_is_lost_after_an_earlier_release_cannot_be_released(
        self, lock: DistributedLock, harness: Harness
    ) -> None:
        """Each claim is released for itself."""
        lock.release()
        lock.acquire()
        harness.pass_time(10)
        with pytest.raises(LockNotOwnedError, match="'lock'"):
            lock.release()

    def test_a_lost_lock_is_a_lock_error(self, provider: Cache) -> None:
        """Callers may catch every error of locks as `LockError`."""
        with pytest.raises(LockError, match="'lock'"):
            provider.get_lock("lock").release()

    # locked and owned

    def test_a_free_lock_is_not_locked(self, provider: Cache) -> None:
        """`locked` is False where nobody holds the lock."""
        assert provider.get_lock("lock").locked() is False

    @pytest.mark.usefixtures("lock")
    def test_a_held_lock_is_locked(self, rival: DistributedLock) -> None:
        """`locked` is True for any holder."""
        assert rival.locked() is True

    def test_a_holder_owns_its_lock(self, lock: DistributedLock) -> None:
        """`owned` is True for the handle that holds the lock."""
        assert lock.owned() is True

    @pytest.mark.usefixtures("lock")
    def test_nobody_else_owns_a_held_lock(self, rival: DistributedLock) -> None:
        """`owned` is False for every other handle."""
        assert rival.owned() is False

    @pytest.mark.parametrize("how", ["its lease ran out", "its key was deleted", "it was released"])
    def test_a_lock_that_is_over_is_not_locked(
        self, lock: DistributedLock, other: Cache, harness: Harness, how: str
    ) -> None:
        """`locked` is False once the claim has ended."""
        lose(lock, how, other, harness)
        assert lock.locked() is False

    @pytest.mark.parametrize("how", [*LOST, "it was released"])
    def test_a_lock_that_is_lost_is_not_owned(
        self, lock: DistributedLock, other: Cache, harness: Harness, how: str
    ) -> None:
        """`owned` is False once the claim has ended, no matter who holds the lock by then."""
        lose(lock, how, other, harness)
        assert lock.owned() is False
