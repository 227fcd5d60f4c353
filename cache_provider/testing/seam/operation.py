"""What passes the seam: an operation, and those who look at it on its way."""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from cache_provider.aio.interface import AnyProvider
from cache_provider.aio.lock import AnyLock
from cache_provider.arguments import Ttl
from cache_provider.steps import Steps
from cache_provider.testing.seam.effects import EFFECTS
from cache_provider.testing.seam.sites import Site, Spot, site_at
from cache_provider.threads import Thread


class Operation:
    """One primitive operation on its way to a provider.

    Args:
        name: The method's name; for locks `"lock.acquire"`, `"lock.release"`, ...
        arguments: What it was called with, by parameter name, defaults included.
        provider: The provider that it is on its way to.
        lock: The provider's own handle, where it is an operation of a lock.
        lease: The lease that the handle was made with.
        claimant: Who claims through the handle: the calling thread, or None where the handle has one claim.
        spot: Where in the user's code it was called, before it becomes the `site`.
        is_timed: Whether all who let time pass on its way say so by `time_passed`.

    Attributes:
        effect: What it does to its keys.
        key: The caller's key, or a lock's name; None where an operation has no single key.
    """

    __slots__ = (
        "_is_timed",
        "_moment",
        "arguments",
        "claimant",
        "effect",
        "key",
        "lease",
        "lock",
        "name",
        "provider",
        "spot",
    )

    def __init__(
        self,
        name: str,
        arguments: dict[str, Any],
        provider: AnyProvider,
        lock: AnyLock | None = None,
        lease: Ttl | None = None,
        claimant: Thread | None = None,
        spot: Spot | None = None,
        is_timed: bool = False,
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.provider = provider
        self.lock = lock
        self.lease = lease
        self.claimant = claimant
        self.spot = spot
        self.effect = EFFECTS[name]
        self.key: str | None = arguments.get("key") if lock is None else lock.name
        self._is_timed = is_timed
        self._moment: int | None = None

    def __repr__(self) -> str:
        return f"<Operation {self.name} {self.keys}>"

    @property
    def site(self) -> Site:
        """The line of the user's code that called it."""
        return site_at(self.spot)

    def now_ms(self) -> int:
        """Return the time on the cache's clock, read once for as long as none is known to have passed.

        A reading takes time, and moves a clock that ticks when it is read.
        """
        if self._moment is None or not self._is_timed:
            self._moment = self.provider.clock.now_ms()
        return self._moment

    def time_passed(self) -> None:
        """Say that time may have passed: the clock is read again when next somebody asks."""
        self._moment = None

    @property
    def keeps_ttl(self) -> bool:
        """Whether a key that was there has the same deadline afterwards."""
        ttl, arguments = self.effect.ttl, self.arguments
        if ttl == "replaced":
            return bool(arguments.get("keep_ttl"))
        return ttl == "kept" or (ttl == "kept unless given" and arguments["ttl"] is None)

    @property
    def may_wait(self) -> bool:
        """Whether it may wait for others."""
        return self.effect.waits and bool(self.arguments["blocking"])

    @property
    def names_keys(self) -> bool:
        """Whether it is about keys that it names, and not about all that a pattern or the prefix covers."""
        return not self.arguments.keys().isdisjoint({"key", "keys", "mapping"})

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


def is_holding(lock: AnyLock) -> Steps[bool]:
    """Tell whether a lock is held through this handle, by whichever thread."""
    if (yield lock.owned()):
        return True
    holder = yield lock.holder()
    return holder is not None and lock.made(holder)


def proceed_unheard(operation: Operation, proceed: Proceed) -> Steps[Any]:
    """Let `operation` take effect in such a way that its caller's handle on a lock does not learn of it.

    The handle knows what it sent, and has to ask what came of it.
    """
    result = yield from proceed()
    has_changed = operation.name == "lock.release" or (operation.name == "lock.acquire" and result)
    if operation.lock is not None and has_changed:
        operation.lock.doubt()
    return result
