"""A real cluster, on every server found."""

from collections.abc import Iterator

import pytest

from cache_provider.testing.servers import Cluster, ServerBinary, WireReply, start_cluster
from tests.servers.conftest import FOUND, on_each


@pytest.fixture(scope="module")
def cluster(any_binary: ServerBinary) -> Iterator[Cluster]:
    """Return a cluster of three primaries."""
    with start_cluster(any_binary, password="secret") as started:
        yield started


def test_every_slot_is_served(cluster: Cluster) -> None:
    """Any key can be written where `primary_of` says; elsewhere it would be MOVED."""
    replies = [cluster.primary_of(key).call("SET", key, "v") for key in map(str, range(50))]
    assert replies == ["OK"] * 50


def test_it_has_as_many_nodes_as_asked_for(cluster: Cluster) -> None:
    """Three primaries by default, and no replicas."""
    assert len(cluster.nodes) == 3


def kill_a_primary(binary: ServerBinary) -> WireReply:
    """Return what a cluster still knows of a key whose primary was killed."""
    with start_cluster(binary, replicas=1) as cluster:
        with cluster.primary_of("k").connect() as connection:
            connection.call("SET", "k", "v")
            connection.call("WAIT", 1, 5000)
        cluster.kill_primary("k")
        cluster.wait_until_whole()
        return cluster.primary_of("k").call("GET", "k")


def test_a_replica_takes_the_place_of_a_killed_primary() -> None:
    """What the cluster had confirmed is still there, served by another node."""
    assert on_each(kill_a_primary) == {binary.name: "v" for binary in FOUND}
