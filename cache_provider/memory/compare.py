"""Compare-and-set in the double."""

from collections.abc import Callable
from typing import Any

from cache_provider.arguments import Ttl, check_dict, check_keep_ttl, check_key, check_name
from cache_provider.comparison import same_field, same_value
from cache_provider.interface.compare import CompareOperations
from cache_provider.memory.connection import MemoryConnection


class MemoryCompare(MemoryConnection, CompareOperations):
    """Operations that change a value only if it is the expected one."""

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
        check_key(key)
        check_name("field", field)
        check_dict("new_value", new_value)
        return self._replace_if(
            key, lambda found: same_field(found, field, expected), new_value, ttl, keep_ttl
        )

    def compare_and_set(
        self, key: str, expected: Any, new_value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False
    ) -> bool:
        return self._replace_if(key, lambda found: same_value(found, expected), new_value, ttl, keep_ttl)

    def compare_and_delete(self, key: str, expected: Any) -> bool:
        full_key = self._full_key(key)
        while (entry := self._keyspace.read(full_key)) is not None:
            if not same_value(self._packer.unpack(key, entry[0]), expected):
                return False
            if self._keyspace.remove(full_key, entry):
                self._counts.deletes.add()
                return True
        return False

    def _replace_if(
        self, key: str, matches: Callable[[Any], bool], new_value: Any, ttl: Ttl | None, keep_ttl: bool
    ) -> bool:
        full_key = self._full_key(key)
        payload = self._packer.pack(key, new_value)
        renewed = self._deadline(ttl)
        check_keep_ttl(keep_ttl, ttl)
        while (entry := self._keyspace.read(full_key)) is not None:
            if not matches(self._packer.unpack(key, entry[0])):
                return False
            if self._keyspace.store(full_key, payload, entry[1] if keep_ttl else renewed, seen=entry):
                self._counts.sets.add()
                return True
        return False
