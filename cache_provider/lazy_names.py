"""Where the public names are: each is imported when it is first used."""

import importlib
from types import ModuleType

ON_FIRST_USE = {
    "AsyncCacheProviderInterface": "cache_provider.aio.interface",
    "AsyncDistributedLock": "cache_provider.aio.lock",
    "AsyncInMemoryCacheAdapter": "cache_provider.aio.memory",
    "AsyncRedisCacheAdapter": "cache_provider.aio.redis",
    "BytesCodec": "cache_provider.codecs",
    "CacheAccessError": "cache_provider.errors",
    "CacheClosedError": "cache_provider.errors",
    "CacheConfig": "cache_provider.config",
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
    "async_from_url": "cache_provider.urls",
    "from_url": "cache_provider.urls",
}
"""The module of each public name."""


def load(name: str) -> object:
    """Return what has a public name.

    Raises:
        ImportError: It needs an extra that is not installed; the message names it.
    """
    return getattr(import_for(name, ON_FIRST_USE[name]), name)


def import_for(what: str, module: str) -> ModuleType:
    """Import what `what` needs.

    Raises:
        ImportError: It needs an extra that is not installed; the message names it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "redis":
            raise
        raise ImportError(f"{what} needs an extra: pip install 'cache-provider[redis]'") from missing
