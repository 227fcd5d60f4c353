"""A real cluster on this machine."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TypeAlias

from cache_provider.testing.servers.address import HOST, hosts
from cache_provider.testing.servers.binaries import ServerBinary
from cache_provider.testing.servers.group import ServerGroup
from cache_provider.testing.servers.process import ServerProcess
from cache_provider.testing.servers.wire import fields, items, number, text

_SLOTS = 16384

_Owners: TypeAlias = list[tuple[int, int, int]]
"""Who holds what: the first slot, the last slot, the primary's port; in the order of slots."""


class Cluster(ServerGroup):
    """Servers that share the slots of one cluster.

    As a context manager it ends all of them. Made by `start_cluster`.

    Attributes:
        nodes: The servers, the first primaries first.
    """

    def __init__(self, nodes: Sequence[ServerProcess]) -> None:
        super().__init__(nodes)
        self.nodes = tuple(nodes)

    @property
    def url(self) -> str:
        """The URL for an adapter, with every node and the password."""
        ports = (node.port for node in self.nodes)
        return f"redis+cluster://{hosts(ports, self.nodes[0].address.password)}"

    def primary_of(self, key: str) -> ServerProcess:
        """Return the server that holds `key`'s slot, by the account of the first one that runs."""
        witness = next(node for node in self.nodes if node.is_running)
        slot = number(witness.call("CLUSTER", "KEYSLOT", key))
        port = next(port for first, last, port in _owners(witness) if first <= slot <= last)
        return next(node for node in self.nodes if node.port == port)

    def kill_primary(self, key: str) -> ServerProcess:
        """Kill the server that holds `key`'s slot and return it; then see `wait_until_whole`."""
        primary = self.primary_of(key)
        primary.kill()
        return primary

    def wait_until_whole(self) -> None:
        """Return once all running nodes agree on running primaries for all slots.

        Their replicas are in step with them then. After a primary was killed
        that takes its replica's promotion; without a replica it never comes.

        Raises:
            ServerError: That took too long.
        """
        self.expect(self._is_whole, "the cluster does not become whole")

    def _is_whole(self) -> bool:
        running = [node for node in self.nodes if node.is_running]
        accounts = [_owners(node) for node in running]
        owners = accounts[0]
        return (
            sum(last - first + 1 for first, last, _ in owners) == _SLOTS
            and {port for *_, port in owners} <= {node.port for node in running}
            and all(account == owners for account in accounts)
            and all(map(_is_content, running))
        )


def start_cluster(
    binary: ServerBinary,
    *,
    primaries: int = 3,
    replicas: int = 0,
    password: str | None = None,
    node_timeout_ms: int = 500,
) -> Cluster:
    """Start a cluster and return it once it serves every slot.

    Takes a little over two seconds: that long a new primary refuses to serve.

    Args:
        binary: What to run.
        primaries: How many servers share the slots.
        replicas: How many replicas each of them has.
        password: Every server's password.
        node_timeout_ms: Milliseconds of silence after which a node is held to be
            dead; its replica is promoted one to two seconds later.

    Raises:
        ServerError: A server did not come up, or they did not find together.
    """
    settings = {"cluster-enabled": "yes", "cluster-node-timeout": str(node_timeout_ms)}
    with ExitStack() as started:
        nodes = [
            started.enter_context(ServerProcess(binary, tcp=True, password=password, settings=settings))
            for _ in range(primaries * (1 + replicas))
        ]
        cluster = Cluster(nodes)
        _share_slots(nodes[:primaries])
        for node in nodes[1:]:
            nodes[0].call("CLUSTER", "MEET", HOST, node.port)
        cluster.expect(lambda: all(_has_met(node, len(nodes)) for node in nodes), "the nodes do not meet")
        _assign_replicas(nodes[:primaries], nodes[primaries:])
        cluster.wait_until_whole()
        started.pop_all()
        return cluster


def _share_slots(primaries: Sequence[ServerProcess]) -> None:
    for position, node in enumerate(primaries):
        first, end = (_SLOTS * share // len(primaries) for share in (position, position + 1))
        # Epochs of their own from the start, or they settle by collision who is right.
        node.call("CLUSTER", "SET-CONFIG-EPOCH", position + 1)
        # Not ADDSLOTSRANGE, which Redis 6.2 does not know.
        node.call("CLUSTER", "ADDSLOTS", *range(first, end))


def _assign_replicas(primaries: Sequence[ServerProcess], replicas: Sequence[ServerProcess]) -> None:
    identities = [text(node.call("CLUSTER", "MYID")) for node in primaries]
    for position, node in enumerate(replicas):
        node.call("CLUSTER", "REPLICATE", identities[position % len(identities)])


def _has_met(node: ServerProcess, expected: int) -> bool:
    known = text(node.call("CLUSTER", "NODES"))
    return len(known.splitlines()) == expected and "handshake" not in known


def _is_content(node: ServerProcess) -> bool:
    in_step = node.info("replication").get("master_link_status", "up") == "up"
    return in_step and fields(node.call("CLUSTER", "INFO"))["cluster_state"] == "ok"


def _owners(node: ServerProcess) -> _Owners:
    ranges = [items(line) for line in items(node.call("CLUSTER", "SLOTS"))]
    return sorted(
        (number(first), number(last), number(items(primary)[1])) for first, last, primary, *_ in ranges
    )
