"""Compare and set: change a value only if it is still what the caller saw."""

from abc import ABC, abstractmethod
from typing import Any

from cache_provider.arguments import Ttl


class CompareOperations(ABC):
    """Atomic conditional writes.

    Values are compared decoded, by value and by JSON type, at any depth: `1`
    and `1.0` are equal, `1` and `True` are not, `1` and `"1"` are not. (On
    Redis: `GET`, and a Lua script that writes only over what was compared.)
    """

    @abstractmethod
    def cas_dict_field(
        self,
        key: str,
        field: str,
        expected: Any,
        new_value: dict[str, Any],
        ttl: Ttl | None = None,
        *,
        keep_ttl: bool = False,
    ) -> bool:
        """Replace the dict under `key` if one of its fields equals `expected`.

        Args:
            key: The key of a value that is a dict.
            field: The field to look at. A missing one equals nothing, not even None.
            expected: What the field must hold.
            new_value: The whole new record.
            ttl: As in `set`: without one the deadline goes, or `default_ttl` applies.
            keep_ttl: As in `set`: leave the deadline as it is.

        Returns:
            False, and nothing has changed, if the key is missing, its value is
            no dict, or the field is missing or differs.

        Raises:
            TypeError, ValueError: An argument is not legal.
            EncodeError: The codec refuses `new_value`.
            WrongTypeError: The key holds a list or a hash.
        """

    @abstractmethod
    def compare_and_set(
        self, key: str, expected: Any, new_value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False
    ) -> bool:
        """Replace the value under `key` if it equals `expected`; `ttl` and `keep_ttl` as in `set`.

        Returns:
            False, and nothing has changed, if the key is missing or differs.

        Raises:
            TypeError, ValueError: An argument is not legal.
            EncodeError: The codec refuses `new_value`.
            WrongTypeError: The key holds a list or a hash.
        """

    @abstractmethod
    def compare_and_delete(self, key: str, expected: Any) -> bool:
        """Remove the value under `key` if it equals `expected`; tell whether it did.

        Raises:
            WrongTypeError: The key holds a list or a hash.
        """
