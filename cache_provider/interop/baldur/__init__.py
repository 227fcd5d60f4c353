"""baldur-framework's own cache and lock interfaces over any provider.

Needs the package `baldur-framework`, 1.17 or newer. With `BaldurCacheProvider` baldur's
services, its idempotency gate and its locks run on the double in tests and on
the Redis adapter elsewhere.
"""

# ruff: noqa: E402 - an older library lacks what is imported: it is refused first

from cache_provider.interop.libraries import BALDUR, require

require(BALDUR, __name__)

from cache_provider.interop.baldur.asynchronous import AsyncBaldurCacheProvider
from cache_provider.interop.baldur.lock import BaldurLock
from cache_provider.interop.baldur.provider import BaldurCacheProvider

__all__ = ["AsyncBaldurCacheProvider", "BaldurCacheProvider", "BaldurLock"]
