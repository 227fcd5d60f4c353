"""What instrumented caches and their locks do alike for threads and for coroutines."""

from inspect import currentframe
from typing import Any, Generic, TypeVar

from cache_provider.aio.interface import AnyProvider
from cache_provider.aio.lock import AnyLock
from cache_provider.arguments import Ttl
from cache_provider.interface.identity import Identity
from cache_provider.stats import CacheStats
from cache_provider.testing.seam.operation import Interceptor, Operation
from cache_provider.testing.seam.passage import Passage

P = TypeVar("P", bound=AnyProvider)
L = TypeVar("L", bound=AnyLock)


class ShownCache(Identity, Generic[P]):
    """A provider around a provider, but for the operations; before an interface among the bases.

    Attributes:
        provider: The provider that does the work.
    """

    def __init__(self, provider: P, *interceptors: Interceptor) -> None:
        self.provider = provider
        self.interceptors = interceptors
        self.clock = provider.clock
        self.default_ttl_ms = provider.default_ttl_ms

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.provider!r}>"

    @property
    def interceptors(self) -> tuple[Interceptor, ...]:
        """The interceptors of each operation, which may be replaced."""
        return self._interceptors

    @interceptors.setter
    def interceptors(self, interceptors: tuple[Interceptor, ...]) -> None:
        """Show the operations to others from here on."""
        self._interceptors = interceptors
        self._passage = Passage(self.provider, interceptors)

    @property
    def provider_name(self) -> str:
        return self.provider.provider_name

    @property
    def cache_name(self) -> str:
        return self.provider.cache_name

    @property
    def key_prefix(self) -> str:
        return self.provider.key_prefix

    def stats(self) -> CacheStats:
        return self.provider.stats()

    def as_stored(self, key: str, value: Any) -> Any:
        return self.provider.as_stored(key, value)

    def _renewing(self, lock: Any) -> Any:
        """Return the handle that renewals pass by: this one, so that they are shown."""
        return lock


class ShownLock(Generic[L]):
    """A lock around a lock, but for the operations; before an interface among the bases.

    Attributes:
        lock: The provider's own handle.
    """

    def __init__(
        self, cache: ShownCache[Any], lock: L, lease: Ttl | None = None, patience: Ttl | None = None
    ) -> None:
        self.name = lock.name
        self.fenced = lock.fenced
        self.raise_on_release_error = lock.raise_on_release_error
        self.lock = lock
        self._cache = cache
        self._lease = lease
        self._patience = patience

    def __repr__(self) -> str:
        return repr(self.lock)

    def may_be_renewed(self) -> bool:
        """Tell whether no interceptor takes the process for paused."""
        passage = self._cache._passage  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # as above
        return passage.lets_renew(self.lock, self._lease)

    def _operation(
        self, name: str, given: tuple[Any, ...], options: dict[str, Any]
    ) -> tuple[Passage, Operation]:
        # Looked up anew: the cache may have got other interceptors since the lock was made.
        passage = self._cache._passage  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # as above
        operation = passage.operation(f"lock.{name}", given, options, currentframe())
        operation.lock = self.lock
        operation.lease = self._lease
        operation.patience = self._patience
        return passage, operation
