"""Who plays, by a token, for half an hour after the last visit."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis import Redis

SECONDS: Final = 1800


class Sessions:
    """A hash a session, so that a visit changes one field and not the whole.

    Args:
        redis: A client that makes text of replies.
        make_token: Names a session; nobody guesses it.
    """

    def __init__(self, redis: Redis, make_token: Callable[[], str] = secrets.token_hex) -> None:
        self._redis: Any = redis
        self._make_token = make_token

    def open(self, player: str) -> str:
        """Begin a session and return its token."""
        token = self._make_token()
        with self._redis.pipeline() as pipeline:
            pipeline.hset(_key(token), mapping={"player": player, "visits": 1})
            pipeline.expire(_key(token), SECONDS)
            pipeline.execute()
        return token

    def visit(self, token: str) -> dict[str, str] | None:
        """Count a visit and return the session; None if it is over.

        Count and ttl are one transaction: a session that ends at this very moment is begun again without a
        player, and that one ends too.
        """
        with self._redis.pipeline() as pipeline:
            pipeline.hincrby(_key(token), "visits", 1)
            pipeline.expire(_key(token), SECONDS)
            pipeline.hgetall(_key(token))
            session: dict[str, str] = pipeline.execute()[-1]
        return session if "player" in session else None


def _key(token: str) -> str:
    return f"session:{token}"
