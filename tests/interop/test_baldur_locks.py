"""Locks in baldur's shape, and the errors they raise in place of ours."""

from datetime import timedelta
from types import FunctionType
from typing import Any

import pytest
from baldur.interfaces import cache_provider as upstream

from cache_provider import LockAcquisitionError, LockNotOwnedError
from cache_provider.interop.baldur import BaldurCacheProvider, BaldurLock
from tests.interop.stores import Store

LEASE = timedelta(seconds=10)


@pytest.fixture
def lock(face: BaldurCacheProvider) -> BaldurLock:
    """Return a handle on a lock."""
    return face.get_lock("job", LEASE)


@pytest.fixture
def other(face: BaldurCacheProvider) -> BaldurLock:
    """Return a second handle on it."""
    return face.get_lock("job", LEASE, blocking_timeout=0)


def test_a_lock_is_baldurs(lock: BaldurLock) -> None:
    """Its users check for that."""
    assert isinstance(lock, upstream.DistributedLock)


def test_no_method_is_left_to_baldurs_defaults() -> None:
    """Its `extend` answers False, and its `with` masks the body's exception."""
    shape = upstream.DistributedLock
    asked = [name for name, value in vars(shape).items() if isinstance(value, FunctionType)]
    assert [name for name in asked if getattr(BaldurLock, name) is getattr(shape, name)] == []


def test_get_lock_stores_nothing(face: BaldurCacheProvider, lock: BaldurLock) -> None:
    """It is a handle."""
    assert (lock.locked(), face.keys()) == (False, [])


def test_the_storage_key_is_prefix_and_name(lock: BaldurLock, store: Store) -> None:
    """Nothing is put in between, as baldur asks of adapters."""
    lock.acquire()
    assert store.connect("").keys() == ["app:job"]


def test_the_lease_is_the_timeout(lock: BaldurLock, store: Store) -> None:
    """A crashed holder blocks for no longer."""
    lock.acquire()
    assert store.connect().ttl("job") == 10


def test_the_lease_is_ten_seconds_by_default(face: BaldurCacheProvider, store: Store) -> None:
    """As baldur's."""
    face.get_lock("job").acquire()
    assert store.connect().ttl("job") == 10


def test_acquire_excludes(lock: BaldurLock, other: BaldurLock) -> None:
    """Without blocking it tries once."""
    assert (lock.acquire(), other.acquire(blocking=False)) == (True, False)


def test_acquire_gives_up_after_its_timeout(lock: BaldurLock, face: BaldurCacheProvider) -> None:
    """Seconds; 0 tries once."""
    lock.acquire()
    assert face.get_lock("job").acquire(timeout=0) is False


def test_acquire_gives_up_after_the_handles_timeout(lock: BaldurLock, other: BaldurLock) -> None:
    """Where it is told none."""
    lock.acquire()
    assert other.acquire() is False


def test_acquire_succeeds_when_the_lease_is_over(lock: BaldurLock, other: BaldurLock, store: Store) -> None:
    """Whoever held it."""
    lock.acquire()
    store.pass_time(10)
    assert other.acquire() is True


def test_release_gives_the_lock_back(lock: BaldurLock, other: BaldurLock) -> None:
    """To whoever comes next."""
    lock.acquire()
    lock.release()
    assert other.acquire() is True


def test_a_second_release_does_nothing(lock: BaldurLock, other: BaldurLock) -> None:
    """As baldur's own adapters; the next holder keeps the lock."""
    lock.acquire()
    lock.release()
    other.acquire()
    lock.release()
    assert other.owned() is True


def test_releasing_what_was_never_acquired_raises_baldurs_error(lock: BaldurLock) -> None:
    """As baldur documents and its adapters do not."""
    with pytest.raises(upstream.LockNotOwnedError, match="job"):
        lock.release()


def test_releasing_a_lost_lease_raises_baldurs_error(lock: BaldurLock, store: Store) -> None:
    """The critical section outlived it."""
    lock.acquire()
    store.pass_time(10)
    with pytest.raises(upstream.LockNotOwnedError, match="job"):
        lock.release()


