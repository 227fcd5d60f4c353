"""The synchronous driver: a client of redis-py as a line, and programs carried out on it."""

from threading import Event
from typing import Any

from cache_provider.redis.blocked import ThreadedCall
from cache_provider.redis.clients import (
    Client,
    ClusterClient,
    Opened,
    cluster_of,
    connection_pool,
    with_its_helpers,
)
from cache_provider.redis.delivery import Delivery
from cache_provider.redis.lending import Lender
from cache_provider.redis.life import Life
from cache_provider.redis.natives import DeleteIfEqual
from cache_provider.redis.requests import Argument, Command, Program, T
from cache_provider.steps import finish


class ClientLine:
    """A client of one node, or of Sentinel."""

    is_cluster = False

    def __init__(self, opened: Opened, life: Life) -> None:
        self.client: Client = opened.client
        self.life = life
        self.places = opened.places
        self.is_ours = opened.is_ours
        self._lender = Lender(opened.places)
        self.delete_if_equal = DeleteIfEqual()

    def execute(self, *words: Argument, **options: bool) -> Any:
        """Send a command, and return the answer."""
        return self.client.execute_command(*words, **options)

    def pipeline(self, commands: tuple[Command, ...], *, atomic: bool) -> list[Any]:
        """Send several commands in one round trip; return their answers, errors among them."""
        with self.client.pipeline(transaction=atomic) as pipeline:
            for command in commands:
                pipeline.execute_command(*command.arguments)
            return pipeline.execute(raise_on_error=False)

    def primaries(self) -> list[str]:
        """Return the names of a cluster's primaries; none where what has no key goes to the one node."""
        return []

    def ask(self, node_name: str, *words: Argument) -> Any:
        """Send a command that names no key to one node of a cluster, or to the only one."""
        del node_name
        return self.execute(*words)

    def reconnect(self) -> None:
        """Close what connections are idle, so that the next one is opened to the server that is there now."""
        _close_idle(self.client)

    def pause(self, seconds: float) -> None:
        """Let real time pass."""
        Event().wait(seconds)

    def blocked_call(self, full_key: bytes) -> ThreadedCall:
        """Return a call of a blocking command about a key."""
        pool = self._pool(full_key)
        return ThreadedCall(self._lender, finish(self._lender.lend(pool, pool)))

    def _pool(self, full_key: bytes) -> Any:
        del full_key
        return connection_pool(self.client)

    def close(self) -> None:
        """Close what was opened here and is idle.

        A connection that another thread uses is left to it. redis-py would close it,
        and the thread could find itself reading from the next socket of that number.
        """
        for connection in self._lender.close():
            connection.disconnect()
        if self.is_ours:
            for client in self._clients():
                _close_idle(client)

    def _clients(self) -> list[Any]:
        """Return the clients that have a pool of connections each."""
        return with_its_helpers(self.client)


class ClusterLine(ClientLine):
    """A client of a cluster."""

    is_cluster = True

    def __init__(self, opened: Opened, life: Life, cluster: ClusterClient) -> None:
        super().__init__(opened, life)
        self._cluster = cluster

    def primaries(self) -> list[str]:
        return [node.name for node in self._cluster.get_primaries()]

    def ask(self, node_name: str, *words: Argument) -> Any:
        node = self._cluster.get_node(node_name=node_name)
        return self._cluster.get_redis_connection(node).execute_command(*words)

    def _pool(self, full_key: bytes) -> Any:
        slot = self._cluster.keyslot(full_key)
        node = self._cluster.nodes_manager.get_node_from_slot(slot)
        return connection_pool(self._cluster.get_redis_connection(node))

    def _clients(self) -> list[Any]:
        nodes = self._cluster.get_nodes()
        return [node.redis_connection for node in nodes if node.redis_connection is not None]


def _close_idle(client: Any) -> None:
    pool = connection_pool(client)
    if pool is not None:  # a Cluster's client has one for each node
        pool.disconnect(inuse_connections=False)


class Driver(Delivery):
    """Runs programs on one client, in the calling thread.

    Attributes:
        client: The client.
    """

    def __init__(self, opened: Opened) -> None:
        super().__init__(repeats_itself=not opened.is_ours)
        self.client: Client = opened.client
        cluster = cluster_of(self.client)
        self._line = (
            ClientLine(opened, self.life) if cluster is None else ClusterLine(opened, self.life, cluster)
        )

    def run(self, program: Program[T]) -> T:
        """Run a program to its end."""
        try:
            return finish(self.carry_out(self._line, program))
        finally:
            if self.life.is_over:
                self.disconnect()  # what this program may have opened while another thread closed

    def blocked_call(self, full_key: bytes) -> ThreadedCall:
        """Return a call of a blocking command about a key."""
        self.life.require()
        return self._line.blocked_call(full_key)

    def disconnect(self) -> None:
        """Close what was opened here and is idle; what is in use, its user closes in the end."""
        self._line.close()
