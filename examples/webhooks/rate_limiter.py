"""At most so many events a second from one merchant."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cache_provider import CacheProviderInterface

WINDOW: Final = timedelta(seconds=1)


class RateLimiter:
    """A fixed window a merchant, opened by its first event and closed by the counter's ttl."""

    def __init__(self, cache: CacheProviderInterface) -> None:
        self._cache = cache

    def allow(self, merchant_id: str, limit: int) -> bool:
        """Count one event and tell whether it is within the limit.

        The count and the ttl are one atomic step: two workers never see the same number, and no crash
        between "count" and "expire" can leave a counter that refuses the merchant for ever.
        """
        return self._cache.incr(window_key(merchant_id), ttl=WINDOW) <= limit


def window_key(merchant_id: str) -> str:
    """Return the key of a merchant's counter."""
    return f"rate:{merchant_id}"
