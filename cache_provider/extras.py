"""What is imported when it is first used: too costly for everyone, or in need of an extra."""

import importlib

ON_FIRST_USE = {
    "AsyncCacheProviderInterface": "cache_provider.aio.interface",
    "AsyncDistributedLock": "cache_provider.aio.lock",
    "AsyncInMemoryCacheAdapter": "cache_provider.aio.memory",
    "AsyncRedisCacheAdapter": "cache_provider.aio.redis",
    "CacheConfig": "cache_provider.config",
    "RedisCacheAdapter": "cache_provider.redis.adapter",
    "RedisDistributedLock": "cache_provider.redis.lock",
    "async_from_url": "cache_provider.urls",
    "from_url": "cache_provider.urls",
}
"""Where each public name that is imported late is found."""


def load(name: str) -> object:
    """Return a public name that is imported late.

    Raises:
        ImportError: It needs an extra that is not installed; the message names it.
    """
    try:
        return getattr(importlib.import_module(ON_FIRST_USE[name]), name)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "redis":
            raise
        raise ImportError(f"{name} needs an extra: pip install 'cache-provider[redis]'") from missing
