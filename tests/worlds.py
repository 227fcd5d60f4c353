"""Instrumented caches of both kinds for one text: scenarios in steps, for threads and for coroutines."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cache_provider import InMemoryCacheAdapter, ManualClock, MemoryServer
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.aio.steps import finish as finish_async
from cache_provider.steps import Steps, finish
from cache_provider.testing.faults import Faults
from cache_provider.testing.leaks import LeakWatch
from cache_provider.testing.seam import AsyncInstrumentedCache, InstrumentedCache

Cache: TypeAlias = InstrumentedCache | AsyncInstrumentedCache
Scenario: TypeAlias = Callable[[Any], Steps[Any]]


@dataclass
class World:
    """A cache of one kind on a clock that stands still, with faults outside and leaks inside.

    Attributes:
        is_async: Whether its caches are for coroutines.
        is_closed: Whether its caches are closed after a scenario, so that they can be asked nothing.
        clock: The clock.
    """

    is_async: bool
    is_closed: bool = False
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.server = MemoryServer(clock=self.clock)
        self.faults = Faults(self.clock)
        self.leaks = LeakWatch(self.clock)
        self._caches: list[Cache] = []
        self.cache = self.cache_with(server=self.server)

    def cache_with(self, **options: Any) -> Cache:
        """Return another cache, shown to the same faults and leaks."""
        cache: Cache
        if self.is_async:
            cache = AsyncInstrumentedCache(AsyncInMemoryCacheAdapter(**options), self.faults, self.leaks)
        else:
            cache = InstrumentedCache(InMemoryCacheAdapter(**options), self.faults, self.leaks)
        self._caches.append(cache)
        return cache

    def run(self, scenario: Scenario, cache: Cache | None = None) -> Any:
        """Run a scenario on the cache, or on another one, to its end."""
        result = self._finish(scenario(cache or self.cache))
        for done in self._caches if self.is_closed else ():
            self._finish(_closing(done))
        return result

    def _finish(self, steps: Steps[Any]) -> Any:
        return asyncio.run(finish_async(steps)) if self.is_async else finish(steps)


def _closing(cache: Cache) -> Steps[None]:
    yield cache.close()
