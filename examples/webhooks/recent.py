"""The last few events of each merchant, for its dashboard."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cache_provider import CacheProviderInterface
    from examples.webhooks.events import Event

KEPT: Final = 10
TTL: Final = timedelta(days=7)


class RecentEvents:
    """A capped list a merchant, in the order in which the events were applied."""

    def __init__(self, cache: CacheProviderInterface) -> None:
        self._cache = cache

    def add(self, event: Event) -> None:
        """Append an event; the oldest goes when there are more than `KEPT`."""
        self._cache.push_limit(recent_key(event.merchant), line_of(event), max_len=KEPT, ttl=TTL)

    def of(self, merchant_id: str) -> list[dict[str, Any]]:
        """Return a merchant's recent events, the newest last."""
        return self._cache.list_range(recent_key(merchant_id), 0, -1)


def line_of(event: Event) -> dict[str, Any]:
    """Return what the dashboard shows of an event."""
    created = event.created.isoformat()
    return {"id": event.id, "type": event.type, "amount": event.amount, "created": created}


def recent_key(merchant_id: str) -> str:
    """Return the key of a merchant's list."""
    return f"recent:{merchant_id}"
