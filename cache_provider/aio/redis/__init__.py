"""A Redis or Valkey server behind the asynchronous interface. Needs the extra `redis`."""

from cache_provider.aio.redis.adapter import AsyncRedisCacheAdapter
from cache_provider.aio.redis.lock import AsyncRedisDistributedLock

__all__ = ["AsyncRedisCacheAdapter", "AsyncRedisDistributedLock"]
