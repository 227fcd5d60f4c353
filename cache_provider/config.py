"""`CacheConfig`: a cache described by settings, as applications read them from their environment."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlencode

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.arguments import check_flag, check_integer, check_text, ttl_ms
from cache_provider.errors import CacheConfigurationError
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.urls import async_from_url, from_url

Backend = Literal["memory", "redis"]


@dataclass(frozen=True)
class CacheConfig:
    """The settings of a cache. Its `repr` does not show the password.

    >>> CacheConfig(redis_password="p@ss/word").get_redis_url()
    'redis://:p%40ss%2Fword@localhost:6379/0'

    Attributes:
        enabled: Whether anything is stored at all.
        default_ttl: Seconds that a value lives if a write gives no ttl; None for no end.
        max_memory_size: How many entries the double holds at most; None for no bound.
        redis_host: Where the Redis is.
        redis_port: Its port.
        redis_db: Its database.
        redis_password: Its password; None and "" are none.
        redis_ssl: Whether to speak TLS with it.
        connection_pool_size: How many connections at most.
        socket_timeout: Seconds after which it counts as answering too late.
        socket_connect_timeout: Seconds after which it counts as unreachable.
        pool_timeout: Seconds that an operation waits for one of the connections
            when all are in use; None for as long as `socket_timeout`.

    Raises:
        CacheConfigurationError: A setting is wrong; the message names it.
    """

    enabled: bool = True
    default_ttl: float | None = 3600
    max_memory_size: int | None = 1000
    redis_host: str = "localhost"
    redis_port: int = 6379
    redis_db: int = 0
    redis_password: str | None = field(default=None, repr=False)
    redis_ssl: bool = False
    connection_pool_size: int = 20
    socket_timeout: float = 5
    socket_connect_timeout: float = 5
    pool_timeout: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check every setting."""
        try:
            self._check()
        except (TypeError, ValueError) as error:
            raise CacheConfigurationError(str(error)) from None

    def get_redis_url(self) -> str:
        """Return the URL of the Redis, with the password in it, quoted: not for logs."""
        scheme = "rediss" if self.redis_ssl else "redis"
        login = f":{quote(self.redis_password, safe='')}@" if self.redis_password else ""
        host = f"[{self.redis_host}]" if ":" in self.redis_host else self.redis_host
        return f"{scheme}://{login}{host}:{self.redis_port}/{self.redis_db}"

    def create(self, backend: Backend = "memory") -> CacheProviderInterface:
        """Return a provider with these settings; where they are not `enabled`, one that stores nothing.

        Args:
            backend: `"memory"` for a double, `"redis"` for the Redis.

        Raises:
            CacheConfigurationError: `backend` is neither.
            ImportError: The extra `redis` is needed and not installed.
        """
        if self._is_memory(backend):
            return InMemoryCacheAdapter("", max_size=self._size(), default_ttl=self.default_ttl)
        return from_url(self._url())

    def create_async(self, backend: Backend = "memory") -> AsyncCacheProviderInterface:
        """Return an asynchronous provider with these settings; otherwise as `create`."""
        if self._is_memory(backend):
            return AsyncInMemoryCacheAdapter("", max_size=self._size(), default_ttl=self.default_ttl)
        return async_from_url(self._url())

    def _check(self) -> None:
        check_flag("enabled", self.enabled)
        if self.default_ttl is not None:
            ttl_ms("default_ttl", self.default_ttl)
        if self.max_memory_size is not None:
            check_integer("max_memory_size", self.max_memory_size, minimum=0)
        if not check_text("redis_host", self.redis_host):
            raise ValueError("redis_host must not be empty")
        if check_integer("redis_port", self.redis_port, minimum=1) > 65535:
            raise ValueError(f"redis_port must be at most 65535, not {self.redis_port}")
        check_integer("redis_db", self.redis_db, minimum=0)
        _check_password(self.redis_password)
        check_flag("redis_ssl", self.redis_ssl)
        check_integer("connection_pool_size", self.connection_pool_size, minimum=1)
        ttl_ms("socket_timeout", self.socket_timeout)
        ttl_ms("socket_connect_timeout", self.socket_connect_timeout)
        if self.pool_timeout is not None:
            ttl_ms("pool_timeout", self.pool_timeout)

    def _is_memory(self, backend: Backend) -> bool:
        if backend not in ("memory", "redis"):
            raise CacheConfigurationError(f"backend must be 'memory' or 'redis', not {backend!r}")
        return backend == "memory" or not self.enabled

    def _size(self) -> int | None:
        return self.max_memory_size if self.enabled else 0

    def _url(self) -> str:
        options: dict[str, float] = {
            "max_connections": self.connection_pool_size,
            "socket_timeout": self.socket_timeout,
            "socket_connect_timeout": self.socket_connect_timeout,
        }
        if self.pool_timeout is not None:
            options["pool_timeout"] = self.pool_timeout
        if self.default_ttl is not None:
            options["default_ttl"] = self.default_ttl
        return f"{self.get_redis_url()}?{urlencode(options)}"


def _check_password(password: object) -> None:
    if password is not None and not isinstance(password, str):
        # Without the value: somebody's secret in another type is a secret still.
        raise TypeError(f"redis_password must be a str or None, not {type(password).__name__}")
