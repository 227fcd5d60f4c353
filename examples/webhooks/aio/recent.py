"""The last few events of each merchant, awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from examples.webhooks.recent import KEPT, TTL, line_of, recent_key, shown

if TYPE_CHECKING:
    from cache_provider import AsyncCacheProviderInterface
    from examples.webhooks.events import Event


class AsyncRecentEvents:
    """A capped list a merchant, in the order in which the events were applied."""

    def __init__(self, cache: AsyncCacheProviderInterface) -> None:
        self._cache = cache

    async def add(self, event: Event) -> None:
        """Append an event; an event that is there already takes no place of its own."""
        await self._cache.push_limit(recent_key(event.merchant), line_of(event), max_len=KEPT, ttl=TTL)

    async def of(self, merchant_id: str) -> list[dict[str, Any]]:
        """Return a merchant's recent events, the newest last."""
        return shown(await self._cache.list_range(recent_key(merchant_id), 0, -1))
