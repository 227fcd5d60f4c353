"""Servers that are shared in a process by name, as `memory://name` asks for."""

from cache_provider.arguments import check_text
from cache_provider.errors import CacheConfigurationError
from cache_provider.memory.eviction import Eviction
from cache_provider.memory.server import MemoryServer

_servers: dict[str, MemoryServer] = {}


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
    server = _servers.get(name)
    if server is None:
        # Of several that make it at once, the first one's is the server.
        made = MemoryServer(max_size, eviction or "lru")
        server = _servers.setdefault(name, made)
        if server is made:
            return server
    if max_size not in (None, server.max_size) or eviction not in (None, server.eviction):
        raise CacheConfigurationError(f"memory://{name} exists already, as {server!r}")
    return server
