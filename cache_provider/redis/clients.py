"""Clients of redis-py, made from a URL so that they never repeat what may have had its effect."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast
from urllib.parse import SplitResult

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.retry import Retry
from redis.sentinel import Sentinel

from cache_provider.errors import CacheAccessError, CacheConfigurationError, CacheUnavailableError
from cache_provider.masking import check_place, masked, split_url
from cache_provider.redis.acceptance import check_client, check_options
from cache_provider.redis.connections import threaded
from cache_provider.redis.failures import FOREIGN, translated
from cache_provider.redis.places import WITHOUT_END, PoolPlaces
from cache_provider.redis.urls import (
    CLUSTER,
    ONE_NODE,
    SCHEMES,
    ParsedUrl,
    parse_server_url,
    read_options,
    without_our_options,
)
from cache_provider.waiting import Gate, Waiter


class Pipeline(Protocol):
    """What is used of a redis-py pipeline."""

    def execute_command(self, *words: Any, **options: Any) -> Any:
        """Queue a command."""
        ...

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send what was queued; return the answers, errors among them if so asked."""
        ...


class Client(Protocol):
    """What is used of a redis-py client, of whatever topology."""

    def execute_command(self, *words: Any, **options: Any) -> Any:
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
    """What is used of a cluster's client besides.

    Attributes:
        nodes_manager: Knows the nodes.
    """

    nodes_manager: Any

    def keyslot(self, key: bytes) -> int:
        """Return the slot of a key."""
        ...

    def get_nodes(self) -> list[Any]:
        """Return all nodes."""
        ...

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


def connection_pool(client: Any) -> Any:
    """Return a client's pool of connections, or None of a cluster's, which has one for each node."""
    return getattr(client, "connection_pool", None)


SOCKET_TIMEOUT = 5.0
"""Real seconds after which a server counts as answering too late, unless the URL says otherwise."""


@dataclass(frozen=True)
class Family:
    """The classes of redis-py that clients are made of: the synchronous ones, or those of `redis.asyncio`.

    Attributes:
        home: The module that they are in.
        pool: A pool of connections, made by `from_url`.
        one_node: A client, made by `from_pool`.
        sentinel: Finds the primary of a service.
        cluster: Makes a client of a cluster of its nodes and options.
        cluster_node: Where a cluster is first asked.
        retry: How often redis-py itself sends a command again.
        watchful: Derives from a class of connections one that tells what was not
            sent and notices what the server has closed.
        gate: What waits for a place in the pool.
        kinds: What a client that is handed in may be.
    """

    home: str
    pool: Any
    one_node: Any
    sentinel: Any
    cluster: Callable[..., Any]
    cluster_node: Any
    retry: Any
    watchful: Callable[[Any], Any]
    gate: Callable[[], Gate]
    kinds: tuple[type, ...]


class Opened(NamedTuple):
    """A client, and the places in its pool.

    Attributes:
        client: The client.
        places: Where operations wait for a connection.
        is_ours: Whether it was made here, so that what may be sent again is decided here too.
    """

    client: Any
    places: PoolPlaces
    is_ours: bool


def open_client(url: str, family: Family) -> Opened:
    """Return a client for `url`; nothing is sent before its first use, except to a synchronous Cluster.

    Raises:
        CacheConfigurationError: The URL cannot work; the message holds no password.
    """
    parts = split_url(url, SCHEMES)
    try:
        options = read_options(parts)
        check_options(options, "url option")
        client = _client(url, parts, family)
        limit = _limit(client, options, family)
        return Opened(client, PoolPlaces(limit, _pool_timeout(options), family.gate), is_ours=True)
    except CacheConfigurationError:
        raise
    # Of what stands in the URL; nothing is connected that could raise one of its own.
    except (ValueError, TypeError) as error:
        raise _no_way(url, error) from None
    except FOREIGN as error:
        failure = translated(error, "")
        if isinstance(failure, (CacheUnavailableError, CacheAccessError)):
            raise failure from error
        raise _no_way(url, error) from None


def _no_way(url: str, error: Exception) -> CacheConfigurationError:
    return CacheConfigurationError(f"url {masked(url)!r} cannot work: {error}")


def accept_client(client: Any, family: Family) -> Opened:
    """Return a client that was handed in, whose pool and retries are its own.

    Raises:
        CacheConfigurationError: It could not be used; the message says what to do instead.
    """
    check_client(client, family.kinds, family.home)
    return Opened(client, PoolPlaces(WITHOUT_END, SOCKET_TIMEOUT, family.gate), is_ours=False)


