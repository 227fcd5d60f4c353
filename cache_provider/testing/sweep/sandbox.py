"""A fresh store and clock for one cell, and the running of plain functions and coroutines on it."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import Parameter, iscoroutinefunction, signature
from typing import Any, Protocol, TypeAlias

from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.arguments import Ttl
from cache_provider.clock import ManualClock
from cache_provider.codecs import Codec
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.memory.payload import Claim
from cache_provider.memory.server import MemoryServer, keyspace_of
from cache_provider.testing.leaks.leak import Leak
from cache_provider.testing.leaks.watch import LeakWatch
from cache_provider.testing.seam.asynchronous import AsyncInstrumentedCache
from cache_provider.testing.seam.operation import Interceptor, Operation
from cache_provider.testing.seam.synchronous import InstrumentedCache

Function: TypeAlias = Callable[..., Any]
"""Takes a cache first; a coroutine function gets an asynchronous one."""

Scenario: TypeAlias = Callable[[Any], Any]
"""Takes a cache."""

Check: TypeAlias = Callable[[Any], Any] | Callable[[Any, Any], Any]
"""Takes a cache, and what the scenario returned if it wants to know."""


@dataclass(frozen=True)
class CacheOptions:
    """What the caches of a sweep are made with.

    Attributes:
        key_prefix: As in `InMemoryCacheAdapter`.
        codec: As in `InMemoryCacheAdapter`.
        default_ttl: As in `InMemoryCacheAdapter`.
    """

    key_prefix: str = "test:"
    codec: Codec | None = None
    default_ttl: Ttl | None = None


class LeftoverWatch(Interceptor, Protocol):
    """An interceptor that sees what is left behind."""

    def leaks(self, allow_keys: Iterable[str] = (), allow_locks: Iterable[str] = ()) -> list[Leak]:
        """Return what is left behind now."""
        ...


class Sandbox:
    """A store of its own on a clock of its own, which moves to the end of whatever is waited for.

    Args:
        options: What the caches are made with.
    """

    def __init__(self, options: CacheOptions) -> None:
        self.clock = ManualClock(autojump=True)
        self.server = MemoryServer(clock=self.clock)
        self._options = vars(options)

    def watch(self) -> LeftoverWatch:
        """Return a new interceptor that sees what is left behind."""
        return LeakWatch(self.clock)

    def note(self, operation: Operation, result: object) -> None:
        """Take note of what an operation did to a lock that is no handle of a provider's."""

    def held(self) -> list[str]:
        """Return the keys of such locks that are held now."""
        return []

    def store(self) -> InMemoryCacheAdapter:
        """Return a new adapter that nothing stands in front of."""
        return InMemoryCacheAdapter(server=self.server, **self._options)

    def call(self, function: Function, *interceptors: Interceptor, given: tuple[object, ...] = ()) -> Any:
        """Call `function` with a new cache and as much of `given` as it takes; run a coroutine to its end."""
        arguments = fitting(function, given)
        if not is_coroutine_function(function):
            return function(InstrumentedCache(self.store(), *interceptors), *arguments)
        provider = AsyncInMemoryCacheAdapter(server=self.server, **self._options)
        return asyncio.run(function(AsyncInstrumentedCache(provider, *interceptors), *arguments))

    def rest(self, settle: Ttl) -> None:
        """Let the leases of all locks that are held run out, and `settle` pass."""
        entries = keyspace_of(self.server).snapshot().values()
        claims = [entry[1] for entry in entries if isinstance(entry[0], Claim)]
        last = max((deadline for deadline in claims if deadline is not None), default=0)
        self.clock.advance(max(0, last - self.clock.now_ms()) / 1000)
        self.clock.advance(settle)


def is_coroutine_function(function: Function) -> bool:
    """Tell whether a call of `function` has to be awaited."""
    return iscoroutinefunction(function) or iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004 - an instance may be the function


def require_no_loop(*functions: Function | None) -> None:
    """Refuse coroutine functions where they could not be run to their end.

    Raises:
        RuntimeError: One of them is a coroutine function, and an event loop runs in this thread.
    """
    if not any(function is not None and is_coroutine_function(function) for function in functions):
        return
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("sweep runs coroutine functions itself: call it from a function, not from a coroutine")


def fitting(function: Function, given: tuple[object, ...]) -> tuple[object, ...]:
    """Return as much of `given` as a function takes behind its cache."""
    return given[: max(0, _places(function) - 1)]


def _places(function: Function) -> int:
    kinds = [parameter.kind for parameter in signature(function).parameters.values()]
    if Parameter.VAR_POSITIONAL in kinds:
        return len(kinds) + 1
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return sum(kind in positional for kind in kinds)
