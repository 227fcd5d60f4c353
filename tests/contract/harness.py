"""What the contract tests know of an adapter: how to connect, and how to let time pass."""

from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from cache_provider import CacheProviderInterface, Codec, InMemoryCacheAdapter, ManualClock, MemoryServer
from cache_provider.arguments import Ttl

Cache: TypeAlias = CacheProviderInterface

CLIENTS_CLOCK = "the server's clock is moved here, not the one that the client's patience is judged by"
KEYS_LEAVES_IT = "KEYS of a server passes an expired key over and leaves it there"
LATE_MILLISECOND = "a server keeps a key one millisecond longer, which shows while its clock stands still"
"""Why a server cannot be held to a test."""


class Harness(Protocol):
    """One empty store, the time it lives in, and as many providers on it as a test asks for."""

    def connect(
        self,
        key_prefix: str = "test:",
        *,
        codec: Codec | None = None,
        default_ttl: Ttl | None = None,
        cache_name: str = "contract",
    ) -> Cache:
        """Return another provider on the same store."""
        ...

    def pass_time(self, duration: Ttl) -> None:
        """Let the store be `duration` older; nothing else moves its time."""
        ...

    def step_back(self, duration: timedelta) -> None:
        """Set the store's wall clock back, as an operator or a time server may."""
        ...

    def now(self) -> datetime:
        """Return the store's time, aware."""
        ...


class MemoryHarness:
    """The double: one server whose clock only the test moves."""

    def __init__(self) -> None:
        self._clock = ManualClock()
        self._server = MemoryServer(clock=self._clock)

    def connect(
        self,
        key_prefix: str = "test:",
        *,
        codec: Codec | None = None,
        default_ttl: Ttl | None = None,
        cache_name: str = "contract",
    ) -> Cache:
        """Return another adapter on the same server."""
        return InMemoryCacheAdapter(
            key_prefix, cache_name, server=self._server, codec=codec, default_ttl=default_ttl
        )

    def pass_time(self, duration: Ttl) -> None:
        """Move the clock forward."""
        self._clock.advance(duration)

    def step_back(self, duration: timedelta) -> None:
        """Move the clock backward."""
        self._clock.set(self._clock.now() - duration)

    def now(self) -> datetime:
        """Return the clock's time."""
        return self._clock.now()
