"""From a `MemoryServer` to the one `Core` that all its ways in share."""

from cache_provider.door.core import Core
from cache_provider.door.view import View
from cache_provider.exclusion import Mutex, exclusive
from cache_provider.forking import heed_forks
from cache_provider.memory.server import MemoryServer, keyspace_of


class _Entrance:
    """Makes cores, one for each server."""

    def __init__(self) -> None:
        self._after_fork()
        heed_forks(self)

    def _after_fork(self) -> None:
        self._making = Mutex()

    @exclusive("_making")
    def core_of(self, server: MemoryServer) -> Core:
        keyspace = keyspace_of(server)
        if not isinstance(keyspace.door, Core):
            keyspace.door = Core(server, View)
        assert isinstance(keyspace.door, Core)
        return keyspace.door


_entrance = _Entrance()


def core_of(server: MemoryServer) -> Core:
    """Return the server's core, made at the first call."""
    core = keyspace_of(server).door
    return core if isinstance(core, Core) else _entrance.core_of(server)
