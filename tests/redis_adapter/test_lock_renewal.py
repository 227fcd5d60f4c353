"""Renewed locks of a server: outages, lost replies, and a release in the midst of a renewal."""

import threading
from typing import Any
from unittest import mock

import pytest
from redis.exceptions import ConnectionError as ForeignConnectionError

from cache_provider import CacheProviderInterface, CacheUnavailableError, DistributedLock, RedisCacheAdapter
from cache_provider.redis import scripts
from cache_provider.testing.servers import ServerProcess
from tests.redis_adapter.connecting import Connect, watching
from tests.threads import Task, until

LEASE = 0.6
"""Real seconds: a third of it is long enough for a server on a machine that does much else."""


@pytest.fixture
def other(server: ServerProcess, connect: Connect) -> CacheProviderInterface:
    """Return a second adapter on the server."""
    return connect(server.url)


@pytest.fixture
def lock(cache: CacheProviderInterface) -> DistributedLock:
    """Return a handle that is renewed, and holds its lock."""
    handle = cache.get_lock("l", timeout=LEASE, renew=True)
    handle.acquire()
    return handle


def is_renewal(words: tuple[Any, ...]) -> bool:
    """Tell whether a command makes a lease longer."""
    return words[:2] == ("EVALSHA", scripts.EXTEND.sha)


def pass_leases(number: int = 2) -> None:
    """Wait for so many leases."""
    threading.Event().wait(number * LEASE)


def test_a_lock_outlives_its_lease(lock: DistributedLock) -> None:
    """As long as it is held."""
    pass_leases()
    assert (lock.owned(), lock.lost) == (True, False)


def test_a_renewal_whose_reply_was_lost_is_sent_again(
    cache: CacheProviderInterface, lock: DistributedLock
) -> None:
    """Nobody knows whether it had its effect, and twice does no harm."""
    lost: list[object] = []

    def drop(words: tuple[object, ...]) -> None:
        if is_renewal(words) and not lost:
            lost.append(words)
            raise ForeignConnectionError("the reply was lost")

    with watching(cache, after=drop):
        pass_leases()
    assert (bool(lost), lock.owned(), lock.lost) == (True, True, False)


def test_an_outage_shorter_than_the_lease_loses_nothing(
    cache: CacheProviderInterface, lock: DistributedLock
) -> None:
    """The renewal is tried again until the server is back."""
    met: list[object] = []

    def refuse(words: tuple[object, ...]) -> None:
        if is_renewal(words) and len(met) < 3:
            met.append(words)
            raise ForeignConnectionError("nobody there")

    with watching(cache, before=refuse):
        pass_leases()
    assert (len(met), lock.owned(), lock.lost) == (3, True, False)


def test_an_outage_as_long_as_the_lease_loses_the_lock(
    cache: CacheProviderInterface, lock: DistributedLock
) -> None:
    """Whoever asked is told, while the server cannot be."""
    told = threading.Event()
    lock.on_lost(lambda _lock: told.set())

    def refuse(words: tuple[object, ...]) -> None:
        if is_renewal(words):
            raise ForeignConnectionError("nobody there")

    with watching(cache, before=refuse):
        assert (told.wait(20), lock.lost) == (True, True)


def test_a_server_that_is_gone_loses_the_lock(server: ServerProcess, lock: DistributedLock) -> None:
    """Its connections with it."""
    server.kill()
    until(lambda: lock.lost)
    server.restart()


def test_a_release_in_the_midst_of_a_renewal_is_not_a_loss(
    cache: CacheProviderInterface, other: CacheProviderInterface
) -> None:
    """The renewal finds the lock gone, and whose doing that was."""
    lock = cache.get_lock("l", timeout=LEASE, renew=True, thread_local=False)
    lock.acquire()
    told: list[object] = []
    lock.on_lost(told.append)
    begun, may_go_on = threading.Event(), threading.Event()

    def hold(words: tuple[object, ...]) -> None:
        if is_renewal(words):
            begun.set()
            may_go_on.wait(LEASE)

    with watching(cache, before=hold):
        begun.wait(20)
        release = Task(lock.release)
        # A loop that the renewal holds up releases afterwards.
        if isinstance(cache, RedisCacheAdapter):
            until(lambda: not other.exists("l"))
        may_go_on.set()
        release.result()
        pass_leases(1)
    assert (told, lock.lost, lock.locked()) == ([], False, False)


def test_a_claim_whose_reply_was_lost_is_renewed_once_it_is_recognised(
    cache: CacheProviderInterface,
) -> None:
    """From the `acquire` that returns."""
    lock = cache.get_lock("l", timeout=LEASE, renew=True)
    with lock:
        pass

    def drop(_words: tuple[object, ...]) -> None:
        raise ForeignConnectionError("the reply was lost")

    with watching(cache, after=drop), pytest.raises(CacheUnavailableError):
        lock.acquire()
    lock.acquire()
    pass_leases()
    assert lock.owned()


def test_a_release_that_failed_ends_the_renewing(
    cache: CacheProviderInterface, other: CacheProviderInterface, lock: DistributedLock
) -> None:
    """What was to be given back is not kept: its lease ends."""

    def refuse(_words: tuple[object, ...]) -> None:
        raise ForeignConnectionError("nobody there")

    with watching(cache, before=refuse), pytest.raises(CacheUnavailableError):
        lock.release()
    until(lambda: not other.exists("l"))


@pytest.mark.usefixtures("lock")
def test_waiters_see_a_renewed_lock_as_held(other: CacheProviderInterface) -> None:
    """When the lease they knew of ends they look, and wait on."""
    assert other.get_lock("l").acquire(timeout=2 * LEASE) is False


def test_a_lost_lock_is_not_renewed_any_more(
    cache: CacheProviderInterface, other: CacheProviderInterface, lock: DistributedLock
) -> None:
    """Nothing is sent for it."""
    other.delete("l")
    until(lambda: lock.lost)
    sent: list[object] = []
    with watching(cache, before=sent.append):
        pass_leases(1)
    assert sent == []


@pytest.mark.usefixtures("lock")
def test_time_that_stands_still_keeps_a_servers_lock(other: CacheProviderInterface) -> None:
    """The server's time does not."""
    with mock.patch("time.time", return_value=1e9):
        pass_leases()
        assert other.exists("l")
