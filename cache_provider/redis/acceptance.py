"""What a client and the options of a URL must be like, checked when an adapter is made."""

from collections.abc import Mapping
from inspect import iscoroutinefunction
from math import isfinite
from typing import Any

from cache_provider.errors import CacheConfigurationError

SECONDS = ("socket_timeout", "socket_connect_timeout", "pool_timeout")
_PROTOCOLS = ("2", "3")


def check_options(options: Mapping[str, Any], what: str) -> None:
    """Refuse options with which a client would fail at its first use.

    Args:
        options: What redis-py is given, numbers read.
        what: Begins the message: whose options they are.

    Raises:
        CacheConfigurationError: One is wrong; the message names it.
    """
    for name in SECONDS:
        seconds = options.get(name)
        if seconds is not None and not (isfinite(seconds) and seconds > 0):
            raise CacheConfigurationError(f"{what} {name} must be seconds, more than 0, not {seconds!r}")
    connections = options.get("max_connections")
    if connections is not None and connections < 1:
        raise CacheConfigurationError(f"{what} max_connections must be at least 1, not {connections}")
    protocol = options.get("protocol")
    if protocol is not None and str(protocol) not in _PROTOCOLS:
        raise CacheConfigurationError(f"{what} protocol must be 2 or 3, not {protocol!r}")
    encoding = options.get("encoding", "utf-8")
    if str(encoding).lower().replace("_", "-") not in ("utf-8", "utf8"):
        raise CacheConfigurationError(f"{what} encoding must be utf-8, in which keys are stored")


def check_client(client: Any, kinds: tuple[Any, ...], home: str) -> None:
    """Refuse a client that an adapter could not use.

    Args:
        client: What was given.
        kinds: Of which classes it may be.
        home: The module that these classes are in.

    Raises:
        CacheConfigurationError: It is of another kind, decodes answers or keeps some of them itself.
    """
    if not isinstance(client, kinds):
        raise CacheConfigurationError(f"client must be a {home}.Redis or RedisCluster, {_not_this(client)}")
    if hasattr(client, "command_stack"):
        raise CacheConfigurationError("client must be a client, not a pipeline, which sends nothing yet")
    if client.get_encoder().decode_responses:
        raise CacheConfigurationError("client must be made with decode_responses=False: codecs need bytes")
    if _keeps_answers(client):
        raise CacheConfigurationError("client must be made without a client-side cache (cache, cache_config)")
    check_options(_options(client), "client's")


def _not_this(client: object) -> str:
    """Say what was given instead, and where it would do."""
    if isinstance(client, type):
        return f"not the class {client.__name__}: make one"
    home, name = type(client).__module__, type(client).__qualname__
    name = f"not a {home}.{name}"
    if home.partition(".")[0] != "redis":
        return f"{name}; RedisCacheAdapter(url) and its asynchronous twin reach a Valkey too"
    send = getattr(client, "execute_command", None)
    if send is None:
        return name
    other = "AsyncRedisCacheAdapter" if iscoroutinefunction(send) else "RedisCacheAdapter"
    return f"{name}, which {other} takes"


def _keeps_answers(client: Any) -> bool:
    pool, nodes = getattr(client, "connection_pool", None), getattr(client, "nodes_manager", None)
    return getattr(pool, "cache", None) is not None or getattr(nodes, "_cache", None) is not None


def _options(client: Any) -> Mapping[str, Any]:
    """Return what the client's connections are made with."""
    source = getattr(client, "connection_pool", None) or client.nodes_manager
    options: Mapping[str, Any] = source.connection_kwargs
    return options
