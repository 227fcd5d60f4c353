"""At most so many events a second from one merchant, awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from examples.webhooks.rate_limiter import WINDOW, window_key

if TYPE_CHECKING:
    from cache_provider import AsyncCacheProviderInterface


class AsyncRateLimiter:
    """A fixed window a merchant; see `RateLimiter`."""

    def __init__(self, cache: AsyncCacheProviderInterface) -> None:
        self._cache = cache

    async def allow(self, merchant_id: str, limit: int) -> bool:
        """Count one event, in one atomic step, and tell whether it is within the limit."""
        return await self._cache.incr(window_key(merchant_id), ttl=WINDOW) <= limit
