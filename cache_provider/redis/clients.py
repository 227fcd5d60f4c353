"""Clients of redis-py, made from a URL so that they never repeat what may have had its effect."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import SplitResult

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.retry import Retry
from redis.sentinel import Sentinel

from cache_provider.errors import CacheAccessError, CacheConfigurationError, CacheUnavailableError
from cache_provider.masking import check_place, masked, split_url
from cache_provider.redis.failures import FOREIGN, translated
from cache_provider.redis.urls import CLUSTER, ONE_NODE, SCHEMES, Address, parse_address


class Pipeline(Protocol):
    """What is used of a redis-py pipeline."""

    def execute_command(self, *words: Any) -> Any:
        """Queue a command."""
        ...

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send what was queued; return the answers, errors among them if so asked."""
        ...


class Client(Protocol):
    """What is used of a redis-py client, of whatever topology."""

    def execute_command(self, *words: Any) -> Any:
        """Send a command and return its answer."""
        ...

    def pipeline(self, transaction: Any = ...) -> AbstractContextManager[Pipeline]:
        """Return a pipeline."""
        ...

    def get_encoder(self) -> Any:
        """Return what knows whether answers are decoded."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class ClusterClient(Client, Protocol):
    """What is used of a cluster's client besides."""

    def get_primaries(self) -> list[Any]:
        """Return the primaries."""
        ...

    def get_node(self, host: Any = ..., port: Any = ..., node_name: str | None = None) -> Any:
        """Return a node."""
        ...

    def get_redis_connection(self, node: Any) -> Client:
        """Return a client of one node."""
        ...


def cluster_of(client: Client) -> ClusterClient | None:
    """Return the client as a cluster's, or None."""
    return cast("ClusterClient", client) if isinstance(client, redis.RedisCluster) else None


SOCKET_TIMEOUT = 5.0
"""Real seconds after which a server counts as answering too late, unless the URL says otherwise."""

_UNSENT = "cache_provider_unsent"
"""Marks an error of a connection that was never there."""


@dataclass(frozen=True)
class Family:
    """The classes of redis-py that clients are made of: the synchronous ones, or those of `redis.asyncio`.

    Attributes:
        pool: A pool of connections, made by `from_url`.
        one_node: A client, made by `from_pool`.
        sentinel: Finds the primary of a service.
        cluster: A client of a cluster.
        cluster_node: Where a cluster is first asked.
        retry: How often redis-py itself sends a command again.
        connect: Wraps a connection's `connect` so that its errors are marked as unsent.
    """

    pool: Any
    one_node: Any
    sentinel: Any
    cluster: Any
    cluster_node: Any
    retry: Any
    connect: Callable[[Any], Any]


def open_client(url: str, family: Family) -> Any:
    """Return a client for `url`; nothing is sent before its first use, except to a synchronous Cluster.

    Raises:
        CacheConfigurationError: The URL cannot work; the message holds no password.
    """
    parts = split_url(url, SCHEMES)
    try:
        if parts.scheme in ONE_NODE:
            _check(parts, url)
            pool = family.pool.from_url(url, **_once(family))
            return _telling(family.one_node.from_pool(pool), family)
        address = parse_address(url, parts)
        return _cluster(address, family) if address.scheme == CLUSTER else _sentinel(address, family)
    except CacheConfigurationError:
        raise
    except (ValueError, TypeError, *FOREIGN) as error:
        failure = translated(error, "")
        if isinstance(failure, (CacheUnavailableError, CacheAccessError)):
            raise failure from error
        raise CacheConfigurationError(f"url {masked(url)!r} cannot work: {error}") from None


def _check(parts: SplitResult, url: str) -> None:
    if parts.scheme != "unix":
        check_place(parts, url)
    elif not parts.path:
        raise CacheConfigurationError(f"url names no socket: {masked(url)!r}")


def require_bytes(client: Any) -> None:
    """Refuse a client that decodes answers: values are bytes, and codecs decode them."""
    if client.get_encoder().decode_responses:
        raise CacheConfigurationError("client must be made with decode_responses=False: codecs need bytes")


def with_its_helpers(client: Any) -> list[Any]:
    """Return a client and, where it finds its server through Sentinel, the clients that ask there."""
    manager = getattr(getattr(client, "connection_pool", None), "sentinel_manager", None)
    return [client, *([] if manager is None else manager.sentinels)]


def was_not_sent(error: Exception) -> bool:
    """Tell whether a command failed before it was sent, so that it may be sent again."""
    return _UNSENT in vars(error)


def mark_unsent(error: Exception) -> None:
    """Note on an error that nothing was sent."""
    vars(error)[_UNSENT] = True


def _once(family: Family) -> dict[str, Any]:
    """Options that keep redis-py from repeating commands; what may be repeated is decided here."""
    return {
        "retry": family.retry(NoBackoff(), 0),
        "socket_timeout": SOCKET_TIMEOUT,
        "socket_connect_timeout": SOCKET_TIMEOUT,
    }


def _sentinel(address: Address, family: Family) -> Any:
    options: dict[str, Any] = {**_login(address), **_once(family), **address.options}
    sentinel = family.sentinel(list(address.hosts), sentinel_kwargs=_once(family))
    return _telling(sentinel.master_for(address.service, db=address.db, **options), family)


def _cluster(address: Address, family: Family) -> Any:
    nodes = [family.cluster_node(host, port) for host, port in address.hosts]
    options: dict[str, Any] = {**_login(address), **_once(family), **address.options}
    return family.cluster(startup_nodes=nodes, **options)


def _login(address: Address) -> dict[str, str | None]:
    return {"username": address.username, "password": address.password}


def _telling(client: Any, family: Family) -> Any:
    """Have the client's connections tell when they failed before anything was sent."""
    pool = client.connection_pool
    transport: type[Any] = pool.connection_class
    # Made and thrown away: an option that no connection knows is refused here, not at the first use.
    transport(**pool.connection_kwargs)
    members = {"connect": family.connect(transport)}
    pool.connection_class = type(transport.__name__, (transport,), members)
    return client


def _connect(transport: Any) -> Any:
    def connect(connection: Any) -> None:
        try:
            transport.connect(connection)
        except FOREIGN as error:
            mark_unsent(error)
            raise

    return connect


THREADED = Family(
    redis.ConnectionPool, redis.Redis, Sentinel, redis.RedisCluster, ClusterNode, Retry, _connect
)
"""Clients that block the calling thread."""
