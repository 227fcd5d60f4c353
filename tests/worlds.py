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

Scenario: TypeAlias = Callable[[Any], Steps[Any]]


@dataclass
class World:
    """A cache of one kind on a clock that stands still, with faults outside and leaks inside."""

    is_async: bool
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.server = MemoryServer(clock=self.clock)
        self.faults = Faults(self.clock)
        self.leaks = LeakWatch(self.clock)
        self.cache = self.cache_with(server=self.server)

    def cache_with(self, **options: Any) -> InstrumentedCache | AsyncInstrumentedCache:
        """Return another cache, shown to the same faults and leaks."""
        if self.is_async:
            return AsyncInstrumentedCache(AsyncInMemoryCacheAdapter(**options), self.faults, self.leaks)
        return InstrumentedCache(InMemoryCacheAdapter(**options), self.faults, self.leaks)

    def run(self, scenario: Scenario, cache: InstrumentedCache | AsyncInstrumentedCache | None = None) -> Any:
        """Run a scenario on the cache, or on another one, to its end."""
        steps = scenario(cache or self.cache)
        return asyncio.run(finish_async(steps)) if self.is_async else finish(steps)
