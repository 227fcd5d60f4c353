"""A thread-safe test double for Redis-shaped caches that does not lie.

An application is written against `CacheProviderInterface`; its tests run on
`InMemoryCacheAdapter`, which behaves as a Redis server does.
"""

import importlib
import typing

if typing.TYPE_CHECKING:
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
    from cache_provider.redis.adapter import RedisCacheAdapter
    from cache_provider.redis.lock import RedisDistributedLock
    from cache_provider.stats import CacheStats

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

# Nothing is imported before it is asked for: pytest imports this package, for its
# plugin, at the start of every run, of suites too that never use it.
_HOMES = {
    "BytesCodec": "cache_provider.codecs",
    "CacheClosedError": "cache_provider.errors",
    "CacheConfigurationError": "cache_provider.errors",
    "CacheError": "cache_provider.errors",
    "CacheProviderInterface": "cache_provider.interface",
    "CacheStats": "cache_provider.stats",
    "CacheTimeoutError": "cache_provider.errors",
    "CacheUnavailableError": "cache_provider.errors",
    "CleanupResult": "cache_provider.memory.cleanup",
    "CleanupService": "cache_provider.memory.cleanup",
    "Clock": "cache_provider.clock",
    "Codec": "cache_provider.codecs",
    "CodecError": "cache_provider.errors",
    "CounterOverflowError": "cache_provider.errors",
    "DecodeError": "cache_provider.errors",
    "DistributedLock": "cache_provider.interface",
    "EncodeError": "cache_provider.errors",
    "InMemoryCacheAdapter": "cache_provider.memory.adapter",
    "InMemoryLock": "cache_provider.memory.lock",
    "JsonCodec": "cache_provider.codecs",
    "LockAcquisitionError": "cache_provider.errors",
    "LockError": "cache_provider.errors",
    "LockNotOwnedError": "cache_provider.errors",
    "ManualClock": "cache_provider.clock",
    "MemoryServer": "cache_provider.memory.server",
    "MsgpackCodec": "cache_provider.codecs",
    "NotAnIntegerError": "cache_provider.errors",
    "PickleCodec": "cache_provider.codecs",
    "RedisCacheAdapter": "cache_provider.redis.adapter",
    "RedisDistributedLock": "cache_provider.redis.lock",
    "SystemClock": "cache_provider.clock",
    "WrongTypeError": "cache_provider.errors",
}


def __getattr__(name: str) -> object:
    """Import a name's module when the name is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    except ModuleNotFoundError as missing:
        if missing.name != "redis":
            raise
        raise ImportError(f"{name} needs an extra: pip install 'cache-provider[redis]'") from missing
    globals()[name] = value
    return value
