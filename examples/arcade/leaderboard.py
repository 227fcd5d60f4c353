"""Who has how many points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from redis import Redis

KEY: Final = "leaderboard"
DAY_SECONDS: Final = 86_400


class Leaderboard:
    """A sorted set, and for a day a note of each game whose points are in it."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis

    def award(self, game: str, player: str, points: int) -> None:
        """Give a player the points of one game, once, however often it is said.

        The note and the points are one transaction. Where its reply is lost, redis-py's `transaction` begins
        again and finds the note.
        """
        note = f"awarded:{game}"

        def give(pipeline: Any) -> None:
            is_given = pipeline.exists(note)
            pipeline.multi()
            if not is_given:
                pipeline.set(note, player, ex=DAY_SECONDS)
                pipeline.zincrby(KEY, points, player)

        self._redis.transaction(give, note)

    def points(self, player: str) -> int:
        """Return a player's points."""
        score: Any = self._redis.zscore(KEY, player)
        return int(score or 0)

    def top(self, number: int) -> list[tuple[str, int]]:
        """Return the players with the most points."""
        found: Any = self._redis.zrevrange(KEY, 0, number - 1, withscores=True)
        return [(player, int(score)) for player, score in found]
