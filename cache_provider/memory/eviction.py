"""Which entry goes when a bounded server is full."""

from collections import OrderedDict
from typing import Literal, TypeAlias

Eviction: TypeAlias = Literal["lru", "fifo"]
POLICIES: tuple[Eviction, ...] = ("lru", "fifo")


class EvictionQueue:
    """The keys of a bounded server, the next to go first. The caller holds the server's mutex.

    Args:
        policy: `"lru"` lets the least recently used go, `"fifo"` the oldest written.
    """

    def __init__(self, policy: Eviction) -> None:
        self._keys: OrderedDict[str, None] = OrderedDict()
        self._reads_count = policy == "lru"

    def __len__(self) -> int:
        return len(self._keys)

    def wrote(self, key: str) -> None:
        """Note that `key` was created or written."""
        self._keys[key] = None
        self._keys.move_to_end(key)

    def read(self, key: str) -> None:
        """Note that the value of `key` was used."""
        if self._reads_count and key in self._keys:
            self._keys.move_to_end(key)

    def removed(self, key: str) -> None:
        """Forget `key`, if it is known."""
        self._keys.pop(key, None)

    def first(self) -> str:
        """Return the key that goes next."""
        return next(iter(self._keys))
