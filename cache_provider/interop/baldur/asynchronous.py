"""`AsyncBaldurCacheProvider`: baldur's asynchronous cache interface over any asynchronous provider."""

from datetime import timedelta
from typing import Any

from baldur.interfaces import cache_provider as upstream

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.steps import finish
from cache_provider.interop.baldur.records import ClaimRecord, replace_where, take_over
from cache_provider.interop.providers import check_async_provider


class AsyncBaldurCacheProvider(upstream.AsyncCacheProviderInterface):
    """The awaitable surface of baldur's asynchronous idempotency gate, each operation one atomic step.

    Args:
        provider: Where values are kept.

    Raises:
        TypeError: `provider` is not an `AsyncCacheProviderInterface`.
    """

    def __init__(self, provider: AsyncCacheProviderInterface) -> None:
        self._provider = check_async_provider(provider)

    def __repr__(self) -> str:
        return f"<AsyncBaldurCacheProvider over {self._provider!r}>"

    @property
    def provider_name(self) -> str:
        """What the provider says, such as `"memory"` or `"redis"`."""
        return self._provider.provider_name

    async def aget(self, key: str) -> Any | None:
        """Return the value under `key`, or None."""
        return await self._provider.get(key)

    async def adelete(self, key: str) -> bool:
        """Remove a key; tell whether a live one was there."""
        return await self._provider.delete(key)

    async def asetnx(self, key: str, value: Any, ttl: timedelta | None = None) -> bool:
        """Store `value` only if no live key is there; tell whether it was stored."""
        return await self._provider.setnx(key, value, ttl)

    async def acas_dict_field(
        self, key: str, field: str, expected: Any, new_value: ClaimRecord, ttl: timedelta | None = None
    ) -> bool:
        """Replace the record if a field equals `expected`; see `BaldurCacheProvider.cas_dict_field`."""
        return await finish(replace_where(self._provider, key, field, expected, new_value, ttl))

    async def acas_takeover(
        self, key: str, new_record: ClaimRecord, *, stale_before: float, ttl: timedelta | None = None
    ) -> bool:
        """Take over a claim that failed or is stale; see `BaldurCacheProvider.cas_takeover`."""
        return await finish(take_over(self._provider, key, new_record, stale_before, ttl))

    async def aclose(self) -> None:
        """Close the provider."""
        await self._provider.close()
