"""Both of cachetory's backends behind one shape, so that one test says what both must do."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from cachetory.interfaces.backends.sync import SyncBackend

from cache_provider import Codec
from cache_provider.arguments import Ttl
from cache_provider.interop.cachetory import AsyncProviderBackend, ProviderBackend
from tests.interop.stores import Store


class Awaited(SyncBackend[Any]):
    """An asynchronous backend whose every method is run to its end on one loop."""

    def __init__(self, backend: AsyncProviderBackend[Any], runner: asyncio.Runner) -> None:
        self._backend = backend
        self._run = runner.run

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Make nothing: the tests make backends themselves."""
        raise NotImplementedError(url)

    def get(self, key: str) -> Any:
        return self._run(self._backend.get(key))

    def get_many(self, *keys: str) -> list[tuple[str, Any]]:
        async def collect() -> list[tuple[str, Any]]:
            return [item async for item in self._backend.get_many(*keys)]

        return self._run(collect())

    def expire_in(self, key: str, time_to_live: timedelta | None = None) -> None:
        self._run(self._backend.expire_in(key, time_to_live))

    def expire_at(self, key: str, deadline: datetime | None) -> None:
        self._run(self._backend.expire_at(key, deadline))

    def set(
        self, key: str, value: Any, *, time_to_live: timedelta | None = None, if_not_exists: bool = False
    ) -> bool:
        return self._run(
            self._backend.set(key, value, time_to_live=time_to_live, if_not_exists=if_not_exists)
        )

    def set_many(self, items: Iterable[tuple[str, Any]]) -> None:
        self._run(self._backend.set_many(items))

    def delete(self, key: str) -> bool:
        return self._run(self._backend.delete(key))

    def delete_many(self, *keys: str) -> None:
        self._run(self._backend.delete_many(*keys))

    def clear(self) -> None:
        self._run(self._backend.clear())

    @property
    def size(self) -> int:
        return self._run(self._backend.count())


class Backends:
    """Makes backends of one kind on one store."""

    def __init__(self, store: Store, connect: Callable[..., ProviderBackend[Any] | Awaited]) -> None:
        self.store = store
        self._connect = connect

    def connect(
        self, key_prefix: str = "app:", *, codec: Codec | None = None, default_ttl: Ttl | None = None
    ) -> ProviderBackend[Any] | Awaited:
        """Return another backend."""
        return self._connect(key_prefix, codec=codec, default_ttl=default_ttl)
