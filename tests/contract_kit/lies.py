"""Adapters that each do one thing wrong, most of them as an earlier system's double or Redis adapter did."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from cache_provider import (
    CacheUnavailableError,
    CounterOverflowError,
    DistributedLock,
    EncodeError,
    InMemoryCacheAdapter,
    InMemoryLock,
    MemoryServer,
    WrongTypeError,
)
from cache_provider.arguments import Ttl
from cache_provider.interface.renewing import RenewedLock

TEN_SECONDS = timedelta(seconds=10)


def _everything(cache: InMemoryCacheAdapter) -> InMemoryCacheAdapter:
    """Return a cache of all that the server of another holds."""
    server = MemoryServer()
    server._keyspace = cache._keyspace
    return InMemoryCacheAdapter("", server=server)


class StoresForEver(InMemoryCacheAdapter):
    """`set` with a ttl of 0 stores without a deadline."""

    def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        """Take a ttl for what it is worth as a truth."""
        return super().set(key, value, ttl or None, keep_ttl=keep_ttl)


class CutsToWholeSeconds(InMemoryCacheAdapter):
    """1.9 s are stored as 1 s, as by `SETEX`."""

    def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        """Cut what is more than a second."""
        return super().set(
            key, value, int(ttl) if isinstance(ttl, float) and ttl > 1 else ttl, keep_ttl=keep_ttl
        )


class FloorsTtl(InMemoryCacheAdapter):
    """`ttl` cuts to whole seconds where it should round."""

    def ttl(self, key: str) -> int | None:
        """Cut the milliseconds off."""
        entry = self._keyspace.snapshot().get(self.key_prefix + key)
        if super().ttl(key) in {None, -2} or entry is None or entry[1] is None:
            return super().ttl(key)
        return (entry[1] - self.clock.now_ms()) // 1000


class StoresTexts(InMemoryCacheAdapter):
    """What JSON cannot carry is stored as its `str`."""

    def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        """Fall back on `str`."""
        try:
            return super().set(key, value, ttl, keep_ttl=keep_ttl)
        except EncodeError:
            return super().set(key, str(value), ttl, keep_ttl=keep_ttl)


class StringifiesKeys(InMemoryCacheAdapter):
    """A dict's numbers as keys come back as texts."""

    def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        """Encode as `json` does."""
        if isinstance(value, dict):
            with suppress(TypeError, ValueError):
                value = json.loads(json.dumps(value, allow_nan=False))
        return super().set(key, value, ttl, keep_ttl=keep_ttl)


class CountsPastInt64(InMemoryCacheAdapter):
    """A counter grows as Python's numbers do."""

    def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        """Store whatever comes out."""
        try:
            return super().incr(key, amount, default=default, ttl=ttl)
        except CounterOverflowError:
            total = self.get(key, default) + amount
            self.set(key, total, ttl)
            return int(total)


class CountsFractions(InMemoryCacheAdapter):
    """An amount is turned into an int."""

    def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        """Make it one."""
        return super().incr(key, int(amount), default=default, ttl=ttl)


class ComparesTexts(InMemoryCacheAdapter):
    """`cas_dict_field` compares what both sides look like, as a script on the server may."""

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
        """Compare as `str`."""
        found: Any = self.get(key)
        with suppress(TypeError, KeyError):
            expected = found[field] if str(found[field]) == str(expected) else expected
        return super().cas_dict_field(key, field, expected, new_value, ttl, keep_ttl=keep_ttl)


class PushesOverValues(InMemoryCacheAdapter):
    """`push_limit` on a value starts a list anew."""

    def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None = None) -> int:
        """Remove what is in the way."""
        with suppress(WrongTypeError):
            return super().push_limit(key, value, max_len, ttl)
        self.delete(key)
        return super().push_limit(key, value, max_len, ttl)


