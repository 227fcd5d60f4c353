"""What every operation of the double needs: a keyspace, a prefix, a codec, counts."""

from collections.abc import Iterator
from typing import NoReturn, Self

from cache_provider.arguments import INT64_MAX, Ttl, check_key, deadline_after, ttl_ms
from cache_provider.errors import CacheClosedError
from cache_provider.memory.entry import BARE, Stored
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.payload import Packer
from cache_provider.stats import Counts


class MemoryConnection:
    """A keyspace as one adapter sees it: through its prefix, codec and default ttl."""

    def __init__(
        self, keyspace: Keyspace, key_prefix: str, packer: Packer, default_ttl_ms: int | None
    ) -> None:
        self._keyspace = keyspace
        self._prefix = key_prefix
        self._packer = packer
        self._default_ttl_ms = default_ttl_ms
        self._counts = Counts()
        # What `get` may read without asking the keyspace: nothing where reads
        # count for eviction, or once this connection is closed.
        self._is_direct = keyspace.max_size is None
        self._open_entries: dict[str, Stored] = keyspace.entries if self._is_direct else {}
        # Looked up once: `get` is the operation that tests call most.
        self._now_ms = keyspace.clock.now_ms
        self._plain_time = keyspace.plain_time
        self._kept = packer.kept
        # A set of its own for the same reason: each `set` looks into it.
        self._bare = frozenset(tuple(BARE))
        self._keeps_text = str in packer.kept
        self._copy_flat = packer.copy_flat
        self._hits = self._counts.hits.counter
        self._misses = self._counts.misses.counter
        self._sets = self._counts.sets.counter

    def _full_key(self, key: str) -> str:
        # An ASCII str, nearly every key, needs no more checks.
        if type(key) is str and key.isascii():
            return self._prefix + key
        return self._prefix + check_key(key)

    def _deadline(self, ttl: Ttl | None) -> int | None:
        """Return the deadline of a write that creates a value."""
        if ttl is None:
            if self._default_ttl_ms is None:
                return None
            milliseconds = self._default_ttl_ms
        else:
            milliseconds = ttl_ms("ttl", ttl)
        now = self._now_ms()
        deadline = now + milliseconds
        return deadline if deadline <= INT64_MAX else deadline_after("ttl", now, milliseconds)

    def _disconnect(self, story: str) -> None:
        self._is_direct = False
        self._open_entries = {}
        self._keyspace = closed_keyspace(story)


class _ClosedKeyspace:
    """Stands where a keyspace was: whatever is called on it, it raises.

    Called, not looked up: an argument of that call is checked before, and a
    wrong one is an error of its own.
    """

    def __init__(self, story: str) -> None:
        self._story = story

    def __getattr__(self, name: str) -> Self:
        return self

    def __call__(self, *_arguments: object, **_options: object) -> NoReturn:
        raise CacheClosedError(self._story)

    def __iter__(self) -> Iterator[Self]:
        raise CacheClosedError(self._story)


def closed_keyspace(story: str) -> Keyspace:
    """Return a stand-in for a keyspace whose every use raises `CacheClosedError(story)`."""
    return _ClosedKeyspace(story)  # type: ignore[return-value] # it is never used as one
