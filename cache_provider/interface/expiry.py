"""Time to live: when a key of any type goes by itself."""

from abc import ABC, abstractmethod
from datetime import datetime

from cache_provider.arguments import Ttl

MISSING = -2
"""What `ttl` and `pttl` answer for a missing key."""


class ExpiryOperations(ABC):
    """Deadlines. A key set at `t` with ttl `d` lives for `[t, t+d)`, in whole milliseconds."""

    @abstractmethod
    def expire(self, key: str, ttl: Ttl) -> bool:
        """Give a live key a new deadline (Redis `PEXPIRE`).

        Args:
            key: The key.
            ttl: How long it lives from now, a `timedelta` or seconds. 0 and
                below remove the key.

        Returns:
            Whether a live key was there.

        Raises:
            TypeError, ValueError: An argument is not legal; None is not a ttl, use `persist`.
        """

    @abstractmethod
    def expire_at(self, key: str, when: datetime | None) -> bool:
        """Give a live key a deadline on the calendar (Redis `PEXPIREAT`).

        Args:
            key: The key.
            when: An aware `datetime`; a past one removes the key. None is `persist`.

        Returns:
            Whether a live key was there; with None, whether a deadline was removed.

        Raises:
            TypeError, ValueError: An argument is not legal, such as a naive `datetime`.
        """

    @abstractmethod
    def persist(self, key: str) -> bool:
        """Remove the deadline of a live key (Redis `PERSIST`); tell whether it had one."""

    @abstractmethod
    def ttl(self, key: str) -> int | None:
        """Return the seconds a key has left, rounded to the nearest (Redis `TTL`).

        Returns:
            None for a persistent key, -2 for a missing one.
        """

    @abstractmethod
    def pttl(self, key: str) -> int | None:
        """Return the milliseconds a key has left, exactly (Redis `PTTL`).

        Returns:
            None for a persistent key, -2 for a missing one.
        """


def seconds_left(milliseconds_left: int | None) -> int | None:
    """Return what `ttl` answers where `pttl` answers `milliseconds_left`."""
    if milliseconds_left is None or milliseconds_left == MISSING:
        return milliseconds_left
    return nearest_second(milliseconds_left)


def nearest_second(milliseconds: int) -> int:
    """Return milliseconds as whole seconds, rounded as Redis does."""
    return (milliseconds + 500) // 1000
