"""The adapter over TLS, Sentinel and Cluster: real processes, killed and failed over."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest

from cache_provider import CacheProviderInterface, CacheUnavailableError
from cache_provider.redis import turns
from cache_provider.testing.servers import (
    Cluster,
    Sentinels,
    ServerBinary,
    ServerProcess,
    can_speak_tls,
    find_servers,
    make_certificates,
    start_cluster,
    start_sentinels,
)
from tests.redis_adapter.connecting import Connect
from tests.threads import Task, until

KEYS = [f"key:{number}" for number in range(60)]
"""Enough for every node of a small cluster to have some."""


@pytest.fixture(scope="module")
def cluster(binary: ServerBinary) -> Iterator[Cluster]:
    """Return three primaries with a replica each."""
    with start_cluster(binary, primaries=3, replicas=1) as running:
        yield running


@pytest.fixture
def cache(cluster: Cluster, connect: Connect) -> CacheProviderInterface:
    """Return an adapter on the cluster, which is empty at first."""
    adapter = connect(cluster.url, "c:")
    adapter.flush_all()
    return adapter


def works_again(cache: CacheProviderInterface) -> bool:
    """Tell whether every key can be written."""
    with suppress(CacheUnavailableError):
        return all(cache.set(key, key) for key in KEYS)
    return False


class TestCluster:
    """Keys live on three nodes; operations on several keys go to all of them."""

    def test_bulk_operations_reach_every_slot(self, cache: CacheProviderInterface) -> None:
        """mset and mget are not held to one slot."""
        cache.mset({key: key for key in KEYS})
        assert cache.mget(KEYS) == {key: key for key in KEYS}

    @pytest.mark.parametrize("name", ["lock", "a:{tag}", "{}{a}", "a{b", "}"])
    def test_a_fenced_lock_counts_in_its_own_slot(self, cache: CacheProviderInterface, name: str) -> None:
        """Claim and number are one script on two keys, which a cluster refuses of different slots."""
        with cache.get_lock(name, fenced=True):
            pass
        with cache.get_lock(name, fenced=True) as lock:
            assert lock.fence == 2

    @pytest.mark.parametrize("name", ["lock", "a:{tag}", "{}{a}", "a{b", "}"])
    def test_a_release_wakes_a_waiter(
        self,
        cluster: Cluster,
        cache: CacheProviderInterface,
        connect: Connect,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
    ) -> None:
        """On the lock's own node, whatever its name; nothing of it is left."""
        monkeypatch.setattr(turns, "LOOK", 3600)
        holder = cache.get_lock(name, timeout=3600)
        holder.acquire()
        waiter = connect(cluster.url, "c:").get_lock(name, timeout=3600, thread_local=False)
        task = Task(waiter.acquire)
        until(lambda: len(cache.keys()) > 1)
        holder.release()
        task.result()
        waiter.release()
        assert cache.keys() == []

    def test_a_lease_is_renewed(self, cache: CacheProviderInterface) -> None:
        """By the node that has the lock."""
        with cache.get_lock("lock", timeout=0.6, renew=True) as lock:
            Event().wait(1.2)
            assert lock.owned()

    def test_compare_and_delete_is_asked_of_the_keys_node(self, cache: CacheProviderInterface) -> None:
        """By the command or by the script that its server has."""
        cache.mset(dict.fromkeys(KEYS, 1))
        assert all(cache.compare_and_delete(key, 1) for key in KEYS)

    def test_mdelete_counts_across_nodes(self, cache: CacheProviderInterface) -> None:
        """Each key that went counts."""
        cache.mset({key: key for key in KEYS}, ttl=60)
        assert cache.mdelete([*KEYS, "missing"]) == len(KEYS)

    def test_mexists_asks_every_node(self, cache: CacheProviderInterface) -> None:
        """Each key is asked for where it lives."""
        cache.mset({key: key for key in KEYS})
        assert all(cache.mexists(KEYS).values())

    def test_a_scan_walks_all_primaries(self, cache: CacheProviderInterface) -> None:
        """Every key is found, once."""
        cache.mset({key: key for key in KEYS})
        assert sorted(cache.scan_iter(count=5)) == sorted(KEYS)

    def test_keys_asks_all_primaries(self, cache: CacheProviderInterface) -> None:
        """Every key is found."""
        cache.mset({key: key for key in KEYS})
        assert sorted(cache.keys("key:*")) == sorted(KEYS)

    def test_scripts_run_on_every_node(self, cache: CacheProviderInterface) -> None:
        """A node that has not seen a script is sent its text."""
        assert [cache.incr(key, default=1, ttl=60) for key in KEYS] == [2] * len(KEYS)

    def test_flush_all_empties_every_node(self, cache: CacheProviderInterface) -> None:
        """Nothing under the prefix is left anywhere."""
        cache.mset({key: key for key in KEYS})
        cache.flush_all()
        assert cache.count_keys() == 0

    def test_locks_work_on_every_node(self, cache: CacheProviderInterface) -> None:
        """A lock is a key like any other."""
        with cache.get_lock("a"), cache.get_lock("b"), cache.get_lock("c"):
            assert not cache.get_lock("b").acquire(blocking=False)


