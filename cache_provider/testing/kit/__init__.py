"""What a test's caches need: a store of their own, a record, faults, and a look at what was left behind."""

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
