"""`Clients`: what a test gets that holds a client of redis-py, or a URL."""

from abc import ABC, abstractmethod
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from cache_provider.door.entrance import core_of
from cache_provider.errors import CacheConfigurationError
from cache_provider.memory.server import MemoryServer
from cache_provider.testing.kit.options import KitOptions

if TYPE_CHECKING:
    from redis import Redis
    from redis.asyncio import Redis as AsyncRedis


class Clients(ABC):
    """Makes the clients of one test, all on its one store."""

    @abstractmethod
    def redis(self) -> "Redis":
        """Return a client for threads."""

    @abstractmethod
    def async_redis(self) -> "AsyncRedis":
        """Return a client for coroutines."""

    @abstractmethod
    def url(self) -> str:
        """Return where a client that only takes a URL finds the store."""

    @abstractmethod
    def close(self) -> None:
        """End all connections."""

    def unknown(self) -> dict[str, int]:
        """Return how often each command was sent that the double does not know."""
        return {}


def client_options(options: KitOptions) -> dict[str, Any]:
    """Return what redis-py is told of a test's options; what they leave open, it decides itself."""
    chosen: dict[str, Any] = {"decode_responses": options.decode_responses}
    if options.protocol is not None:
        chosen["protocol"] = options.protocol
    return chosen


class DoubleClients(Clients):
    """Clients of a server in this process.

    Args:
        server: The server.
        options: What the clients are made with.

    Raises:
        CacheConfigurationError: `lua=True`, and the extra `lua` is not installed.
    """

    def __init__(self, server: MemoryServer, options: KitOptions) -> None:
        if options.lua and find_spec("lupa") is None:
            raise CacheConfigurationError("lua=True needs an extra: pip install 'cache-provider[lua]'")
        self._core = core_of(server)
        self._core.has_lua = options.lua is not False
        self._server = server
        self._options = {"db": options.database, **client_options(options)}
        self._open = ExitStack()

    def redis(self) -> "Redis":
        client = self._server.redis(**self._options)
        self._open.callback(client.close)
        return client

    def async_redis(self) -> "AsyncRedis":
        # Its connections are no sockets: they end with the sessions, on no loop.
        return self._server.async_redis(**self._options)

    def url(self) -> str:
        listener = self._open.enter_context(self._server.listen())
        return f"{listener.url.rpartition('/')[0]}/{self._options['db']}"

    def close(self) -> None:
        self._open.close()

    def unknown(self) -> dict[str, int]:
        return dict(self._core.unknown)
