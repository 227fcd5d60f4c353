"""The parts of a test's caches: their own store, a record, faults, and the check for leaks."""

from cache_provider.testing.kit.contents import CacheServer, StoredKey
from cache_provider.testing.kit.double import Double
from cache_provider.testing.kit.factory import CacheFactory
from cache_provider.testing.kit.judgement import CacheLeakWarning
from cache_provider.testing.kit.kit import CacheKit
from cache_provider.testing.kit.maker import CacheMaker
from cache_provider.testing.kit.options import KitOptions, check_strictness

__all__ = [
    "CacheFactory",
    "CacheKit",
    "CacheLeakWarning",
    "CacheMaker",
    "CacheServer",
    "Double",
    "KitOptions",
    "StoredKey",
    "check_strictness",
]
