"""`from_url` and `async_from_url`: a provider from one line of configuration.

| URL | provider |
|---|---|
| `memory://` | a double of its own |
| `memory://name` | a double on a server that the process shares under that name |
| `redis://`, `rediss://`, `unix://` | one Redis node |
| `redis+sentinel://[user:password@]host:port[,host:port...]/service[/db]` | Sentinel |
| `redis+cluster://[user:password@]host:port[,host:port...]` | Cluster |

Options stand in the query: `prefix`, `default_ttl` (seconds), `codec` (`json`,
`pickle`, `bytes` or `msgpack`), and for a double `max_size` and `eviction`.
What else stands in the query of a Redis URL is an option of redis-py.
"""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.arguments import check_text
from cache_provider.codecs import BytesCodec, Codec, JsonCodec, MsgpackCodec, PickleCodec
from cache_provider.errors import CacheConfigurationError
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.lazy_names import load
from cache_provider.masking import split_url
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.memory.shared import shared_server

MEMORY = "memory"
SCHEMES = (MEMORY, "redis", "rediss", "unix", "redis+sentinel", "redis+cluster")

CODECS: dict[str, Callable[[], Codec]] = {
    "bytes": BytesCodec,
    "json": JsonCodec,
    "msgpack": MsgpackCodec,
    "pickle": PickleCodec,
}


def from_url(url: str) -> CacheProviderInterface:
    """Return a provider for `url`.

    >>> cache = from_url("memory://sessions?prefix=app:&default_ttl=60")
    >>> cache.set("user", "ada")
    True
    >>> from_url("memory://sessions?prefix=app:").get("user")
    'ada'

    Args:
        url: Where the cache is, and its options; see this module.

    Raises:
        TypeError: `url` is not a `str`.
        CacheConfigurationError: A part of it is wrong; the message names it, and shows no password.
        ImportError: A Redis URL, and the extra `redis` is not installed.
        CacheUnavailableError: A Cluster, which is asked for its nodes at once, cannot be reached.
    """
    place, options = _read(url)
    if place is None:
        return InMemoryCacheAdapter(**options)
    adapter = cast("Callable[..., CacheProviderInterface]", load("RedisCacheAdapter"))
    return adapter(place, **options)


def async_from_url(url: str) -> AsyncCacheProviderInterface:
    """Return an asynchronous provider for `url`; as `from_url`, except that nothing is sent yet."""
    place, options = _read(url)
    if place is None:
        return AsyncInMemoryCacheAdapter(**options)
    adapter = cast("Callable[..., AsyncCacheProviderInterface]", load("AsyncRedisCacheAdapter"))
    return adapter(place, **options)


def _read(url: str) -> tuple[str | None, dict[str, Any]]:
    """Return the URL without our own options, None for a double, and the adapter's arguments."""
    parts = split_url(check_text("url", url), SCHEMES)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    options = _options(given)
    if parts.scheme == MEMORY:
        return None, {**options, **_memory(parts.netloc, parts.path, given)}
    for name in ("max_size", "eviction"):
        if name in given:
            raise CacheConfigurationError(f"url option {name} belongs to memory://, a server has its own")
    place = url.partition("?")[0]
    return f"{place}?{urlencode(given)}" if given else place, options


def _options(given: dict[str, str]) -> dict[str, Any]:
    """Take out of `given` what every provider knows."""
    options: dict[str, Any] = {"key_prefix": given.pop("prefix", "")}
    if "default_ttl" in given:
        options["default_ttl"] = _positive("default_ttl", given.pop("default_ttl"))
    if "codec" in given:
        options["codec"] = _codec(given.pop("codec"))
    return options


def _memory(name: str, path: str, given: dict[str, str]) -> dict[str, Any]:
    """Return the arguments that only a double has."""
    if path.strip("/") or "@" in name or ":" in name:
        raise CacheConfigurationError("a memory:// url has a name and options, and no user, port or path")
    size = _size(given.pop("max_size")) if "max_size" in given else None
    eviction: Any = given.pop("eviction", None)
    if given:
        raise CacheConfigurationError(f"url option {', '.join(given)} is unknown to memory://")
    if name:
        return {"server": shared_server(name, size, eviction)}
    return {"max_size": size, "eviction": eviction or "lru"}


def _positive(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise CacheConfigurationError(f"url option {name} must be seconds, more than 0, not {text!r}")
    return seconds


def _size(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise CacheConfigurationError(f"url option max_size must be a number of entries, not {text!r}")
    return int(text)


def _codec(name: str) -> Codec:
    if name not in CODECS:
        raise CacheConfigurationError(f"url option codec must be one of {sorted(CODECS)}, not {name!r}")
    return CODECS[name]()
