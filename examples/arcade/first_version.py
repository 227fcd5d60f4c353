"""The arcade as it was first written: right as long as nothing goes wrong.

Each class has one weakness. `tests/test_first_version.py` has the kit find it, and the module of the
same concept is free of it.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis import Redis

SESSION_SECONDS: Final = 1800
WINDOW_SECONDS: Final = 60
PATIENCE_SECONDS: Final = 5


class Sessions:
    """Who plays, by a token, for half an hour after the last visit."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis

    def open(self, player: str) -> str:
        """Begin a session and return its token."""
        token = secrets.token_hex(8)
        self._redis.set(f"session:{token}", json.dumps({"player": player, "visits": 1}), ex=SESSION_SECONDS)
        return token

    def visit(self, token: str) -> dict[str, Any] | None:
        """Count a visit and return the session; None if it is over."""
        stored: Any = self._redis.get(f"session:{token}")
        if stored is None:
            return None
        session: dict[str, Any] = json.loads(stored)
        session["visits"] += 1
        self._redis.set(f"session:{token}", json.dumps(session))
        return session


class Leaderboard:
    """Who has how many points."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis

    def award(self, game: str, player: str, points: int) -> None:
        """Give a player the points of one game."""
        del game
        self._redis.zincrby("leaderboard", points, player)

    def points(self, player: str) -> int:
        """Return a player's points."""
        score: Any = self._redis.zscore("leaderboard", player)
        return int(score or 0)


class Mails:
    """Mails that are to be sent, by whoever has time."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis

    def put(self, mail: str) -> None:
        """Have a mail sent."""
        self._redis.rpush("mails", mail)

    def work(self, send: Callable[[str], object]) -> bool:
        """Send the next mail; tell whether there was one."""
        found: Any = self._redis.blpop(["mails"], timeout=PATIENCE_SECONDS)
        if found is None:
            return False
        send(found[1])
        return True


class Limiter:
    """A fixed window a player."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis

    def allow(self, player: str, limit: int) -> bool:
        """Count one try and tell whether it is within the limit of this minute."""
        count: Any = self._redis.incr(f"tries:{player}")
        if count == 1:
            self._redis.expire(f"tries:{player}", WINDOW_SECONDS)
        return bool(count <= limit)
