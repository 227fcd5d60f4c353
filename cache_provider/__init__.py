"""A thread-safe test double for Redis-shaped caches that does not lie.

An application is written against `CacheProviderInterface`; its tests run on
`InMemoryCacheAdapter`, which behaves as a Redis server does.
"""

import typing

from cache_provider.lazy_names import load as _load

if typing.TYPE_CHECKING:
    from cache_provider.aio.interface import AsyncCacheProviderInterface
    from cache_provider.aio.lock import AsyncDistributedLock
    from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
    from cache_provider.aio.redis import AsyncRedisCacheAdapter
    from cache_provider.clock import Clock, ManualClock, SystemClock
    from cache_provider.codecs import BytesCodec, Codec, JsonCodec, MsgpackCodec, PickleCodec
    from cache_provider.config import CacheConfig
    from cache_provider.errors import (
        CacheAccessError,
        CacheClosedError,
        CacheConfigurationError,
        CacheError,
        CacheTimeoutError,
        CacheUnavailableError,
        CodecError,
        CounterOverflowError,
        DecodeError,
        EncodeError,
        LockAcquisitionError,
        LockError,
        LockNotOwnedError,
        NotAnIntegerError,
        WrongTypeError,
    )
    from cache_provider.interface import CacheProviderInterface, DistributedLock
    from cache_provider.memory.adapter import InMemoryCacheAdapter
    from cache_provider.memory.cleanup import CleanupResult, CleanupService
    from cache_provider.memory.lock import InMemoryLock
    from cache_provider.memory.server import MemoryServer
    from cache_provider.redis.adapter import RedisCacheAdapter
    from cache_provider.redis.lock import RedisDistributedLock
    from cache_provider.stats import CacheStats
    from cache_provider.urls import async_from_url, from_url

__version__ = "0.1.0"

__all__ = [
    "AsyncCacheProviderInterface",
    "AsyncDistributedLock",
    "AsyncInMemoryCacheAdapter",
    "AsyncRedisCacheAdapter",
    "BytesCodec",
    "CacheAccessError",
    "CacheClosedError",
    "CacheConfig",
    "CacheConfigurationError",
    "CacheError",
    "CacheProviderInterface",
    "CacheStats",
    "CacheTimeoutError",
    "CacheUnavailableError",
    "CleanupResult",
    "CleanupService",
    "Clock",
    "Codec",
    "CodecError",
    "CounterOverflowError",
    "DecodeError",
    "DistributedLock",
    "EncodeError",
    "InMemoryCacheAdapter",
    "InMemoryLock",
    "JsonCodec",
    "LockAcquisitionError",
    "LockError",
    "LockNotOwnedError",
    "ManualClock",
    "MemoryServer",
    "MsgpackCodec",
    "NotAnIntegerError",
    "PickleCodec",
    "RedisCacheAdapter",
    "RedisDistributedLock",
    "SystemClock",
    "WrongTypeError",
    "async_from_url",
    "from_url",
]


def __getattr__(name: str) -> object:
    """Import a name's module when the name is first asked for.

    pytest imports this package, for its plugin, at the start of every run, of
    suites too that never use it.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = _load(name)
    return value
