"""`ProviderBackend` and `AsyncProviderBackend`: cachetory's backends over any provider."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Generic, Self, TypeVar, cast

from cachetory.interfaces.backends.async_ import AsyncBackend
from cachetory.interfaces.backends.sync import SyncBackend

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.aio.steps import finish as finish_async
from cache_provider.arguments import check_text
from cache_provider.codecs import PickleCodec
from cache_provider.errors import CacheConfigurationError
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.interop.cachetory.requests import Requests
from cache_provider.interop.providers import check_async_provider, check_provider
from cache_provider.masking import masked
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.steps import finish

WireT = TypeVar("WireT")
"""What a cache's serializer makes of a value."""


class ProviderBackend(SyncBackend[WireT], Generic[WireT]):
    """A backend for cachetory's synchronous `Cache`.

    >>> from cachetory.caches.sync import Cache
    >>> from cachetory.serializers import PickleSerializer
    >>> from cache_provider import InMemoryCacheAdapter
    >>> cache = Cache(serializer=PickleSerializer(), backend=ProviderBackend(InMemoryCacheAdapter()))
    >>> cache["answer"] = {42}
    >>> cache["answer"]
    {42}

    Errors are the provider's. An argument that is not legal raises `TypeError`
    or `ValueError`, naming it, and nothing has changed.

    Args:
        provider: Where values are kept. It stays open when a `with` block of the
            cache or of the backend ends; only what `from_url` made is closed.

    Raises:
        TypeError: `provider` is not a `CacheProviderInterface`.
    """

    def __init__(self, provider: CacheProviderInterface) -> None:
        self._provider = check_provider(provider)
        self._requests = Requests(self._provider)
        self._owns_provider = False

    def __repr__(self) -> str:
        return f"<ProviderBackend over {self._provider!r}>"

    @classmethod
    def from_url(cls, url: str) -> "ProviderBackend[WireT]":
        """Return a backend over a new double of its own, which takes whatever can be pickled.

        Args:
            url: `memory://`.

        Raises:
            TypeError: `url` is not a `str`.
            CacheConfigurationError: It is something else than `memory://`.
        """
        _check_url(url)
        backend = cls(InMemoryCacheAdapter("", "cachetory", codec=PickleCodec()))
        backend._owns_provider = True
        return backend

    def get(self, key: str) -> WireT:
        """Return the value under `key`; a stored None is a value.

        Raises:
            KeyError: There is none.
        """
        return cast("WireT", finish(self._requests.get(key)))

    def get_many(self, *keys: str) -> Iterable[tuple[str, WireT]]:
        """Return the keys that are there with their values, in the order asked."""
        return finish(self._requests.get_many(keys))

    def set(
        self, key: str, value: WireT, *, time_to_live: timedelta | None = None, if_not_exists: bool = False
    ) -> bool:
        """Store a value.

        Args:
            key: The key.
            value: The wire value.
            time_to_live: How long it lives, more than 0. None takes the
                provider's `default_ttl`, and without one it lives for ever.
            if_not_exists: Store it only if no live key is there.

        Returns:
            Whether it was stored.
        """
        return finish(self._requests.set(key, value, time_to_live, if_not_exists))

    def set_many(self, items: Iterable[tuple[str, WireT]]) -> None:
        """Store several values, on one server all or nothing; of a key named twice, the last."""
        finish(self._requests.set_many(items))

    def expire_in(self, key: str, time_to_live: timedelta | None = None) -> None:
        """Let a live key end after `time_to_live`: at once if that is 0 or below, never if it is None."""
        finish(self._requests.expire_in(key, time_to_live))

    def expire_at(self, key: str, deadline: datetime | None) -> None:
        """Let a live key end at `deadline`, an aware `datetime`: a past one now, None never."""
        finish(self._requests.expire_at(key, deadline))

    def delete(self, key: str) -> bool:
        """Remove a key; tell whether a live one was there."""
        return finish(self._requests.delete(key))

    def delete_many(self, *keys: str) -> None:
        """Remove several keys."""
        finish(self._requests.delete_many(keys))

    def clear(self) -> None:
        """Remove every key under the provider's prefix, and nobody else's."""
        finish(self._requests.clear())

    @property
    def size(self) -> int:
        """How many live keys are under the provider's prefix, counted by a scan."""
        return self._provider.count_keys("*")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the provider if `from_url` made it."""
        if self._owns_provider:
            self._provider.close()


class AsyncProviderBackend(AsyncBackend[WireT], Generic[WireT]):
    """A backend for cachetory's asynchronous `Cache`: each method is the coroutine of `ProviderBackend`'s.

    Args:
        provider: Where values are kept. It stays open when an `async with` block
            of the cache or of the backend ends; only what `from_url` made is closed.

    Raises:
        TypeError: `provider` is not an `AsyncCacheProviderInterface`.
    """

    def __init__(self, provider: AsyncCacheProviderInterface) -> None:
        self._provider = check_async_provider(provider)
        self._requests = Requests(self._provider)
        self._owns_provider = False

    def __repr__(self) -> str:
        return f"<AsyncProviderBackend over {self._provider!r}>"

    @classmethod
    def from_url(cls, url: str) -> "AsyncProviderBackend[WireT]":
        """Return a backend over a new double of its own; see `ProviderBackend.from_url`."""
        _check_url(url)
        backend = cls(AsyncInMemoryCacheAdapter("", "cachetory", codec=PickleCodec()))
        backend._owns_provider = True
        return backend

    async def get(self, key: str) -> WireT:
        """Return the value under `key`; a stored None is a value.

        Raises:
            KeyError: There is none.
        """
        return cast("WireT", await finish_async(self._requests.get(key)))

    async def get_many(self, *keys: str) -> AsyncIterator[tuple[str, WireT]]:
        """Iterate over the keys that are there with their values, in the order asked, read in one step."""
        for item in await finish_async(self._requests.get_many(keys)):
            yield item

    async def set(
        self, key: str, value: WireT, *, time_to_live: timedelta | None = None, if_not_exists: bool = False
    ) -> bool:
        """Store a value; tell whether it was stored."""
        return await finish_async(self._requests.set(key, value, time_to_live, if_not_exists))

    async def set_many(self, items: Iterable[tuple[str, WireT]]) -> None:
        """Store several values, on one server all or nothing."""
        await finish_async(self._requests.set_many(items))

    async def expire_in(self, key: str, time_to_live: timedelta | None = None) -> None:
        """Let a live key end after `time_to_live`, never if it is None."""
        await finish_async(self._requests.expire_in(key, time_to_live))

    async def expire_at(self, key: str, deadline: datetime | None) -> None:
        """Let a live key end at `deadline`, an aware `datetime`, never if it is None."""
        await finish_async(self._requests.expire_at(key, deadline))

    async def delete(self, key: str) -> bool:
        """Remove a key; tell whether a live one was there."""
        return await finish_async(self._requests.delete(key))

    async def delete_many(self, *keys: str) -> None:
        """Remove several keys."""
        await finish_async(self._requests.delete_many(keys))

    async def clear(self) -> None:
        """Remove every key under the provider's prefix, and nobody else's."""
        await finish_async(self._requests.clear())

    @property
    def size(self) -> int:
        """How many live entries the double's server holds, of every prefix.

        Raises:
            TypeError: The provider is not a double, so the answer has to be awaited: see `count`.
        """
        return self._requests.live_entries()

    async def count(self) -> int:
        """Return how many live keys are under the provider's prefix, counted by a scan."""
        return await self._provider.count_keys("*")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the provider if `from_url` made it."""
        if self._owns_provider:
            await self._provider.close()


def _check_url(url: object) -> None:
    if check_text("url", url) != "memory://":
        raise CacheConfigurationError(f"url must be memory://, not {masked(str(url))}")
