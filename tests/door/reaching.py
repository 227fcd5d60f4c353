"""Ways to a listener."""

from typing import Any

import redis

from cache_provider.memory.listening import Listening

_Redis: Any = redis.Redis
"""Some of its methods are typed in parts."""


def client_of(listener: Listening, **options: Any) -> Any:
    """Return a client that finds a listener by its URL."""
    return _Redis.from_url(listener.url, **options)