class RangesOverValues(InMemoryCacheAdapter):
    """`list_range` takes a stored list for a pushed one."""

    def list_range(self, key: str, start: int, end: int) -> list[Any]:
        """Read a value where there is no list."""
        try:
            return super().list_range(key, start, end)
        except WrongTypeError:
            found: Any = self.get(key)
            return found[start : end + 1 or None] if hasattr(found, "append") else []


class GetsLists(InMemoryCacheAdapter):
    """`get` of a pushed list returns its items."""

    def get(self, key: str, default: Any = None) -> Any:
        """Read a list where there is no value."""
        try:
            return super().get(key, default)
        except WrongTypeError:
            return self.list_range(key, 0, -1)


class CapsNothing(InMemoryCacheAdapter):
    """A `max_len` of 0 keeps every item."""

    def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None = None) -> int:
        """Take 0 for no bound."""
        return super().push_limit(key, value, max_len or 2**31, ttl)


class SwallowsOutages(InMemoryCacheAdapter):
    """A store that cannot be reached has no keys."""

    def count_keys(self, pattern: str = "*") -> int:
        """Count 0 where nobody answers."""
        try:
            return super().count_keys(pattern)
        except CacheUnavailableError:
            return 0


class StopsAtAnOutage(InMemoryCacheAdapter):
    """`get_or_set` fails with its store."""

    def get_or_set(self, key: str, default_factory: Callable[[], Any], *terms: Any, **options: Any) -> Any:
        """Ask the store first, whatever happens."""
        self.get("another key")
        return super().get_or_set(key, default_factory, *terms, **options)


class ComputesForEach(InMemoryCacheAdapter):
    """`get_or_set` knows of nobody who computes the same."""

    def get_or_set(self, key: str, default_factory: Callable[[], Any], *terms: Any, **options: Any) -> Any:
        """Compute on every miss."""
        del options
        found = self.get(key)
        if found is None:
            self.set(key, default_factory(), *terms)
        return self.get(key)


class ForgetsHashDeadlines(InMemoryCacheAdapter):
    """`hset` takes the deadline away."""

    def hset(self, key: str, field: str, value: Any) -> bool:
        """Store as if the hash were new."""
        is_new = super().hset(key, field, value)
        self.persist(key)
        return is_new


class FindsEveryFieldNew(InMemoryCacheAdapter):
    """`hset` always answers True."""

    def hset(self, key: str, field: str, value: Any) -> bool:
        """Say that the field is new."""
        super().hset(key, field, value)
        return True


class MixesFields(InMemoryCacheAdapter):
    """The field 1 is the field `"1"`."""

    def hset(self, key: str, field: str, value: Any) -> bool:
        """Turn any field into text."""
        return super().hset(key, str(field), value)


class ReadsGeneratorsTwice(InMemoryCacheAdapter):
    """`mget` walks its keys once to look and once to read."""

    def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        """Look first."""
        with suppress(TypeError):
            set(keys)
        return super().mget(keys)


class ExpiresNever(InMemoryCacheAdapter):
    """`expire(None)` makes a key persistent."""

    def expire(self, key: str, ttl: Ttl | None) -> bool:
        """Take None for no end."""
        return self.persist(key) if ttl is None else super().expire(key, ttl)


class MatchesItsPrefix(InMemoryCacheAdapter):
    """The prefix is a part of the pattern."""

    def flush_all(self) -> bool:
        """Remove what prefix and star match."""
        everything = _everything(self)
        everything.delete_pattern(f"{self.key_prefix}*")
        return super().flush_all()

    def keys(self, pattern: str = "*") -> list[str]:
        """Find what prefix and pattern match."""
        everything = _everything(self)
        return [key[len(self.key_prefix) :] for key in everything.keys(self.key_prefix + pattern)]


class TakesAnyKey(InMemoryCacheAdapter):
    """A key that is no text is turned into one."""

    def exists(self, key: str) -> bool:
        """Look for its `str`."""
        return super().exists(str(key))


class LeavesWhatItTakes(InMemoryCacheAdapter):
    """`getdel` is a `get`."""

    def getdel(self, key: str) -> Any:
        """Look, and remove nothing."""
        return self.get(key)


