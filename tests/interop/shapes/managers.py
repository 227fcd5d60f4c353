"""A cache manager, each of whose coroutines is run to its end on one loop, from whatever thread asks."""

from functools import partial
from typing import Any

from cache_provider.arguments import Ttl
from cache_provider.interop.cache_manager import CacheManager
from cache_provider.testing.blocking import LoopThread
from tests.interop.stores import Store


class Managed:
    """The methods of a `CacheManager`, waited for."""

    def __init__(self, manager: CacheManager, loop: LoopThread) -> None:
        self._manager = manager
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return partial(self._run, getattr(self._manager, name))

    def _run(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        return self._loop.run(operation(*arguments, **options))


class Managers:
    """Makes managers on one store.

    Args:
        store: The store.
        loop: Where their coroutines run.
    """

    def __init__(self, store: Store, loop: LoopThread) -> None:
        self._store = store
        self._loop = loop

    def connect(self, key_prefix: str = "app:", *, default_ttl: Ttl | None = None) -> Managed:
        """Return another manager."""
        provider = self._store.connect_async(key_prefix, default_ttl=default_ttl)
        return Managed(CacheManager(provider), self._loop)
