"""The interface that every provider implements, a module for each group of operations."""

from cache_provider.interface.lock import DistributedLock
from cache_provider.interface.provider import CacheProviderInterface

__all__ = ["CacheProviderInterface", "DistributedLock"]