def test_releasing_what_was_taken_over_raises_baldurs_error(
    lock: BaldurLock, other: BaldurLock, store: Store
) -> None:
    """And the new holder keeps it."""
    lock.acquire()
    store.pass_time(10)
    other.acquire()
    with pytest.raises(upstream.LockNotOwnedError):
        lock.release()
    assert other.owned() is True


def test_the_cause_of_baldurs_error_is_ours(lock: BaldurLock) -> None:
    """Nothing is lost in translation."""
    with pytest.raises(upstream.LockNotOwnedError) as caught:
        lock.release()
    assert isinstance(caught.value.__cause__, LockNotOwnedError)


def test_locked_and_owned_tell_who_holds_it(lock: BaldurLock, other: BaldurLock) -> None:
    """Anybody; this handle."""
    lock.acquire()
    assert (other.locked(), other.owned(), lock.owned()) == (True, False, True)


def test_extend_adds_to_the_lease(lock: BaldurLock, store: Store) -> None:
    """As baldur documents; its adapters replace it."""
    lock.acquire()
    assert (lock.extend(timedelta(seconds=5)), store.connect().ttl("job")) == (True, 15)


def test_extend_of_a_lost_lease_says_no(lock: BaldurLock, store: Store) -> None:
    """It cannot be had back."""
    lock.acquire()
    store.pass_time(10)
    assert lock.extend(LEASE) is False


def test_with_holds_the_lock_and_gives_it_back(lock: BaldurLock) -> None:
    """The block gets the handle."""
    with lock as held:
        held_inside = held is lock and lock.owned()
    assert (held_inside, lock.locked()) == (True, False)


def test_with_raises_baldurs_error_where_it_is_not_acquired(lock: BaldurLock, other: BaldurLock) -> None:
    """Naming the lock; the cause is ours."""
    lock.acquire()
    with pytest.raises(upstream.LockAcquisitionError, match="lock 'job' not acquired") as caught, other:
        pass
    assert isinstance(caught.value.__cause__, LockAcquisitionError)


def test_with_raises_baldurs_error_for_a_lost_lease(lock: BaldurLock, store: Store) -> None:
    """At the end of the block."""
    with pytest.raises(upstream.LockNotOwnedError, match="job"), lock:
        store.pass_time(10)


def test_a_lost_lease_does_not_mask_the_bodys_exception(lock: BaldurLock, store: Store) -> None:
    """It is noted on it."""

    def body() -> None:
        store.pass_time(10)
        raise KeyError("the body's own")

    with pytest.raises(KeyError) as caught, lock:
        body()
    assert "'job'" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("arguments", "error", "story"),
    [
        ({"name": 5}, TypeError, "name must be a str, not int 5"),
        ({"name": "job", "timeout": timedelta(0)}, ValueError, "timeout must be positive"),
        ({"name": "job", "timeout": None}, TypeError, "timeout must be a timedelta"),
        ({"name": "job", "blocking_timeout": "1"}, TypeError, "blocking_timeout must be a timedelta"),
    ],
    ids=str,
)
def test_a_bad_argument_of_get_lock_is_refused(
    face: BaldurCacheProvider, arguments: dict[str, Any], error: type[Exception], story: str
) -> None:
    """By name."""
    with pytest.raises(error, match=story):
        face.get_lock(**arguments)


def test_a_bad_timeout_of_acquire_is_refused(lock: BaldurLock) -> None:
    """And nothing is claimed."""
    timeout: Any = "1"
    with pytest.raises(TypeError, match="timeout must be a timedelta or seconds"):
        lock.acquire(timeout=timeout)
    assert lock.locked() is False


def test_extending_by_nothing_is_refused(lock: BaldurLock, store: Store) -> None:
    """The lease stays."""
    lock.acquire()
    with pytest.raises(ValueError, match="additional_time must be positive"):
        lock.extend(timedelta(0))
    assert store.connect().ttl("job") == 10


def test_a_lock_shows_what_is_under_it(lock: BaldurLock) -> None:
    """Its name at the least."""
    assert "BaldurLock over" in repr(lock) and "job" in repr(lock)  # noqa: PT018 - one text
