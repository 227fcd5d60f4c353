"""At most so many tries a minute from one player."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from redis import Redis

WINDOW_SECONDS: Final = 60


class Limiter:
    """A fixed window a player, opened by the first try and closed by the counter's ttl."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis

    def allow(self, player: str, limit: int) -> bool:
        """Count one try and tell whether it is within the limit.

        The window is opened and the try counted in one transaction: there is no moment at which a counter
        has no ttl.
        """
        key = f"tries:{player}"
        with self._redis.pipeline() as pipeline:
            pipeline.set(key, 0, ex=WINDOW_SECONDS, nx=True)
            pipeline.incr(key)
            count: int = pipeline.execute()[-1]
        return count <= limit
