"""Where a server is: URLs of one node, of Sentinel and of a Cluster.

`redis://`, `rediss://` and `unix://` are redis-py's own. Added are
`redis+sentinel://[user:password@]host:port[,host:port...]/service[/db]` and
`redis+cluster://[user:password@]host:port[,host:port...]`.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, unquote

import redis.connection

from cache_provider.errors import CacheConfigurationError
from cache_provider.masking import masked

ONE_NODE = ("redis", "rediss", "unix")
SENTINEL = "redis+sentinel"
CLUSTER = "redis+cluster"
_DEFAULT_PORTS = {SENTINEL: 26379, CLUSTER: 6379}
SCHEMES = (*ONE_NODE, SENTINEL, CLUSTER)


@dataclass(frozen=True)
class Address:
    """A parsed Sentinel or Cluster URL. Its `repr` holds no password."""

    scheme: str
    hosts: tuple[tuple[str, int], ...]
    username: str | None
    password: str | None = field(repr=False)
    service: str
    db: int
    options: dict[str, Any] = field(repr=False)


def parse_address(url: str, parts: SplitResult) -> Address:
    """Read a Sentinel or Cluster URL, which was split into `parts`.

    Raises:
        CacheConfigurationError: A part of it is wrong; the message names it.
    """
    user_info, _, hosts = parts.netloc.rpartition("@")
    username, _, password = user_info.partition(":")
    service, _, db = parts.path.strip("/").partition("/")
    if parts.scheme == SENTINEL and not service:
        raise CacheConfigurationError(f"url names no service: {masked(url)!r}")
    if db and not db.isdecimal():
        raise CacheConfigurationError(f"url's database must be a number, not {db!r}")
    return Address(
        scheme=parts.scheme,
        hosts=tuple(_host(host, parts.scheme, url) for host in hosts.split(",")),
        username=unquote(username) or None,
        password=unquote(password) or None,
        service=service,
        db=int(db or 0),
        options=_options(parts.query),
    )


def _options(query: str) -> dict[str, Any]:
    """Read the options as redis-py reads those of its own URLs, numbers as numbers."""
    untyped: Any = redis.connection
    options: dict[str, Any] = untyped.parse_url(f"redis://host?{query}")
    del options["host"]
    if "ssl" in options:
        options["ssl"] = options["ssl"].lower() in ("true", "1", "yes")
    return options


def _host(text: str, scheme: str, url: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":") if ":" in text.rpartition("]")[2] else (text, "", "")
    if not host:
        raise CacheConfigurationError(f"url names no host in {text!r}: {masked(url)!r}")
    if port and not port.isdecimal():
        raise CacheConfigurationError(f"url's port must be a number, not {port!r}: {masked(url)!r}")
    return host.strip("[]"), int(port) if port else _DEFAULT_PORTS[scheme]
