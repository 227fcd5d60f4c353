"""Capped lists and hashes of the double."""

from typing import Any

from cache_provider.arguments import Ttl, check_integer, check_name
from cache_provider.interface.collections import HashOperations, ListOperations
from cache_provider.memory.connection import MemoryConnection
from cache_provider.memory.payload import Fields, Items, fields_of, items_of


class MemoryLists(MemoryConnection, ListOperations):
    """Operations on capped lists."""

    def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None = None) -> int:
        full_key = self._full_key(key)
        wire = self._packer.encode(key, value)
        check_integer("max_len", max_len, minimum=1)
        deadline = self._deadline(ttl)
        length = None
        while length is None:
            entry = self._server.read(full_key)
            if entry is None:
                length = 1 if self._server.store(full_key, Items([wire]), deadline, seen=None) else None
            else:
                until = entry[1] if ttl is None else deadline
                items = items_of(key, entry[0])
                length = self._server.push(full_key, entry, items, wire, keep=max_len, deadline=until)
        self._counts.sets.add()
        return length

    def list_range(self, key: str, start: int, end: int) -> list[Any]:
        full_key = self._full_key(key)
        check_integer("start", start)
        check_integer("end", end)
        wires = self._items(key, full_key)
        first = max(0, start if start >= 0 else len(wires) + start)
        behind = end + 1 if end >= 0 else len(wires) + end + 1
        selected = wires[first : max(0, behind)]
        self._counts.read(bool(selected), 1)
        return [self._packer.decode(key, wire) for wire in selected]

    def _items(self, key: str, full_key: str) -> list[bytes]:
        while (entry := self._server.read(full_key)) is not None:
            items = self._server.items(full_key, entry, items_of(key, entry[0]))
            if items is not None:
                return items
        return []


class MemoryHashes(MemoryConnection, HashOperations):
    """Operations on hashes."""

    def hset(self, key: str, field: str, value: Any) -> bool:
        full_key = self._full_key(key)
        check_name("field", field)
        wire = self._packer.encode(key, value)
        deadline = self._deadline(None)
        is_new: bool | None = None
        while is_new is None:
            entry = self._server.read(full_key)
            if entry is None:
                is_new = self._server.store(full_key, Fields({field: wire}), deadline, seen=None) or None
            else:
                is_new = self._server.put_field(full_key, entry, fields_of(key, entry[0]), field, wire)
        self._counts.sets.add()
        return is_new

    def hget(self, key: str, field: str) -> Any:
        full_key = self._full_key(key)
        check_name("field", field)
        wire = self._fields(key, full_key).get(field)
        (self._counts.misses if wire is None else self._counts.hits).add()
        return None if wire is None else self._packer.decode(key, wire)

    def hgetall(self, key: str) -> dict[str, Any]:
        fields = self._fields(key, self._full_key(key))
        (self._counts.hits if fields else self._counts.misses).add()
        return {field: self._packer.decode(key, wire) for field, wire in fields.items()}

    def hdel(self, key: str, *fields: str) -> int:
        full_key = self._full_key(key)
        names = tuple(check_name("field", field) for field in fields)
        while (entry := self._server.read(full_key)) is not None:
            removed = self._server.remove_fields(full_key, entry, fields_of(key, entry[0]), names)
            if removed is not None:
                return removed
        return 0

    def _fields(self, key: str, full_key: str) -> Fields:
        while (entry := self._server.read(full_key)) is not None:
            fields = self._server.fields(full_key, entry, fields_of(key, entry[0]))
            if fields is not None:
                return fields
        return Fields()
