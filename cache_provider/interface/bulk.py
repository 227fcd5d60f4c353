"""Several keys in one call."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from cache_provider.arguments import Ttl


class BulkOperations(ABC):
    """Operations on several keys. Any iterable of keys works; a bare `str` is a `TypeError`."""

    @abstractmethod
    def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values that are there, in the order asked (Redis `MGET`).

        Missing keys, lists and hashes are left out; a stored None is not.

        Raises:
            DecodeError: Some stored bytes are not the codec's.
        """

    @abstractmethod
    def mset(self, mapping: Mapping[str, Any], ttl: Ttl | None = None) -> bool:
        """Store several values, each as `set` does (Redis `MSET`, or `SET PX` in `MULTI`).

        All or nothing in the double and on one Redis node.

        Returns:
            True.

        Raises:
            TypeError, ValueError: An argument is not legal.
            EncodeError: The codec refuses a value; no key has changed.
        """

    @abstractmethod
    def mdelete(self, keys: Iterable[str]) -> int:
        """Remove several keys of any type (Redis `DEL`); return how many live ones went."""

    @abstractmethod
    def mexists(self, keys: Iterable[str]) -> dict[str, bool]:
        """Tell for each key whether a live one of any type is there (Redis `EXISTS`)."""