def test_a_cluster_goes_on_after_a_primary_was_killed(binary: ServerBinary, connect: Connect) -> None:
    """Writes that were acknowledged before the replicas were in step are there after the failover.

    A write that a primary acknowledged and had not yet sent to its replica may
    be lost with it; waiting until the cluster is whole rules that out here.
    """
    with start_cluster(binary, primaries=3, replicas=1) as cluster:
        cache = connect(cluster.url)
        cache.mset({key: key for key in KEYS})
        cluster.wait_until_whole()
        cluster.kill_primary(KEYS[0])
        cluster.wait_until_whole()
        until(lambda: works_again(cache))
        assert cache.mget(KEYS) == {key: key for key in KEYS}


@pytest.fixture
def sentinels(binary: ServerBinary) -> Iterator[Sentinels]:
    """Return a primary, its replica and who watches them."""
    with start_sentinels(binary) as running:
        yield running


def test_a_release_wakes_a_waiter_behind_sentinel(
    sentinels: Sentinels, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the primary that Sentinel names."""
    monkeypatch.setattr(turns, "LOOK", 3600)
    cache, other = connect(sentinels.url), connect(sentinels.url)
    holder = cache.get_lock("lock", timeout=3600)
    holder.acquire()
    task = Task(other.get_lock("lock", timeout=3600).acquire)
    until(lambda: len(cache.keys()) > 1)
    holder.release()
    assert task.result()


def test_a_failover_by_sentinels_is_followed(sentinels: Sentinels, connect: Connect) -> None:
    """The adapter finds the new primary by itself."""
    cache = connect(sentinels.url)
    cache.set("k", "before")
    sentinels.kill_primary()
    sentinels.wait_for_primary()
    until(lambda: works_again(cache))
    assert cache.get(KEYS[0]) == KEYS[0]


def test_tls_is_spoken(tmp_path: Path, connect: Connect) -> None:
    """rediss:// with the authority's certificate, on the first server here that can."""
    certificates = make_certificates(tmp_path)
    able = [binary for binary in find_servers() if can_speak_tls(binary, certificates)]
    if not able:
        pytest.fail("no server speaks TLS") if "CI" in os.environ else pytest.skip("no server speaks TLS")
    with ServerProcess(able[0], certificates=certificates) as server:
        cache = connect(server.url)
        cache.set("k", {"over": "tls"})
        assert cache.get("k") == {"over": "tls"}


def test_a_tcp_port_with_a_password_is_reached(binary: ServerBinary, connect: Connect) -> None:
    """redis:// with a password that is masked in what is shown."""
    with ServerProcess(binary, tcp=True, password="s3cret") as server:
        cache = connect(server.url)
        cache.set("k", 1)
        assert (cache.get("k"), "s3cret" in repr(cache)) == (1, False)
