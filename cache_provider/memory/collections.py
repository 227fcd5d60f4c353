"""Capped lists and hashes of the double."""

from functools import partial
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
            entry = self._keyspace.read(full_key)
            if entry is None:
                length = 1 if self._keyspace.store(full_key, Items([wire]), deadline, seen=None) else None
            else:
                until = entry[1] if ttl is None else deadline
                items = items_of(key, entry[0])
                push = partial(items.push, wire, keep=max_len)
                length = self._keyspace.change(full_key, entry, until, push)
        self._counts.sets.add()
        return length

    def list_range(self, key: str, start: int, end: int) -> list[Any]:
        full_key = self._full_key(key)
        check_integer("start", start)
        check_integer("end", end)
        wires = self._keyspace.read_with(full_key, lambda payload: list(items_of(key, payload))) or []
        first = max(0, start if start >= 0 else len(wires) + start)
        behind = end + 1 if end >= 0 else len(wires) + end + 1
        selected = wires[first : max(0, behind)]
        self._counts.read(bool(selected), 1)
        return [self._packer.decode(key, wire) for wire in selected]


class MemoryHashes(MemoryConnection, HashOperations):
    """Operations on hashes."""

    def hset(self, key: str, field: str, value: Any) -> bool:
        full_key = self._full_key(key)
        check_name("field", field)
        wire = self._packer.encode(key, value)
        deadline = self._deadline(None)
        is_new: bool | None = None
        while is_new is None:
            entry = self._keyspace.read(full_key)
            if entry is None:
                is_new = self._keyspace.store(full_key, Fields({field: wire}), deadline, seen=None) or None
            else:
                put = partial(fields_of(key, entry[0]).put, field, wire)
                is_new = self._keyspace.change(full_key, entry, entry[1], put)
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
        while (entry := self._keyspace.read(full_key)) is not None:
            take = partial(fields_of(key, entry[0]).take, names)
            removed = self._keyspace.change(full_key, entry, entry[1], take)
            if removed is not None:
                return removed
        return 0

    def _fields(self, key: str, full_key: str) -> Fields:
        copied = self._keyspace.read_with(full_key, lambda payload: Fields(fields_of(key, payload)))
        return Fields() if copied is None else copied
