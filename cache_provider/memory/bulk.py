"""Several keys in one call in the double."""

from collections.abc import Iterable, Mapping
from typing import Any

from cache_provider.arguments import Ttl, check_keys, check_mapping
from cache_provider.interface.bulk import BulkOperations
from cache_provider.memory.connection import MemoryConnection
from cache_provider.memory.entry import entry_of
from cache_provider.memory.payload import Compound


class MemoryBulk(MemoryConnection, BulkOperations):
    """Operations on several keys. `mget`, `mset` and `mdelete` happen at one moment each."""

    def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        asked = check_keys(keys)
        entries = self._keyspace.read_many(self._full_keys(asked))
        found: dict[str, Any] = {}
        for key, stored in zip(asked, entries, strict=True):
            if stored is not None:
                payload = stored[0] if type(stored) is tuple else stored
                if type(payload) in self._kept:
                    found[key] = payload
                elif not isinstance(payload, Compound):
                    found[key] = self._packer.unpack(key, entry_of(stored)[0])
        self._counts.read(len(found), len(asked))
        return found

    def mset(self, mapping: Mapping[str, Any], ttl: Ttl | None = None) -> bool:
        values = check_mapping(mapping)
        payloads = self._packer.pack_many(values)
        self._keyspace.store_many(self._full_keys(values), payloads, self._deadline(ttl))
        self._counts.sets.add_many(len(payloads))
        return True

    def mdelete(self, keys: Iterable[str]) -> int:
        removed = self._keyspace.remove_many(self._full_keys(check_keys(keys)))
        self._counts.deletes.add_many(removed)
        return removed

    def mexists(self, keys: Iterable[str]) -> dict[str, bool]:
        asked = check_keys(keys)
        entries = self._keyspace.read_many(self._full_keys(asked))
        return {key: stored is not None for key, stored in zip(asked, entries, strict=True)}

    def _full_keys(self, keys: Iterable[str]) -> list[str]:
        prefix = self._prefix
        # A step less for each key of a server of one's own.
        return [prefix + key for key in keys] if prefix else list(keys)
