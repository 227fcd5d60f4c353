"""Locks whose lease is renewed while they are held: they stay, and say when they are lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from cache_provider.arguments import Ttl
from cache_provider.errors import CacheConfigurationError, LockNotOwnedError
from cache_provider.interface.lock import DistributedLock
from cache_provider.testing.contract.background import PATIENCE
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Cache, Harness

LEASE = 0.6
"""Seconds: a third of it is long for a server that is busy, and short for a test that waits for it."""

AN_HOUR = 3600


def until(condition: Callable[[], bool], harness: Harness | None = None) -> bool:
    """Wait until somebody else has brought `condition` about, as the store's time passes; tell whether."""
    look_again = Event()
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return True
        if harness is not None:
            harness.pass_time(0.02)
        look_again.wait(0.02)
    return False


def pass_half(harness: Harness) -> None:
    """Let half a lease pass on the store."""
    harness.pass_time(LEASE / 2)


# What has no sense

WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "renew": ({"renew": 1}, TypeError, r"\brenew\b.*int 1"),
    "a time to hold alone": ({"max_hold": 60}, ValueError, r"max_hold.*renew=True.*60"),
    "no time to hold": ({"renew": True, "max_hold": 0}, ValueError, r"\bmax_hold\b.*0"),
    "a text as time to hold": ({"renew": True, "max_hold": "60"}, TypeError, r"\bmax_hold\b.*'60'"),
}


