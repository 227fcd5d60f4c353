"""Mails that are to be sent, by whoever has time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis import Redis

WAITING: Final = "mails"
PATIENCE_SECONDS: Final = 5


class Mails:
    """A queue from which a mail is moved, not taken: until it is sent it is on the worker's own list.

    Args:
        redis: A client.
        worker: The worker's name, which it has again after it was started anew.
    """

    def __init__(self, redis: Redis, worker: str) -> None:
        self._redis: Any = redis
        self._mine = f"mails:{worker}"

    def put(self, mail: str) -> None:
        """Have a mail sent, at least once."""
        self._redis.rpush(WAITING, mail)

    def rescue(self) -> int:
        """Put back what this worker had taken when it died; return how many mails that were."""
        rescued = 0
        while self._redis.lmove(self._mine, WAITING, "RIGHT", "LEFT") is not None:
            rescued += 1
        return rescued

    def work(self, send: Callable[[str], object]) -> bool:
        """Send the next mail; tell whether there was one."""
        mail: Any = self._redis.blmove(WAITING, self._mine, PATIENCE_SECONDS, "LEFT", "RIGHT")
        if mail is None:
            return False
        send(mail)
        self._redis.lrem(self._mine, 1, mail)
        return True
