"""Where a server is: URLs of one node, of Sentinel and of a Cluster.

`redis://`, `rediss://` and `unix://` are redis-py's own. Added are
`redis+sentinel://[user:password@]host:port[,host:port...]/service[/db]` and
`redis+cluster://[user:password@]host:port[,host:port...]`. Added are also the
options `pool_timeout`, the seconds that an operation waits for a connection of a
full pool, and `sentinel_username` and `sentinel_password`.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode

import redis.connection

from cache_provider.errors import CacheConfigurationError
from cache_provider.masking import masked

ONE_NODE = ("redis", "rediss", "unix")
SENTINEL = "redis+sentinel"
CLUSTER = "redis+cluster"
_DEFAULT_PORTS = {SENTINEL: 26379, CLUSTER: 6379}
SCHEMES = (*ONE_NODE, SENTINEL, CLUSTER)

POOL_TIMEOUT = "pool_timeout"
_SENTINEL_LOGIN = {"sentinel_username": "username", "sentinel_password": "password"}
_OURS = (POOL_TIMEOUT, *_SENTINEL_LOGIN)
"""Options that redis-py does not know."""


@dataclass(frozen=True)
class ParsedUrl:
    """A parsed Sentinel or Cluster URL. Its `repr` holds no password."""

    scheme: str
    hosts: tuple[tuple[str, int], ...]
    username: str | None
    password: str | None = field(repr=False)
    service: str
    db: int
    options: dict[str, Any] = field(repr=False)
    sentinel_login: dict[str, Any] = field(repr=False)


def parse_server_url(url: str, parts: SplitResult) -> ParsedUrl:
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
    options = read_options(parts)
    ours = {name: options.pop(name) for name in _OURS if name in options}
    return ParsedUrl(
        scheme=parts.scheme,
        hosts=tuple(_host(host, parts.scheme, url) for host in hosts.split(",")),
        username=unquote(username) or None,
        password=unquote(password) or None,
        service=service,
        db=int(db or 0),
        options=options,
        sentinel_login={_SENTINEL_LOGIN[name]: ours[name] for name in _SENTINEL_LOGIN if name in ours},
    )


def without_our_options(url: str) -> str:
    """Return the URL of one node as redis-py knows it."""
    place, _, query = url.partition("?")
    given = [(name, value) for name, value in parse_qsl(query) if name != POOL_TIMEOUT]
    return f"{place}?{urlencode(given)}" if given else place


def read_options(parts: SplitResult) -> dict[str, Any]:
    """Read the options as redis-py reads those of its own URLs, numbers as numbers.

    Raises:
        CacheConfigurationError: One belongs elsewhere, or is not a number.
        ValueError: redis-py cannot read one.
    """
    untyped: Any = redis.connection
    options: dict[str, Any] = untyped.parse_url(f"redis://host?{parts.query}")
    del options["host"]
    if "decode_responses" in options:
        raise CacheConfigurationError(
            "url option decode_responses must go: values are bytes, which codecs decode"
        )
    if parts.scheme != SENTINEL:
        for name in set(options) & set(_SENTINEL_LOGIN):
            raise CacheConfigurationError(f"url option {name} belongs to {SENTINEL}://")
    if POOL_TIMEOUT in options:
        options[POOL_TIMEOUT] = _seconds(options[POOL_TIMEOUT])
    if "ssl" in options:
        options["ssl"] = options["ssl"].lower() in ("true", "1", "yes")
    return options


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CacheConfigurationError(f"url option {POOL_TIMEOUT} must be seconds, not {text!r}") from None


def _host(text: str, scheme: str, url: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":") if ":" in text.rpartition("]")[2] else (text, "", "")
    if not host:
        raise CacheConfigurationError(f"url names no host in {text!r}: {masked(url)!r}")
    if port and not port.isdecimal():
        raise CacheConfigurationError(f"url's port must be a number, not {port!r}: {masked(url)!r}")
    return host.strip("[]"), int(port) if port else _DEFAULT_PORTS[scheme]