class SharesClaims(InMemoryCacheAdapter):
    """A handle is one claimant, whichever thread asks."""

    def get_lock(
        self, name: str, timeout: Ttl = TEN_SECONDS, blocking_timeout: Ttl | None = None, **options: Any
    ) -> DistributedLock:
        """Return a lock that knows no threads."""
        return super().get_lock(name, timeout, blocking_timeout, **{**options, "thread_local": False})


class CountsAnew(InMemoryCacheAdapter):
    """Whoever asks for a fenced lock begins to count."""

    def get_lock(
        self, name: str, timeout: Ttl = TEN_SECONDS, blocking_timeout: Ttl | None = None, **options: Any
    ) -> DistributedLock:
        """Forget the number of the last claim."""
        self.delete(f"{{{self.key_prefix}{name}}}:fence")
        return super().get_lock(name, timeout, blocking_timeout, **options)


class _NeverRenewed(RenewedLock):
    def may_be_renewed(self) -> bool:
        """Take the process for paused for ever."""
        return False


class RenewsNothing(InMemoryCacheAdapter):
    """A lock that is to be renewed is not."""

    def get_lock(
        self, name: str, timeout: Ttl = TEN_SECONDS, blocking_timeout: Ttl | None = None, **options: Any
    ) -> DistributedLock:
        """Return one that says so, and stays as long as its lease."""
        true = super().get_lock(name, timeout, blocking_timeout, **options)
        if isinstance(true, RenewedLock):
            true.__class__ = _NeverRenewed
        return true


class _Forgetful(RenewedLock):
    def note_lost(self) -> None:
        """Tell nobody."""


class TellsNobody(InMemoryCacheAdapter):
    """A lock that is lost is not told of."""

    def get_lock(
        self, name: str, timeout: Ttl = TEN_SECONDS, blocking_timeout: Ttl | None = None, **options: Any
    ) -> DistributedLock:
        """Return one that keeps it to itself."""
        true = super().get_lock(name, timeout, blocking_timeout, **options)
        if isinstance(true, RenewedLock):
            true.__class__ = _Forgetful
        return true


class ServesNothingStale(InMemoryCacheAdapter):
    """A value is gone with its ttl, whatever `stale_ttl` says."""

    def get_or_set(self, key: str, default_factory: Callable[[], Any], *terms: Any, **options: Any) -> Any:
        """Compute as if there were no `stale_ttl`."""
        options.pop("stale_ttl", None)
        return super().get_or_set(key, default_factory, *terms, **options)


class HidesLocks(InMemoryCacheAdapter):
    """A lock's key is not its name."""

    def get_lock(
        self, name: str, timeout: Ttl = TEN_SECONDS, blocking_timeout: Ttl | None = None, **options: Any
    ) -> DistributedLock:
        """Lock another key."""
        return super().get_lock(f"lock:{name}", timeout, blocking_timeout, **options)


class LeasesForever(InMemoryCacheAdapter):
    """A lease of 0 is the default lease."""

    def get_lock(
        self, name: str, timeout: Ttl = TEN_SECONDS, blocking_timeout: Ttl | None = None, **options: Any
    ) -> DistributedLock:
        """Take a lease for what it is worth as a truth."""
        return super().get_lock(name, timeout or TEN_SECONDS, blocking_timeout, **options)


class _Hasty(InMemoryLock):
    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        del timeout
        return super().acquire(blocking, timeout=0)


class NeverWaits(InMemoryCacheAdapter):
    """`acquire` tries once and gives up."""

    def get_lock(
        self, name: str, timeout: Ttl = TEN_SECONDS, blocking_timeout: Ttl | None = None, **options: Any
    ) -> DistributedLock:
        """Return a lock without patience."""
        true = super().get_lock(name, timeout, blocking_timeout, **options)
        true.__class__ = _Hasty
        return true


class OutlivesItsClose(InMemoryCacheAdapter):
    """`close` ends nothing."""

    def close(self) -> None:
        """Stay open."""