class LockRenewalContract(Contract):
    """Locks whose lease is renewed while they are held: they stay, and say when they are lost."""

    @pytest.fixture
    def renewed(self, provider: Cache) -> DistributedLock:
        """Return a handle that is renewed, and holds its lock."""
        handle = provider.get_lock("lock", timeout=LEASE, renew=True)
        handle.acquire()
        return handle

    # It stays

    @pytest.mark.usefixtures("renewed")
    def test_a_held_lock_is_renewed_to_its_full_lease(self, other: Cache, harness: Harness) -> None:
        """Some time after half of it was over there is more than half of it left."""
        pass_half(harness)
        assert until(lambda: (other.pttl("lock") or 0) > LEASE * 1000 / 2)

    @needs(Capability.RENEWS_IN_STORE_TIME)
    @pytest.mark.parametrize("duration", [1, AN_HOUR, 1000 * AN_HOUR])
    def test_a_living_holder_keeps_its_lock_however_far_time_is_moved(
        self, renewed: DistributedLock, harness: Harness, duration: Ttl
    ) -> None:
        """Every renewal that was due has happened."""
        harness.pass_time(duration)
        assert renewed.owned()

    @needs(Capability.RENEWS_IN_STORE_TIME)
    def test_renewals_happen_in_their_order(self, provider: Cache, harness: Harness) -> None:
        """Of two locks with leases of their own both stay."""
        locks = [provider.get_lock(name, timeout=lease, renew=True) for name, lease in (("a", 7), ("b", 10))]
        for lock in locks:
            lock.acquire()
        harness.pass_time(100)
        assert [lock.owned() for lock in locks] == [True, True]

    @needs(Capability.RENEWS_IN_STORE_TIME)
    def test_a_lock_that_is_not_renewed_ends(self, lock: DistributedLock, harness: Harness) -> None:
        """Nobody renews what nobody asked to."""
        harness.pass_time(10)
        assert not lock.owned()

    def test_a_renewed_lock_excludes(self, renewed: DistributedLock, other: Cache) -> None:
        """As any other does."""
        assert (renewed.owned(), other.get_lock("lock").acquire(blocking=False)) == (True, False)

    def test_a_renewed_lock_keeps_its_number(self, provider: Cache, other: Cache, harness: Harness) -> None:
        """A renewal is not a claim."""
        lock = provider.get_lock("lock", timeout=LEASE, renew=True, fenced=True)
        lock.acquire()
        pass_half(harness)
        until(lambda: (other.pttl("lock") or 0) > LEASE * 1000 / 2)
        assert lock.fence == 1

    @needs(Capability.CLAIMS_BY_THREAD)
    def test_a_claim_is_its_threads(self, renewed: DistributedLock) -> None:
        """Another thread holds nothing through the handle."""
        with ThreadPoolExecutor() as threads, pytest.raises(LockNotOwnedError, match="'lock'"):
            threads.submit(renewed.release).result()

    # Until it is given back

    def test_a_release_ends_the_renewing(self, renewed: DistributedLock, other: Cache) -> None:
        """The next holder's lease is its own."""
        renewed.release()
        lock = other.get_lock("lock", timeout=AN_HOUR)
        lock.acquire()
        Event().wait(LEASE / 2)
        assert (other.pttl("lock") or 0) > AN_HOUR * 1000 / 2

    def test_a_renewed_lock_may_be_released_twice(self, renewed: DistributedLock) -> None:
        """As of any lock."""
        renewed.release()
        renewed.release()
        assert not renewed.locked()

    def test_with_gives_a_renewed_lock_back(self, provider: Cache) -> None:
        """As any other."""
        with provider.get_lock("lock", renew=True) as lock:
            held = lock.owned()
        assert (held, lock.locked()) == (True, False)

    @needs(Capability.RENEWS_IN_STORE_TIME)
    def test_a_lock_that_was_held_for_long_enough_ends(self, provider: Cache, harness: Harness) -> None:
        """`max_hold` ends the renewing, and the last lease runs out."""
        lock = provider.get_lock("lock", timeout=10, renew=True, max_hold=60)
        lock.acquire()
        harness.pass_time(60)
        kept = lock.owned()
        harness.pass_time(10)
        assert (kept, lock.owned()) == (True, False)

    def test_max_hold_ends_the_renewing(self, provider: Cache, harness: Harness) -> None:
        """In whatever time the renewing is judged."""
        lock = provider.get_lock("lock", timeout=0.1, renew=True, max_hold=0.2)
        lock.acquire()
        assert until(lambda: lock.lost, harness)

    # Lost

    def test_a_handle_that_claimed_nothing_has_lost_nothing(self, provider: Cache) -> None:
        """`lost` is False before a claim."""
        assert provider.get_lock("lock", renew=True).lost is False

    def test_a_lock_that_is_held_is_not_lost(self, renewed: DistributedLock) -> None:
        """Nor is one whose lease runs."""
        assert renewed.lost is False

    def test_a_lock_that_was_given_back_is_not_lost(self, renewed: DistributedLock) -> None:
        """Its claim ended in order."""
        renewed.release()
        assert renewed.lost is False

    def test_a_renewal_that_finds_the_lock_gone_knows_that_it_is_lost(
        self, renewed: DistributedLock, other: Cache, harness: Harness
    ) -> None:
        """Without that anybody asks."""
        other.delete("lock")
        assert until(lambda: renewed.lost, harness)

    def test_a_renewal_that_finds_another_holder_leaves_it_its_lease(
        self, renewed: DistributedLock, other: Cache, harness: Harness
    ) -> None:
        """The lock is lost, and the other's."""
        other.delete("lock")
        rival = other.get_lock("lock", timeout=AN_HOUR)
        rival.acquire()
        until(lambda: renewed.lost, harness)
        assert rival.owned()

    def test_who_asked_is_told_of_a_loss(
        self, renewed: DistributedLock, other: Cache, harness: Harness
    ) -> None:
        """Once, with the lock."""
        told: list[DistributedLock] = []
        renewed.on_lost(told.append)
        other.delete("lock")
        until(lambda: bool(told), harness)
        harness.pass_time(LEASE)
        assert told == [renewed]

    def test_who_asked_before_the_claim_is_told_too(
        self, provider: Cache, other: Cache, harness: Harness
    ) -> None:
        """`on_lost` before `acquire`."""
        told: list[DistributedLock] = []
        lock = provider.get_lock("lock", timeout=LEASE, renew=True)
        lock.on_lost(told.append)
        lock.acquire()
        other.delete("lock")
        assert until(lambda: told == [lock], harness)

    def test_nobody_is_told_of_a_release(self, renewed: DistributedLock, harness: Harness) -> None:
        """It is not a loss."""
        told: list[DistributedLock] = []
        renewed.on_lost(told.append)
        renewed.release()
        harness.pass_time(LEASE)
        Event().wait(LEASE / 2)
        assert told == []

    def test_a_callback_that_raises_keeps_nobody_from_being_told(
        self, renewed: DistributedLock, other: Cache, harness: Harness
    ) -> None:
        """What it raises is logged."""
        told: list[DistributedLock] = []
        renewed.on_lost(lambda _lock: 1 / 0)
        renewed.on_lost(told.append)
        other.delete("lock")
        assert until(lambda: bool(told), harness)

    def test_the_release_of_a_lost_lock_says_so(
        self, renewed: DistributedLock, other: Cache, harness: Harness
    ) -> None:
        """As that of any other."""
        other.delete("lock")
        until(lambda: renewed.lost, harness)
        with pytest.raises(LockNotOwnedError, match="'lock'"):
            renewed.release()

    def test_a_handle_that_lost_its_lock_may_claim_it_again(
        self, renewed: DistributedLock, other: Cache, harness: Harness
    ) -> None:
        """And then has lost nothing."""
        other.delete("lock")
        until(lambda: renewed.lost, harness)
        assert (renewed.acquire(), renewed.lost) == (True, False)

    def test_a_plain_lock_knows_a_loss_that_it_found(self, lock: DistributedLock, other: Cache) -> None:
        """`lost` tells what an operation of the handle was told."""
        other.delete("lock")
        before = lock.lost
        lock.owned()
        assert (before, lock.lost) == (False, True)

    @needs(Capability.RENEWS_IN_STORE_TIME)
    def test_a_plain_lock_knows_the_end_of_its_lease(self, lock: DistributedLock, harness: Harness) -> None:
        """By the clock, and no sooner."""
        harness.pass_time(9)
        before = lock.lost
        harness.pass_time(1)
        assert (before, lock.lost) == (False, True)

    @needs(Capability.RENEWS_IN_STORE_TIME)
    def test_a_plain_lock_knows_what_was_added_to_its_lease(
        self, lock: DistributedLock, harness: Harness
    ) -> None:
        """The end moves with `extend`."""
        lock.extend(5)
        harness.pass_time(14)
        before = lock.lost
        harness.pass_time(1)
        assert (before, lock.lost) == (False, True)

    def test_nobody_would_tell_of_a_plain_locks_loss(self, lock: DistributedLock) -> None:
        """`on_lost` of a lock that is not renewed is refused."""
        with pytest.raises(CacheConfigurationError, match="'lock', renew=True"):
            lock.on_lost(print)

    def test_the_renewing_ends_with_its_cache(self, provider: Cache, other: Cache, harness: Harness) -> None:
        """Closed with a lock held: its lease runs out."""
        provider.get_lock("warm", timeout=LEASE)
        lock = provider.get_lock("lock", timeout=LEASE, renew=True)
        lock.acquire()
        provider.close()
        assert until(lambda: not other.exists("lock"), harness)

    # What has no sense

    @pytest.mark.parametrize(("terms", "error", "message"), WRONG.values(), ids=WRONG.keys())
    def test_what_has_no_sense_is_refused(
        self, provider: Cache, terms: dict[str, Any], error: type[Exception], message: str
    ) -> None:
        """By name, before anything is stored."""
        with pytest.raises(error, match=message):
            provider.get_lock("lock", **terms)
