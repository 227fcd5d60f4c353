"""A thread-safe test double for Redis-shaped caches that does not lie.

An application is written against `CacheProviderInterface`; its tests run on
`InMemoryCacheAdapter`, which behaves as a Redis server does.
"""

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
    "SystemClock",
    "WrongTypeError",
]
