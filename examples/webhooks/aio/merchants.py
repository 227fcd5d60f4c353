"""Merchants of an asynchronous database, kept in the cache for a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from examples.webhooks.merchants import NOBODY, TTL, LoadMerchant, Merchant, Row, merchant_key, merchant_of

if TYPE_CHECKING:
    from cache_provider import AsyncCacheProviderInterface

AsyncLoadMerchant = Callable[[str], Awaitable[Row | None]]
"""The database query: a merchant's row by id, None if there is no such merchant."""


class AsyncMerchantDirectory:
    """Looks merchants up, in the database only when the cache has none."""

    def __init__(self, cache: AsyncCacheProviderInterface, load: AsyncLoadMerchant) -> None:
        self._cache = cache
        self._load = load

    async def find(self, merchant_id: str) -> Merchant | None:
        """Return a merchant, or None if there is no such merchant.

        However many tasks miss at the same time, one of them asks the database and the others get its
        answer. If the one is cancelled, another asks.
        """

        async def load() -> Row:
            return await self._load(merchant_id) or NOBODY

        return merchant_of(await self._cache.get_or_set(merchant_key(merchant_id), load, ttl=TTL))


def awaited(load: LoadMerchant) -> AsyncLoadMerchant:
    """Let a table in memory stand in for an asynchronous database."""

    async def load_and_return(merchant_id: str) -> Row | None:
        return load(merchant_id)

    return load_and_return
