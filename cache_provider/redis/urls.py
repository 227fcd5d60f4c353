"""Where a server is: URLs of one node, of Sentinel and of a Cluster.

`redis://`, `rediss://` and `unix://` are redis-py's own. Added are
`redis+sentinel://[user:password@]host:port[,host:port...]/service[/db]` and
`redis+cluster://[user:password@]host:port[,host:port...]`.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from cache_provider.errors import CacheConfigurationError

ONE_NODE = ("redis", "rediss", "unix")
SENTINEL = "redis+sentinel"
CLUSTER = "redis+cluster"
_DEFAULT_PORTS = {SENTINEL: 26379, CLUSTER: 6379}

_USER_INFO = re.compile(r"(?<=://)([^/@:]*):([^@]*)@")
_PASSWORD_OPTION = re.compile(r"(?i)(?<=[?&])((?:[a-z_]*password)=)[^&]*")


def masked(url: str) -> str:
    """Return `url` with its passwords replaced by stars.

    >>> masked("redis://ada:secret@localhost/0")
    'redis://ada:***@localhost/0'
    """
    return _PASSWORD_OPTION.sub(r"\1***", _USER_INFO.sub(r"\1:***@", url))


@dataclass(frozen=True)
class Address:
    """A parsed Sentinel or Cluster URL. Its `repr` holds no password."""

    scheme: str
    hosts: tuple[tuple[str, int], ...]
    username: str | None
    password: str | None = field(repr=False)
    service: str
    db: int
    options: dict[str, str] = field(repr=False)


def scheme_of(url: str) -> str:
    """Return the scheme of `url`.

    Raises:
        CacheConfigurationError: It is none that a Redis is reached by.
    """
    scheme = url.partition("://")[0]
    known = (*ONE_NODE, SENTINEL, CLUSTER)
    if scheme not in known or "://" not in url:
        raise CacheConfigurationError(f"url must begin with one of {known} and ://, not {masked(url)!r}")
    return scheme


def parse_address(url: str) -> Address:
    """Read a Sentinel or Cluster URL.

    Raises:
        CacheConfigurationError: A part of it is wrong; the message names it.
    """
    scheme = scheme_of(url)
    parts = urlsplit(url)
    user_info, _, hosts = parts.netloc.rpartition("@")
    username, _, password = user_info.partition(":")
    service, _, db = parts.path.strip("/").partition("/")
    if scheme == SENTINEL and not service:
        raise CacheConfigurationError(f"url names no service: {masked(url)!r}")
    if db and not db.isdecimal():
        raise CacheConfigurationError(f"url's database must be a number, not {db!r}")
    return Address(
        scheme=scheme,
        hosts=tuple(_host(host, scheme, url) for host in hosts.split(",")),
        username=unquote(username) or None,
        password=unquote(password) or None,
        service=service,
        db=int(db or 0),
        options=dict(parse_qsl(parts.query)),
    )


def _host(text: str, scheme: str, url: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":") if ":" in text.rpartition("]")[2] else (text, "", "")
    if not host:
        raise CacheConfigurationError(f"url names no host in {text!r}: {masked(url)!r}")
    if port and not port.isdecimal():
        raise CacheConfigurationError(f"url's port must be a number, not {port!r}: {masked(url)!r}")
    return host.strip("[]"), int(port) if port else _DEFAULT_PORTS[scheme]
