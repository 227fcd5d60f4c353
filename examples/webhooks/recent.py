"""The last few events of each merchant, for its dashboard.

Written at least once and read once: a worker that does not know whether its predecessor added an event adds
it again, and readers pass over what they have seen.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cache_provider import CacheProviderInterface
    from examples.webhooks.events import Event

SHOWN: Final = 10
KEPT: Final = 2 * SHOWN
"""Each line may be there twice and push none out."""
TTL: Final = timedelta(days=7)


class RecentEvents:
    """A capped list a merchant, in the order in which the events were applied."""

    def __init__(self, cache: CacheProviderInterface) -> None:
        self._cache = cache

    def add(self, event: Event) -> None:
        """Append an event; an event that is there already takes no place of its own."""
        self._cache.push_limit(recent_key(event.merchant), line_of(event), max_len=KEPT, ttl=TTL)

    def of(self, merchant_id: str) -> list[dict[str, Any]]:
        """Return a merchant's recent events, the newest last."""
        return shown(self._cache.list_range(recent_key(merchant_id), 0, -1))


def line_of(event: Event) -> dict[str, Any]:
    """Return what the dashboard shows of an event."""
    created = event.created.isoformat()
    return {"id": event.id, "type": event.type, "amount": event.amount, "created": created}


def shown(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines that a reader sees: each event once, the newest last."""
    return list({line["id"]: line for line in lines}.values())[-SHOWN:]


def recent_key(merchant_id: str) -> str:
    """Return the key of a merchant's list."""
    return f"recent:{merchant_id}"
