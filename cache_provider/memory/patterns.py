"""Finding keys in the double."""

from collections.abc import Callable, Collection

from cache_provider.arguments import check_integer, check_name
from cache_provider.glob import compile_glob, escape
from cache_provider.interface.patterns import PatternOperations
from cache_provider.memory.bulk import MemoryBulk
from cache_provider.memory.walking import live_keys, scan


class MemoryPatterns(MemoryBulk, PatternOperations):
    """Operations on all keys that match; the composed ones remove and look up in bulk.

    A scan returns each key exactly once.
    """

    def keys(self, pattern: str = "*") -> list[str]:
        check_name("pattern", pattern)
        return self._without_prefix(live_keys(self._keyspace, self._select(pattern)))

    def scan(self, pattern: str = "*", count: int = 100, cursor: int = 0) -> tuple[int, list[str]]:
        check_name("pattern", pattern)
        check_integer("count", count, minimum=1)
        check_integer("cursor", cursor, minimum=0)
        position, full_keys = scan(self._keyspace, cursor, count)
        return position, self._without_prefix(self._select(pattern)(full_keys))

    def _select(self, pattern: str) -> Callable[[Collection[str]], list[str]]:
        """Return what leaves of full keys those that are ours and match."""
        return compile_glob(escape(self._prefix) + pattern).select

    def _without_prefix(self, full_keys: list[str]) -> list[str]:
        return [full_key[len(self._prefix) :] for full_key in full_keys]
