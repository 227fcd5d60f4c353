"""A primary and a replica that real sentinels watch over."""

from collections.abc import Sequence
from contextlib import ExitStack

from cache_provider.testing.servers.address import HOST, hosts
from cache_provider.testing.servers.binaries import ServerBinary
from cache_provider.testing.servers.configuration import quoted
from cache_provider.testing.servers.group import ServerGroup
from cache_provider.testing.servers.process import ServerProcess
from cache_provider.testing.servers.wire import WireReply, items, text

SERVICE = "mymaster"
"""The name under which the sentinels know the primary."""

_SENTINELS = 3
_QUORUM = 2


class Sentinels(ServerGroup):
    """One primary, one replica, and three sentinels that agree on which is which.

    As a context manager it ends all of them. Made by `start_sentinels`.

    Attributes:
        sentinels: The sentinels.
        servers: The two servers, the first primary first.
    """

    def __init__(self, sentinels: Sequence[ServerProcess], servers: Sequence[ServerProcess]) -> None:
        super().__init__((*sentinels, *servers))
        self.sentinels = tuple(sentinels)
        self.servers = tuple(servers)

    @property
    def url(self) -> str:
        """The URL for an adapter, with every sentinel and the servers' password."""
        ports = (sentinel.port for sentinel in self.sentinels)
        return f"redis+sentinel://{hosts(ports, self.servers[0].address.password)}/{SERVICE}/0"

    @property
    def primary(self) -> ServerProcess:
        """The primary by the account of the first sentinel that runs."""
        port = _primary_port(next(sentinel for sentinel in self.sentinels if sentinel.is_running))
        return next(server for server in self.servers if server.port == port)

    def kill_primary(self) -> ServerProcess:
        """Kill the primary and return it; then see `wait_for_primary`.

        If it is restarted it is an empty primary at first; after some seconds
        the sentinels make it a replica.
        """
        primary = self.primary
        primary.kill()
        return primary

    def wait_for_primary(self) -> ServerProcess:
        """Return the primary, once one runs, knows that it is one, and every running sentinel names it.

        Raises:
            ServerError: That took too long.
        """
        self.expect(self._name_one_that_runs, "the sentinels name no primary that runs")
        return self.primary

    def _name_one_that_runs(self) -> bool:
        named = {_primary_port(sentinel) for sentinel in self.sentinels if sentinel.is_running}
        return any(
            server.is_running and named == {server.port} and server.info("replication")["role"] == "master"
            for server in self.servers
        )


def start_sentinels(
    binary: ServerBinary, *, password: str | None = None, down_after_ms: int = 300
) -> Sentinels:
    """Start a primary, its replica and three sentinels, and return once these know all of it.

    Args:
        binary: What to run.
        password: The two servers' password; the sentinels themselves have none.
        down_after_ms: Milliseconds of silence after which the first sentinel
            holds the primary to be dead. The second takes twice as long, and with
            its word the failover begins; the third takes three times as long.

    Raises:
        ServerError: Something did not come up, or they did not find together.
    """
    with ExitStack() as started:
        servers = [
            started.enter_context(ServerProcess(binary, tcp=True, password=password)) for _ in range(2)
        ]
        _follow(*servers)
        sentinels = [
            # Each is slower than the one before it: if two noticed at once, both would ask for
            # votes, nobody might win, and the next election would be seconds away.
            started.enter_context(_sentinel(binary, servers[0], down_after_ms * (number + 1)))
            for number in range(_SENTINELS)
        ]
        group = Sentinels(sentinels, servers)
        _introduce(group)
        group.expect(lambda: all(map(_knows_all, sentinels)), "the sentinels do not find together")
        started.pop_all()
        return group


def _follow(primary: ServerProcess, replica: ServerProcess) -> None:
    """Make `replica` one, in step; the sentinels look only now and then whether it is."""
    # Told while it runs, it connects at once; told by its configuration, within a second.
    replica.call("REPLICAOF", HOST, primary.port)
    ServerGroup([primary, replica]).expect(
        lambda: replica.info("replication")["master_link_status"] == "up", "the replica does not get in step"
    )


def _sentinel(binary: ServerBinary, primary: ServerProcess, down_after_ms: int) -> ServerProcess:
    settings = {
        "sentinel monitor": f"{SERVICE} {HOST} {primary.port} {_QUORUM}",
        "sentinel down-after-milliseconds": f"{SERVICE} {down_after_ms}",
        # A failover takes up to two seconds; one that went wrong is tried again after twice this time.
        "sentinel failover-timeout": f"{SERVICE} 2000",
    }
    password = primary.address.password
    if password is not None:
        settings["sentinel auth-pass"] = f"{SERVICE} {quoted(password)}"
    return ServerProcess(binary, tcp=True, settings=settings, arguments=("--sentinel",))


def _introduce(group: Sentinels) -> None:
    """Say to each, in the name of each other one, what they would tell each other every two seconds."""
    for one in group.sentinels:
        identity = text(one.call("SENTINEL", "MYID"))
        hello = f"{HOST},{one.port},{identity},0,{SERVICE},{HOST},{group.servers[0].port},0"
        for other in group.sentinels:
            if other is not one:
                other.call("PUBLISH", "__sentinel__:hello", hello)


def _knows_all(sentinel: ServerProcess) -> bool:
    primary = _pairs(sentinel.call("SENTINEL", "MASTER", SERVICE))
    replicas = [_pairs(reply) for reply in items(sentinel.call("SENTINEL", "REPLICAS", SERVICE))]
    return (primary["flags"], primary["num-other-sentinels"]) == ("master", str(_SENTINELS - 1)) and [
        (replica["flags"], replica["master-link-status"]) for replica in replicas
    ] == [("slave", "ok")]


def _pairs(reply: WireReply) -> dict[str, str]:
    words = [text(word) for word in items(reply)]
    return dict(zip(words[::2], words[1::2], strict=True))


def _primary_port(sentinel: ServerProcess) -> int:
    _, port = items(sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE))
    return int(text(port))
