"""Single values: read, write, remove."""

from abc import ABC, abstractmethod
from typing import Any

from cache_provider.arguments import Ttl


class ValueOperations(ABC):
    """Reads and writes of one value under one key.

    A value is stored as bytes and decoded afresh on every read: changing an
    object after `set` or after `get` never changes what is stored.
    """

    @abstractmethod
    def get(self, key: str, default: Any = None) -> Any:
        """Return the value under `key`, or `default` (Redis `GET`).

        A stored None reads as None; `exists` tells it from a missing key.

        Raises:
            TypeError, ValueError: `key` is not a `str` that UTF-8 can carry.
            WrongTypeError: The key holds a list or a hash.
            DecodeError: The stored bytes are not the codec's.
        """

    @abstractmethod
    def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        """Store `value` under `key`, whatever was there (Redis `SET`, `PX`).

        Args:
            key: The key.
            value: Any value that the codec carries.
            ttl: How long it lives: a `timedelta` or seconds, more than 0. None
                takes the adapter's `default_ttl`, and without one removes the
                deadline.
            keep_ttl: Leave the deadline of a live key as it is (Redis
                `KEEPTTL`); a missing key gets none, whatever `default_ttl` is.
                Not together with a `ttl`.

        Returns:
            True.

        Raises:
            TypeError, ValueError: `key`, `ttl` or `keep_ttl` is not legal.
            EncodeError: The codec refuses `value`; what was stored stays.
        """

    @abstractmethod
    def setnx(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        """Store `value` only if no live key of any type is there (Redis `SET NX`).

        Args and errors are those of `set`, without `keep_ttl`.

        Returns:
            Whether it was stored.
        """

    @abstractmethod
    def getset(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> Any:
        """Store `value` under `key` and return the value that was there, in one step (Redis `SET`, `GET`).

        Args and errors are those of `set`, and a hit or a miss is counted.

        Returns:
            The old value; None if there was none.

        Raises:
            WrongTypeError: The key holds a list or a hash, which stays.
            DecodeError: The old bytes are not the codec's; the new value is stored.
        """

    @abstractmethod
    def getdel(self, key: str) -> Any:
        """Remove the value under `key` and return it, in one step (Redis `GETDEL`).

        Of several callers one gets the value. A hit or a miss is counted.

        Returns:
            The value; None if there was none.

        Raises:
            TypeError, ValueError: `key` is not a `str` that UTF-8 can carry.
            WrongTypeError: The key holds a list or a hash, which stays.
            DecodeError: The bytes are not the codec's; they are gone.
        """

    @abstractmethod
    def delete(self, key: str) -> bool:
        """Remove a key of any type (Redis `DEL`).

        Returns:
            Whether a live key was there; an expired one was not.
        """

    @abstractmethod
    def exists(self, key: str) -> bool:
        """Tell whether a live key of any type is there (Redis `EXISTS`)."""
