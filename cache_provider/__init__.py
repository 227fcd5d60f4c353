"""A thread-safe test double for Redis-shaped caches that does not lie.

An application is written against `CacheProviderInterface`; its tests run on
`InMemoryCacheAdapter`, which behaves as a Redis server does.
"""

import typing

from cache_provider.clock import Clock, ManualClock, SystemClock
from cache_provider.codecs import BytesCodec, Codec, JsonCodec, MsgpackCodec, PickleCodec
from cache_provider.errors import (
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
from cache_provider.stats import CacheStats

if typing.TYPE_CHECKING:
    from cache_provider.redis.adapter import RedisCacheAdapter
    from cache_provider.redis.lock import RedisDistributedLock

__version__ = "0.1.0"

__all__ = [
    "BytesCodec",
    "CacheClosedError",
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
]

_ON_FIRST_USE = {
    "RedisCacheAdapter": "cache_provider.redis.adapter",
    "RedisDistributedLock": "cache_provider.redis.lock",
}


def __getattr__(name: str) -> object:
    """Import what needs an extra when it is first asked for."""
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 - keeps `import cache_provider` cheap

    try:
        return getattr(importlib.import_module(_ON_FIRST_USE[name]), name)
    except ModuleNotFoundError as missing:
        raise ImportError(f"{name} needs an extra: pip install 'cache-provider[redis]'") from missing
