"""Asynchronous providers run on asyncio, and say so to whom another library runs."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest
import redis.asyncio
import trio

from cache_provider import (
    AsyncCacheProviderInterface,
    AsyncInMemoryCacheAdapter,
    AsyncRedisCacheAdapter,
    CacheConfigurationError,
)

NOWHERE = "redis://127.0.0.1:1"

PROVIDERS: dict[str, Callable[[], AsyncCacheProviderInterface]] = {
    "double": AsyncInMemoryCacheAdapter,
    "url": lambda: AsyncRedisCacheAdapter(NOWHERE),
    "client": lambda: AsyncRedisCacheAdapter(client=redis.asyncio.Redis(port=1)),
}


async def enter(cache: AsyncCacheProviderInterface) -> None:
    async with cache.get_lock("k"):
        """Never come here."""


Use: TypeAlias = Callable[[AsyncCacheProviderInterface], Awaitable[object]]

USES: dict[str, Use] = {
    "get": lambda cache: cache.get("k"),
    "set": lambda cache: cache.set("k", 1),
    "scan_iter": lambda cache: anext(cache.scan_iter()),
    "get_or_set": lambda cache: cache.get_or_set("k", lambda: 1),
    "acquire": lambda cache: cache.get_lock("k").acquire(),
    "locked": lambda cache: cache.get_lock("k").locked(),
    "async with": enter,
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_a_use_under_trio_is_refused_in_words(
    provider: Callable[[], AsyncCacheProviderInterface], use: Use
) -> None:
    """Before anything is stored or sent."""

    async def main() -> None:
        await use(provider())

    with pytest.raises(CacheConfigurationError, match="need asyncio, and it is not running here"):
        trio.run(main)
