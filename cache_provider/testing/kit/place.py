"""`Place`: where the caches of one test live."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from cache_provider.clock import Clock
from cache_provider.errors import CacheConfigurationError
from cache_provider.memory.server import MemoryServer
from cache_provider.testing.kit.options import KitOptions
from cache_provider.testing.leaks import Leak
from cache_provider.testing.seam import AsyncInstrumentedCache, InstrumentedCache, Interceptor

if TYPE_CHECKING:
    from cache_provider.testing.kit.clients import Clients


class Place(ABC):
    """Makes the caches of one test, all on one store, and clears up after them.

    Attributes:
        clock: What the caches live by.
        unfit: Why the test proves nothing here, in words, as far as is known; None where it does.
    """

    clock: Clock
    unfit: str | None = None

    @abstractmethod
    def open(
        self, options: KitOptions, server: MemoryServer | None, *interceptors: Interceptor
    ) -> InstrumentedCache:
        """Return a cache that shows its operations to the interceptors; `server` is another store."""

    @abstractmethod
    def open_async(
        self, options: KitOptions, server: MemoryServer | None, *interceptors: Interceptor
    ) -> AsyncInstrumentedCache:
        """Return a cache for coroutines that shows its operations to the interceptors."""

    @property
    def own_server(self) -> MemoryServer | None:
        """What the caches live on, where it is a server of this process."""
        return None

    def oversee(self, *interceptors: Interceptor) -> None:  # noqa: B027 - only the double can
        """Show the commands of clients to the interceptors too."""

    def clients(self, options: KitOptions) -> "Clients":
        """Return what makes clients of redis-py on the store.

        Raises:
            CacheConfigurationError: The place was chosen without them in mind.
        """
        del options
        raise CacheConfigurationError(
            "cache_redis came too late: the test's caches share a database with others. "
            "Make it an argument of the test or of a fixture."
        )

    def leaks_of_clients(self, options: KitOptions) -> list[Leak]:
        """Return what clients left behind, as far as anybody can see it here."""
        del options
        return []

    @abstractmethod
    def close(self) -> None:
        """Remove what the test left, and end the use of its caches."""
