"""Several keys in one call, and finding keys, in the double."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from cache_provider.arguments import Ttl, check_integer, check_keys, check_mapping, check_text
from cache_provider.glob import compile_glob, escape
from cache_provider.interface.patterns import PatternOperations
from cache_provider.memory.connection import MemoryConnection


class MemoryBulk(MemoryConnection, PatternOperations):
    """Operations on several keys. `mget`, `mset` and `mdelete` happen at one moment each."""

    def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values that are there, in the order asked."""
        asked = check_keys(keys)
        entries = self._server.read_many([self._prefix + key for key in asked])
        found: dict[str, Any] = {}
        for key, entry in zip(asked, entries, strict=True):
            if entry is not None:
                payload = entry[0]
                if type(payload) in self._kept:
                    found[key] = payload
                elif not isinstance(payload, (list, dict)):
                    found[key] = self._packer.unpack(key, payload)
        self._counts.read(len(found), len(asked))
        return found

    def mset(self, mapping: Mapping[str, Any], ttl: Ttl | None = None) -> bool:
        """Store several values, all or nothing."""
        values = check_mapping(mapping)
        full_keys = [self._prefix + key for key in values]
        payloads = self._packer.pack_many(values)
        self._server.store_many(full_keys, payloads, self._deadline(ttl))
        self._counts.sets.add_many(len(payloads))
        return True

    def mdelete(self, keys: Iterable[str]) -> int:
        """Remove several keys of any type; return how many live ones went."""
        removed = self._server.remove_many([self._prefix + key for key in check_keys(keys)])
        self._counts.deletes.add_many(removed)
        return removed

    def mexists(self, keys: Iterable[str]) -> dict[str, bool]:
        """Tell for each key whether a live one of any type is there."""
        asked = check_keys(keys)
        entries = self._server.read_many([self._prefix + key for key in asked])
        return {key: entry is not None for key, entry in zip(asked, entries, strict=True)}

    def keys(self, pattern: str = "*") -> list[str]:
        """Return all live keys that match."""
        check_text("pattern", pattern)
        return self._without_prefix(self._server.live_keys(self._select(pattern)))

    def scan(self, pattern: str = "*", count: int = 100, cursor: int = 0) -> tuple[int, list[str]]:
        """Return some of the keys that match, and where to go on; each key exactly once."""
        check_text("pattern", pattern)
        check_integer("count", count, minimum=1)
        check_integer("cursor", cursor, minimum=0)
        position, full_keys = self._server.scan(cursor, count)
        return position, self._without_prefix(self._select(pattern)(full_keys))

    def _select(self, pattern: str) -> Callable[[Collection[str]], list[str]]:
        """Return what leaves of full keys those that are ours and match."""
        return compile_glob(escape(self._prefix) + pattern).select

    def _without_prefix(self, full_keys: list[str]) -> list[str]:
        return [full_key[len(self._prefix) :] for full_key in full_keys]