def with_its_helpers(client: Any) -> list[Any]:
    """Return a client and, where it finds its server through Sentinel, the clients that ask there."""
    manager = getattr(connection_pool(client), "sentinel_manager", None)
    return [client, *([] if manager is None else manager.sentinels)]


def _client(url: str, parts: SplitResult, family: Family) -> Any:
    if parts.scheme in ONE_NODE:
        _check(parts, url)
        pool = family.pool.from_url(without_our_options(url), **_once(family))
        return watched(family.one_node.from_pool(pool), family.watchful)
    address = parse_server_url(url, parts)
    return _cluster(address, family) if address.scheme == CLUSTER else _sentinel(address, family)


def _check(parts: SplitResult, url: str) -> None:
    if parts.scheme != "unix":
        check_place(parts, url)
    elif not parts.path:
        raise CacheConfigurationError(f"url names no socket: {masked(url)!r}")


def _limit(client: Any, options: dict[str, Any], family: Family) -> int:
    """Return how many connections at once a client may have; a Cluster's, for each node."""
    pool = connection_pool(client) or family.pool(max_connections=options.get("max_connections"))
    limit: int = pool.max_connections
    return limit


def _pool_timeout(options: dict[str, Any]) -> float:
    seconds: float = options.get("pool_timeout") or options.get("socket_timeout") or SOCKET_TIMEOUT
    return seconds


def _once(family: Family) -> dict[str, Any]:
    """Options that keep redis-py from repeating commands; what may be repeated is decided here."""
    return {
        "retry": family.retry(NoBackoff(), 0),
        "socket_timeout": SOCKET_TIMEOUT,
        "socket_connect_timeout": SOCKET_TIMEOUT,
    }


def _sentinel(address: ParsedUrl, family: Family) -> Any:
    options: dict[str, Any] = {**_login(address), **_once(family), **address.options}
    patience = {name: value for name, value in address.options.items() if name.startswith("socket_")}
    asking = {**_once(family), **patience, **address.sentinel_login}
    sentinel = family.sentinel(list(address.hosts), sentinel_kwargs=asking)
    client = sentinel.master_for(address.service, db=address.db, **options)
    return watched(client, family.watchful)


def _cluster(address: ParsedUrl, family: Family) -> Any:
    nodes = [family.cluster_node(host, port) for host, port in address.hosts]
    options: dict[str, Any] = {**_login(address), **_once(family), **address.options}
    return family.cluster(nodes, options)


def _login(address: ParsedUrl) -> dict[str, str | None]:
    return {"username": address.username, "password": address.password}


def watched(client: Any, watchful: Callable[[Any], Any]) -> Any:
    """Have the connections of a client's pool be watchful; it must not have opened one yet."""
    pool = client.connection_pool
    transport: type[Any] = pool.connection_class
    # Made and thrown away: an option that no connection knows is refused here, not at the first use.
    transport(**pool.connection_kwargs)
    pool.connection_class = watchful(transport)
    return client


def _threaded_cluster(nodes: list[ClusterNode], options: dict[str, Any]) -> Any:
    """Make a client of a cluster, which is asked for its nodes at once."""
    client: Any = redis.RedisCluster(startup_nodes=nodes, **options)
    if hasattr(client, "cluster_error_retry_attempts"):  # before redis-py 6, beside `retry`
        client.cluster_error_retry_attempts = 0
    manager: Any = client.nodes_manager
    make = manager.create_redis_node

    def make_watched(host: str, port: int, **options: Any) -> Any:
        return watched(make(host, port, **options), threaded)

    manager.create_redis_node = make_watched
    for node in client.get_nodes():
        if node.redis_connection is not None:
            # What it was asked with for its nodes is not watchful yet.
            node.redis_connection.connection_pool.disconnect()
            node.redis_connection.connection_pool.reset()
            watched(node.redis_connection, threaded)
    return client


THREADED = Family(
    home="redis",
    pool=redis.ConnectionPool,
    one_node=redis.Redis,
    sentinel=Sentinel,
    cluster=_threaded_cluster,
    cluster_node=ClusterNode,
    retry=Retry,
    watchful=threaded,
    gate=Waiter,
    kinds=(redis.Redis, redis.RedisCluster),
)
"""Clients that block the calling thread."""
