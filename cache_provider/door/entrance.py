"""From a `MemoryServer` to the one `Core` that all its ways in share."""

import threading

from cache_provider.door.core import Core
from cache_provider.door.view import View
from cache_provider.memory.server import MemoryServer

_making = threading.Lock()


def core_of(server: MemoryServer) -> Core:
    """Return the server's core, made at the first call."""
    core = server.door
    if not isinstance(core, Core):
        with _making:
            core = server.door
            if not isinstance(core, Core):
                core = server.door = Core(server, View)
    return core
