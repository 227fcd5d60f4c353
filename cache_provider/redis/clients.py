"""Clients of redis-py, made from a URL so that they never repeat what may have had its effect."""

from contextlib import AbstractContextManager
from typing import Any, Protocol, cast

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.retry import Retry
from redis.sentinel import Sentinel

from cache_provider.errors import CacheConfigurationError
from cache_provider.redis.failures import FOREIGN
from cache_provider.redis.urls import CLUSTER, ONE_NODE, Address, masked, parse_address, scheme_of


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


def open_client(url: str) -> Client:
    """Return a client for `url`; nothing is sent before its first use, except to a Cluster.

    Raises:
        CacheConfigurationError: The URL cannot work; the message holds no password.
    """
    scheme = scheme_of(url)
    try:
        if scheme in ONE_NODE:
            return _one_node(url)
        address = parse_address(url)
        return _cluster(address) if scheme == CLUSTER else _sentinel(address)
    except (ValueError, TypeError) as error:
        raise CacheConfigurationError(f"url {masked(url)!r} cannot work: {error}") from None


def require_bytes(client: Client) -> None:
    """Refuse a client that decodes answers: values are bytes, and codecs decode them."""
    if client.get_encoder().decode_responses:
        raise CacheConfigurationError("client must be made with decode_responses=False: codecs need bytes")


def was_not_sent(error: Exception) -> bool:
    """Tell whether a command failed before it was sent, so that it may be sent again."""
    return _UNSENT in vars(error)


def _once() -> dict[str, Any]:
    """Options that keep redis-py from repeating commands; what may be repeated is decided here."""
    return {
        "retry": Retry(NoBackoff(), 0),
        "socket_timeout": SOCKET_TIMEOUT,
        "socket_connect_timeout": SOCKET_TIMEOUT,
    }


def _one_node(url: str) -> Client:
    pool_class: Any = redis.ConnectionPool
    return _telling(redis.Redis.from_pool(pool_class.from_url(url, **_once())))


def _sentinel(address: Address) -> Client:
    options: dict[str, Any] = {**_login(address), **_once(), **address.options}
    sentinel_class: Any = Sentinel
    sentinel = sentinel_class(list(address.hosts), sentinel_kwargs=_once())
    return _telling(sentinel.master_for(address.service, db=address.db, **options))


def _cluster(address: Address) -> Client:
    node_class: Any = ClusterNode
    nodes = [node_class(host, port) for host, port in address.hosts]
    options: dict[str, Any] = {**_login(address), **_once(), **address.options}
    return cast("Client", redis.RedisCluster(startup_nodes=nodes, **options))


def _login(address: Address) -> dict[str, str | None]:
    return {"username": address.username, "password": address.password}


def _telling(client: Any) -> Client:
    """Have the client's connections tell when they failed before anything was sent."""
    transport: type[Any] = client.connection_pool.connection_class

    def connect(connection: Any) -> None:
        try:
            transport.connect(connection)
        except FOREIGN as error:
            vars(error)[_UNSENT] = True
            raise

    client.connection_pool.connection_class = type(transport.__name__, (transport,), {"connect": connect})
    return cast("Client", client)
