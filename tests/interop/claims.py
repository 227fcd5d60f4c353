"""What baldur's faces do with records, synchronous or awaited, behind one shape."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from baldur.interfaces import cache_provider as upstream

from cache_provider.interop.baldur import AsyncBaldurCacheProvider, BaldurCacheProvider
from cache_provider.testing.seam import AsyncInstrumentedCache, InstrumentedCache, Interceptor
from tests.interop.stores import Store

Record = dict[str, Any]


class Claims(Protocol):
    """The operations that baldur's idempotency gate needs."""

    def get(self, key: str) -> Any:
        """Read a record."""
        ...

    def delete(self, key: str) -> bool:
        """Remove a record."""
        ...

    def setnx(self, key: str, value: Any, ttl: timedelta | None = None) -> bool:
        """Claim a key."""
        ...

    def cas_dict_field(
        self, key: str, field: str, expected: Any, new_value: Record, ttl: timedelta | None = None
    ) -> bool:
        """Replace a record by one field."""
        ...

    def cas_takeover(
        self, key: str, new_record: Record, *, stale_before: float, ttl: timedelta | None = None
    ) -> bool:
        """Take a claim over."""
        ...


class AwaitedClaims:
    """The awaitable surface, each operation run to its end on one loop."""

    def __init__(self, face: upstream.AsyncCacheProviderInterface, runner: asyncio.Runner) -> None:
        self._face = face
        self._run = runner.run

    def get(self, key: str) -> Any:
        return self._run(self._face.aget(key))

    def delete(self, key: str) -> bool:
        return self._run(self._face.adelete(key))

    def setnx(self, key: str, value: Any, ttl: timedelta | None = None) -> bool:
        return self._run(self._face.asetnx(key, value, ttl))

    def cas_dict_field(
        self, key: str, field: str, expected: Any, new_value: Record, ttl: timedelta | None = None
    ) -> bool:
        return self._run(self._face.acas_dict_field(key, field, expected, new_value, ttl))

    def cas_takeover(
        self, key: str, new_record: Record, *, stale_before: float, ttl: timedelta | None = None
    ) -> bool:
        return self._run(self._face.acas_takeover(key, new_record, stale_before=stale_before, ttl=ttl))


Connect = Callable[..., Claims]
"""Makes claims on a store, given who is shown the operations on their way."""


def connect_sync(store: Store, *interceptors: Interceptor) -> BaldurCacheProvider:
    """Return the synchronous surface."""
    return BaldurCacheProvider(InstrumentedCache(store.connect(), *interceptors))


def connect_async(store: Store, *interceptors: Interceptor) -> AsyncBaldurCacheProvider:
    """Return the awaitable surface over an asynchronous provider."""
    return AsyncBaldurCacheProvider(AsyncInstrumentedCache(store.connect_async(), *interceptors))
