"""Longer leases, `with` blocks, and the arguments of locks."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cache_provider.arguments import Ttl
from cache_provider.errors import LockAcquisitionError, LockNotOwnedError
from cache_provider.interface.lock import DistributedLock
from cache_provider.testing.contract.background import PATIENCE
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import ActOn, Cache, Harness
from cache_provider.testing.contract.rows import about


def take_over(_lock: DistributedLock, cache: Cache, harness: Harness) -> None:
    """Let the lease end, and somebody else acquire."""
    harness.pass_time(10)
    cache.get_lock("lock", timeout=10).acquire()


NOT_OURS: dict[str, Callable[[DistributedLock, Cache, Harness], object]] = {
    "its lease is over": lambda _lock, _cache, harness: harness.pass_time(10),
    "it was taken over": take_over,
    "its key was deleted": lambda _lock, cache, _harness: cache.delete("lock"),
    "its key was overwritten": lambda _lock, cache, _harness: cache.set("lock", "x", 10),
    "it was released": lambda lock, _cache, _harness: lock.release(),
    "it was made persistent": lambda _lock, cache, _harness: cache.persist("lock"),
}


def lose_the_lease_and_raise(cache: Cache, harness: Harness, error: BaseException) -> None:
    """Raise inside a block whose lease has run out."""
    with cache.get_lock("lock"):
        harness.pass_time(10)
        raise error


# Arguments

NO_LEASE: list[tuple[Any, type[Exception], str]] = [
    (0, ValueError, "0"),
    (0.0, ValueError, "0.0"),
    (-1, ValueError, "-1"),
    (timedelta(0), ValueError, r"timedelta\(0\)"),
    (float("nan"), ValueError, "nan"),
    (float("inf"), ValueError, "inf"),
    (2**63, ValueError, "9223372036854775808"),
    (True, TypeError, "True"),
    ("10", TypeError, "'10'"),
    (None, TypeError, "None"),
]

NO_PATIENCE = [row for row in NO_LEASE[4:] if row[0] is not None]

CALLS: dict[str, tuple[str, ActOn, list[tuple[Any, type[Exception], str]]]] = {
    "lease": ("timeout", lambda cache, time: cache.get_lock("new", timeout=time), NO_LEASE),
    "blocking_timeout": (
        "blocking_timeout",
        lambda cache, time: cache.get_lock("new", blocking_timeout=time),
        NO_PATIENCE,
    ),
    "acquire": ("timeout", lambda cache, time: cache.get_lock("new").acquire(timeout=time), NO_PATIENCE),
    "acquire without blocking": (
        "timeout",
        lambda cache, time: cache.get_lock("new").acquire(blocking=False, timeout=time),
        NO_PATIENCE,
    ),
    "extend": ("additional_time", lambda cache, time: cache.get_lock("new").extend(time), NO_LEASE),
}


FLAGS: dict[str, tuple[str, Callable[[DistributedLock, Any], object]]] = {
    "acquire": ("blocking", lambda lock, flag: lock.acquire(flag)),
    "extend": ("replace_ttl", lambda lock, flag: lock.extend(5, replace_ttl=flag)),
}


class LeaseContract(Contract):
    """Longer leases, `with` blocks, and the arguments of locks."""

    # extend

    def test_extend_adds_to_the_lease(self, lock: DistributedLock, provider: Cache, harness: Harness) -> None:
        """6 s left and 5 s more are 11 s."""
        harness.pass_time(4)
        lock.extend(5)
        assert provider.ttl("lock") == 11

    @needs(Capability.STILL_TIME, Capability.EXACT_MILLISECOND)
    def test_an_extended_lease_ends_to_the_millisecond(self, lock: DistributedLock, harness: Harness) -> None:
        """The old lease and what was added, no more and no less."""
        harness.pass_time(4)
        lock.extend(5.5)
        harness.pass_time(11.499)
        held = lock.owned()
        harness.pass_time(0.001)
        assert (held, lock.owned()) == (True, False)

    @pytest.mark.parametrize("lease", [5, 20], ids=["shorter", "longer"])
    def test_extend_may_replace_the_lease(
        self, lock: DistributedLock, provider: Cache, harness: Harness, lease: int
    ) -> None:
        """With `replace_ttl` the new lease counts from now."""
        harness.pass_time(4)
        lock.extend(lease, replace_ttl=True)
        assert provider.ttl("lock") == lease

    @pytest.mark.parametrize("additional", [5, 5.0, timedelta(seconds=5)], ids=repr)
    def test_extend_takes_every_kind_of_ttl(
        self, lock: DistributedLock, provider: Cache, additional: Ttl
    ) -> None:
        """More time is seconds as `int` or `float`, or a `timedelta`."""
        lock.extend(additional)
        assert provider.ttl("lock") == 15

    @pytest.mark.parametrize("replace", [False, True], ids=["added", "replaced"])
    def test_extend_says_that_it_did(self, lock: DistributedLock, replace: bool) -> None:
        """`extend` of a lease that runs returns True."""
        assert lock.extend(5, replace_ttl=replace) is True

    def test_a_lease_can_be_extended_again_and_again(self, lock: DistributedLock, provider: Cache) -> None:
        """Each `extend` adds to the one before."""
        lock.extend(5)
        lock.extend(5)
        assert provider.ttl("lock") == 20

    def test_the_next_claim_has_the_handles_own_lease(self, lock: DistributedLock, provider: Cache) -> None:
        """What was added ends with the claim it was added to."""
        lock.extend(100)
        lock.release()
        lock.acquire()
        assert provider.ttl("lock") == 10

    @pytest.mark.parametrize("replace", [False, True], ids=["added", "replaced"])
    @pytest.mark.parametrize("lose", NOT_OURS.values(), ids=NOT_OURS.keys())
    def test_a_lease_that_is_not_ours_is_not_extended(
        self,
        lock: DistributedLock,
        other: Cache,
        harness: Harness,
        lose: Callable[[DistributedLock, Cache, Harness], object],
        replace: bool,
    ) -> None:
        """`extend` returns False once the claim has ended or has no end."""
        lose(lock, other, harness)
        assert lock.extend(5, replace_ttl=replace) is False

    @pytest.mark.parametrize("replace", [False, True], ids=["added", "replaced"])
    @pytest.mark.parametrize(
        ("how", "ttl"),
        [("it was taken over", 10), ("its key was overwritten", 10), ("it was made persistent", None)],
    )
    def test_an_extend_that_fails_touches_nothing(
        self, lock: DistributedLock, other: Cache, harness: Harness, how: str, ttl: int | None, replace: bool
    ) -> None:
        """The ttl of whatever is there stays."""
        NOT_OURS[how](lock, other, harness)
        lock.extend(5, replace_ttl=replace)
        assert other.ttl("lock") == ttl

    def test_a_lock_that_was_never_acquired_is_not_extended(self, provider: Cache) -> None:
        """`extend` without a claim returns False."""
        assert provider.get_lock("lock").extend(5) is False

    # with

    def test_with_holds_the_lock(self, provider: Cache) -> None:
        """Inside the block the handle holds its lock."""
        with provider.get_lock("lock") as lock:
            assert lock.owned()

    def test_with_gives_the_handle(self, provider: Cache) -> None:
        """`as` binds the handle itself."""
        handle = provider.get_lock("lock")
        with handle as bound:
            assert bound is handle

    def test_with_releases_the_lock(self, provider: Cache) -> None:
        """After the block the lock is free."""
        with provider.get_lock("lock") as lock:
            pass
        assert not lock.locked()

    def test_with_releases_the_lock_when_the_body_raises(self, provider: Cache) -> None:
        """After an exception the lock is free too."""
        with pytest.raises(KeyError), provider.get_lock("lock"):
            raise KeyError
        assert not provider.get_lock("lock").locked()

    def test_with_takes_a_release_in_its_body(self, provider: Cache) -> None:
        """The end of the block is a second release, which does nothing."""
        with provider.get_lock("lock") as lock:
            lock.release()
        assert not lock.locked()

    def test_with_raises_a_lease_that_was_lost(self, provider: Cache, harness: Harness) -> None:
        """A lease that ran out inside the block is a `LockNotOwnedError` at its end."""
        with pytest.raises(LockNotOwnedError, match="'lock'"), provider.get_lock("lock"):
            harness.pass_time(10)

    @pytest.mark.parametrize("boom", [KeyError("boom"), KeyboardInterrupt()], ids=repr)
    def test_with_never_masks_the_bodys_exception(
        self, provider: Cache, harness: Harness, boom: BaseException
    ) -> None:
        """The body's own exception comes out, the lease lost or not."""
        with pytest.raises(type(boom)) as caught:
            lose_the_lease_and_raise(provider, harness, boom)
        assert caught.value is boom

    def test_with_notes_a_lost_lease_on_the_bodys_exception(self, provider: Cache, harness: Harness) -> None:
        """The body's exception says that the lease was lost as well."""
        with pytest.raises(KeyError) as caught:
            lose_the_lease_and_raise(provider, harness, KeyError("boom"))
        assert ["'lock'" in note for note in caught.value.__notes__] == [True]

    def test_with_notes_nothing_on_the_exception_of_a_body_that_kept_its_lease(self, provider: Cache) -> None:
        """Without a lost lease the body's exception is as it was."""
        with pytest.raises(KeyError) as caught, provider.get_lock("lock"):
            raise KeyError
        assert not hasattr(caught.value, "__notes__")

    @pytest.fixture
    def refusal(self, lock: DistributedLock, other: Cache) -> LockAcquisitionError:
        """Return the error of a `with` that waited 20 ms for a held lock."""
        assert lock.owned()
        rival = other.get_lock("lock", blocking_timeout=0.02)
        with pytest.raises(LockAcquisitionError) as caught, rival:
            pytest.fail("the lock was acquired")
        return caught.value

    def test_a_lock_not_acquired_in_time_is_a_timeout(self, refusal: LockAcquisitionError) -> None:
        """Callers may catch `LockAcquisitionError` as the `TimeoutError` it is."""
        assert isinstance(refusal, TimeoutError)

    def test_a_lock_not_acquired_in_time_is_named(self, refusal: LockAcquisitionError) -> None:
        """`name` is the lock's name, without the prefix."""
        assert refusal.name == "lock"

    def test_a_lock_not_acquired_in_time_was_waited_for(self, refusal: LockAcquisitionError) -> None:
        """`waited` is how many real seconds went by: the whole patience, and not much more."""
        # The store counts whole milliseconds, so its 20 ms may be 19 and a bit.
        assert 0.019 <= refusal.waited < PATIENCE

    def test_a_lock_not_acquired_in_time_has_a_holder(
        self, refusal: LockAcquisitionError, raw: Cache
    ) -> None:
        """`holder` is the token that is stored under the lock's key."""
        assert refusal.holder == raw.get("lock").decode()

    def test_a_lock_not_acquired_in_time_tells_all_of_it(self, refusal: LockAcquisitionError) -> None:
        """The message names the lock, how long it was waited for, and the holder."""
        holder = re.escape(refusal.holder or "")
        assert re.search(rf"(?=.*'lock')(?=.*0\.\d+ s)(?=.*{holder})", str(refusal))

    def test_a_with_that_acquired_nothing_releases_nothing(self, lock: DistributedLock, other: Cache) -> None:
        """The holder keeps its lock."""
        with pytest.raises(LockAcquisitionError, match="'lock'"), other.get_lock("lock", blocking_timeout=0):
            pytest.fail("the lock was acquired")
        assert lock.owned()

    @pytest.mark.parametrize(("argument", "call", "rows"), CALLS.values(), ids=CALLS)
    def test_what_is_no_time_for_a_lock_is_refused(
        self,
        provider: Cache,
        argument: str,
        call: ActOn,
        rows: list[tuple[Any, type[Exception], str]],
    ) -> None:
        """Leases and more time are positive, patience any duration; what is none names its argument."""
        for time, error, shown in rows:
            with about(time), pytest.raises(error, match=rf"\b{argument}\b.*{shown}"):
                call(provider, time)

    def test_a_refused_acquire_claims_nothing(self, provider: Cache) -> None:
        """Arguments are checked before the lock is claimed."""
        no_time: Any = "10"
        with pytest.raises(TypeError, match="timeout"):
            provider.get_lock("lock").acquire(timeout=no_time)
        assert not provider.exists("lock")

    @pytest.mark.parametrize("additional", [0, -1, True], ids=repr)
    def test_a_refused_extend_keeps_the_lease(
        self, lock: DistributedLock, provider: Cache, additional: Any
    ) -> None:
        """Arguments are checked before the lease is touched."""
        with pytest.raises(TypeError if additional is True else ValueError, match="additional_time"):
            lock.extend(additional)
        assert provider.ttl("lock") == 10

    @pytest.mark.parametrize("flag", [0, 1, 10.0, "yes", None], ids=repr)
    @pytest.mark.parametrize(("argument", "call"), FLAGS.values(), ids=FLAGS.keys())
    def test_a_flag_is_a_bool(
        self, provider: Cache, argument: str, call: Callable[[DistributedLock, Any], object], flag: Any
    ) -> None:
        """A time in a flag's place is a `TypeError`, not a True."""
        with pytest.raises(TypeError, match=rf"\b{argument}\b.*{re.escape(repr(flag))}"):
            call(provider.get_lock("lock"), flag)
