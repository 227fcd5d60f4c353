"""What passes the seam: an operation, and those who look at it on its way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.lock import AsyncDistributedLock
from cache_provider.arguments import Ttl
from cache_provider.interface.lock import DistributedLock
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.steps import Steps
from cache_provider.testing.seam.effects import EFFECTS, Effect


@dataclass(slots=True, eq=False)
class Operation:
    """One primitive operation on its way to a provider.

    Attributes:
        name: The method's name; for locks `"lock.acquire"`, `"lock.release"`, ...
        arguments: What it was called with, by parameter name, defaults included.
        provider: The provider that it is on its way to.
        lock: The provider's own handle, where it is an operation of a lock.
        lease: The lease that the handle was made with.
    """

    name: str
    arguments: dict[str, Any]
    provider: CacheProviderInterface | AsyncCacheProviderInterface
    lock: DistributedLock | AsyncDistributedLock | None = None
    lease: Ttl | None = None

    @property
    def effect(self) -> Effect:
        """What it does to its keys."""
        return EFFECTS[self.name]

    @property
    def keeps_ttl(self) -> bool:
        """Whether a key that was there has the same deadline afterwards."""
        ttl, arguments = self.effect.ttl, self.arguments
        if ttl == "replaced":
            return bool(arguments.get("keep_ttl"))
        return ttl == "kept" or (ttl == "kept unless given" and arguments["ttl"] is None)

    @property
    def names_keys(self) -> bool:
        """Whether it is about keys that it names, and not about all that a pattern or the prefix covers."""
        return not self.arguments.keys().isdisjoint({"key", "keys", "mapping"})

    @property
    def key(self) -> str | None:
        """The caller's key, or a lock's name; None where an operation has no single key."""
        return self.arguments.get("key") if self.lock is None else self.lock.name

    @property
    def keys(self) -> list[str]:
        """All keys that the operation names; none for one that goes by a pattern."""
        if self.key is not None:
            return [self.key]
        return list(self.arguments.get("keys") or self.arguments.get("mapping") or ())


Proceed: TypeAlias = Callable[[], Steps[Any]]
"""Lets an operation go on to the next, and at last to the provider: `result = yield from proceed()`."""


class Interceptor(Protocol):
    """Looks at each operation, and may do something before it, after it or in its place.

    Written as steps, one text serves threads and coroutines: whatever it yields
    is awaited if it can be.
    """

    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Return the operation's result, or raise its error."""
        ...


def passing(
    interceptors: tuple[Interceptor, ...], operation: Operation, call: Callable[[], Any]
) -> Steps[Any]:
    """Show `operation` to each interceptor, the first outermost, and make `call` at the end."""
    if not interceptors:
        return (yield call())
    rest = interceptors[1:]
    return (yield from interceptors[0](operation, lambda: passing(rest, operation, call)))
