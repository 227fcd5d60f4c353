"""Servers that are shared in a process by name, as `memory://name` asks for."""

import threading

from cache_provider.arguments import check_text
from cache_provider.errors import CacheConfigurationError
from cache_provider.memory.eviction import Eviction
from cache_provider.memory.server import MemoryServer

_servers: dict[str, MemoryServer] = {}
_making = threading.Lock()


def shared_server(name: str, max_size: int | None = None, eviction: Eviction | None = None) -> MemoryServer:
    """Return the server of that name, made at the first call; it lives as long as the process.

    Args:
        name: Its name.
        max_size: As of `MemoryServer`.
        eviction: As of `MemoryServer`; None is `"lru"` for a new server.

    Raises:
        CacheConfigurationError: It exists with another `max_size` or `eviction`.
    """
    check_text("name", name)
    with _making:
        server = _servers.get(name)
        if server is None:
            server = _servers[name] = MemoryServer(max_size, eviction or "lru")
            return server
    if max_size not in (None, server.max_size) or eviction not in (None, server.eviction):
        raise CacheConfigurationError(f"memory://{name} exists already, as {server!r}")
    return server
