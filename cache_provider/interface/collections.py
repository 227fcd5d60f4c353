"""Capped lists and hashes."""

from abc import ABC, abstractmethod
from typing import Any

from cache_provider.arguments import Ttl


class ListOperations(ABC):
    """Lists that keep their newest items."""

    @abstractmethod
    def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None = None) -> int:
        """Append `value` and keep the newest `max_len` items, in one step (Redis `RPUSH`, `LTRIM`).

        Args:
            key: The key; a missing one becomes a list.
            value: Any value that the codec carries.
            max_len: How many items stay, at least 1.
            ttl: A new time to live for the whole list, more than 0. None keeps
                the deadline; on a list that this call creates, None takes
                the adapter's `default_ttl`.

        Returns:
            The length after the append and before the cut: more than `max_len`
            says that something was dropped.

        Raises:
            TypeError, ValueError: An argument is not legal.
            EncodeError: The codec refuses `value`.
            WrongTypeError: The key holds a value or a hash.
        """

    @abstractmethod
    def list_range(self, key: str, start: int, end: int) -> list[Any]:
        """Return the items from `start` to `end`, both included (Redis `LRANGE`).

        Negative positions count from the end, and positions outside the list
        are cut to it. A missing key, or `start` behind `end`, gives `[]`.

        Raises:
            TypeError, ValueError: An argument is not legal.
            WrongTypeError: The key holds a value or a hash.
        """


class HashOperations(ABC):
    """Hashes: named fields under one key, which keeps its deadline whatever the fields do."""

    @abstractmethod
    def hset(self, key: str, field: str, value: Any) -> bool:
        """Set a field (Redis `HSET`); tell whether it is new.

        A hash that this call creates takes the adapter's `default_ttl`.

        Raises:
            TypeError, ValueError: `key` or `field` is not a legal `str`.
            EncodeError: The codec refuses `value`.
            WrongTypeError: The key holds a value or a list.
        """

    @abstractmethod
    def hget(self, key: str, field: str) -> Any:
        """Return a field's value, or None (Redis `HGET`).

        Raises:
            WrongTypeError: The key holds a value or a list.
        """

    @abstractmethod
    def hgetall(self, key: str) -> dict[str, Any]:
        """Return all fields and values; a missing key gives `{}` (Redis `HGETALL`).

        Raises:
            WrongTypeError: The key holds a value or a list.
        """

    @abstractmethod
    def hdel(self, key: str, *fields: str) -> int:
        """Remove fields (Redis `HDEL`); return how many were there.

        The key goes with its last field.

        Raises:
            WrongTypeError: The key holds a value or a list.
        """
