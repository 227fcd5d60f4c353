"""Doubles that lie, each in one way in which in-memory doubles are known to lie."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from cache_provider import CacheError, InMemoryCacheAdapter, InMemoryLock, LockNotOwnedError
from cache_provider.arguments import Ttl, ttl_ms
from cache_provider.interface.lock import DistributedLock
from cache_provider.memory.lock import bind

_TEN_SECONDS = timedelta(seconds=10)


class Liar(InMemoryCacheAdapter):
    """A double that does one thing wrong and everything else as it should.

    Attributes:
        shows_in: The operations in which the lie shows. Found out by any other,
            it would not be the lie that is meant.
    """

    shows_in: ClassVar[set[str]]

    def _value(self, key: object) -> Any:
        """Return the value of a key, None for everything else, and count nothing."""
        if isinstance(key, str) and (entry := self._keyspace.peek(self.key_prefix + key)) is not None:
            with suppress(CacheError):
                return self._packer.unpack(key, entry[0])
        return None


class DeletesTheDead(Liar):
    """`delete` of an expired key that nobody has touched yet returns True."""

    shows_in: ClassVar = {"delete"}

    def delete(self, key: str) -> bool:
        """Delete it, and believe that it was there."""
        is_stored = self.key_prefix + key in self._keyspace.snapshot()
        return super().delete(key) or is_stored


class CountsInText(Liar):
    """`incr` takes for a counter whatever Python's `int` does."""

    shows_in: ClassVar = {"incr", "decr"}

    def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        """Turn the value into an int first."""
        value = self._value(key)
        if isinstance(value, (str, bytes, float)):
            with suppress(ValueError, OverflowError):
                deadline = self._keyspace.snapshot()[self.key_prefix + key][1]
                self._keyspace.store(self.key_prefix + key, int(value), deadline)
        return super().incr(key, amount, default=default, ttl=ttl)


class ForgetsTheDefaultTtl(Liar):
    """`setnx` and `getset` do not know the adapter's default ttl."""

    shows_in: ClassVar = {"setnx", "getset", "get_or_set"}

    def setnx(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        """Store for ever where no ttl is given."""
        stored = super().setnx(key, value, ttl)
        if stored and ttl is None:
            self.persist(key)
        return stored

    def getset(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> Any:
        """Store for ever where no ttl is given."""
        old = super().getset(key, value, ttl, keep_ttl=keep_ttl)
        if ttl is None and not keep_ttl:
            self.persist(key)
        return old


class MatchesLikeAShell(Liar):
    """`keys` matches with `fnmatch`."""

    shows_in: ClassVar = {"keys"}

    def keys(self, pattern: str = "*") -> list[str]:
        """Match as file names are matched."""
        return [key for key in super().keys("*") if fnmatchcase(key, pattern)]


class SharesValues(Liar):
    """`get` returns the very object that was stored."""

    shows_in: ClassVar = {
        "get",
        "get_or_set",
        "write back",
        "compare_and_set",
        "compare_and_delete",
        "cas_dict_field",
    }

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._shared: dict[str, tuple[Any, Any]] = {}

    def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        """Keep the object too."""
        super().set(key, value, ttl, keep_ttl=keep_ttl)
        self._shared[key] = (self._value(key), value)
        return True

    def get(self, key: str, default: Any = None) -> Any:
        """Return the object, if it was not replaced by another value since."""
        found = super().get(key, default)
        stored, value = self._shared.get(key, (None, None))
        return value if found == stored and isinstance(found, (list, dict)) else found


class ConfusesTrueWithOne(Liar):
    """`compare_and_set` and `compare_and_delete` compare as Python does."""

    shows_in: ClassVar = {"compare_and_set", "compare_and_delete", "get_or_set"}

    def compare_and_set(
        self, key: str, expected: Any, new_value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False
    ) -> bool:
        """Compare with `==`."""
        if super().compare_and_set(key, expected, new_value, ttl, keep_ttl=keep_ttl):
            return True
        return expected is not None and self._value(key) == expected and self.set(key, new_value, ttl)

    def compare_and_delete(self, key: str, expected: Any) -> bool:
        """Compare with `==`."""
        if super().compare_and_delete(key, expected):
            return True
        return expected is not None and self._value(key) == expected and self.delete(key)


class KeepsTheDeadline(Liar):
    """`set` without a ttl leaves the old one; a factory of `get_or_set` may set as well."""

    shows_in: ClassVar = {"set", "get_or_set"}

    def set(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> bool:
        """Restore what was left."""
        left = self.ttl(key)
        stored = super().set(key, value, ttl, keep_ttl=keep_ttl)
        if ttl is None and left is not None and left > 0:
            self.expire(key, left)
        return stored


class ForgetsTheDeadline(Liar):
    """`push_limit` without a ttl removes the one there was."""

    shows_in: ClassVar = {"push_limit"}

    def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None = None) -> int:
        """Store as if the list were new."""
        length = super().push_limit(key, value, max_len, ttl)
        if ttl is None:
            self.persist(key)
        return length


class NeverExpiresAtOnce(Liar):
    """`expire` with nothing left does nothing."""

    shows_in: ClassVar = {"expire"}

    def expire(self, key: str, ttl: Ttl) -> bool:
        """Keep the key unless there is something to wait for."""
        if isinstance(ttl, (int, float)) and ttl <= 0:
            return self.exists(key)
        return super().expire(key, ttl)


class FindsTheMissing(Liar):
    """`mget` returns None for what is not there."""

    shows_in: ClassVar = {"mget"}

    def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return something for each key."""
        asked = keys if isinstance(keys, str) else list(keys)
        return {**dict.fromkeys(asked), **super().mget(asked)}


class FlushesEverything(Liar):
    """`flush_all` empties the server."""

    shows_in: ClassVar = {"flush_all", "lock.__enter__", "get_or_set"}

    def flush_all(self) -> bool:
        """Take the neighbours' keys too."""
        self._keyspace.clear()
        return True


class LosesKeysInScans(Liar):
    """`scan` returns one page and calls it all."""

    shows_in: ClassVar = {"scan", "scan_iter", "count_keys", "delete_pattern"}

    def scan(self, pattern: str = "*", count: int = 100, cursor: int = 0) -> tuple[int, list[str]]:
        """End after the first page."""
        return 0, super().scan(pattern, count, cursor)[1]


class _Forgiving(InMemoryLock):
    def release(self) -> None:
        with suppress(LockNotOwnedError):
            super().release()


class ForgivesLostLocks(Liar):
    """`release` of a lock that was lost says nothing."""

    shows_in: ClassVar = {"lock.release", "lock.__enter__"}

    def get_lock(
        self, name: str, timeout: Ttl = _TEN_SECONDS, blocking_timeout: Ttl | None = None, **options: Any
    ) -> DistributedLock:
        """Return a lock that never complains."""
        true = super().get_lock(name, timeout, blocking_timeout, **options)
        return bind(
            _Forgiving.__new__(_Forgiving),
            self._locks,
            true.name,
            self.key_prefix + name,
            ttl_ms("timeout", timeout),
            0,
        )


class _Shortening(InMemoryLock):
    def extend(self, additional_time: Ttl, *, replace_ttl: bool = False) -> bool:
        del replace_ttl
        return super().extend(additional_time, replace_ttl=True)


class ReplacesLeases(Liar):
    """`extend` replaces what is left of a lease where it should add to it."""

    shows_in: ClassVar = {"lock.extend"}

    def get_lock(
        self, name: str, timeout: Ttl = _TEN_SECONDS, blocking_timeout: Ttl | None = None, **options: Any
    ) -> DistributedLock:
        """Return a lock that does not add."""
        true = super().get_lock(name, timeout, blocking_timeout, **options)
        return bind(
            _Shortening.__new__(_Shortening),
            self._locks,
            true.name,
            self.key_prefix + name,
            ttl_ms("timeout", timeout),
            0,
        )


LIARS: list[type[Liar]] = [
    DeletesTheDead,
    CountsInText,
    ForgetsTheDefaultTtl,
    MatchesLikeAShell,
    SharesValues,
    ConfusesTrueWithOne,
    KeepsTheDeadline,
    ForgetsTheDeadline,
    NeverExpiresAtOnce,
    FindsTheMissing,
    FlushesEverything,
    LosesKeysInScans,
    ForgivesLostLocks,
    ReplacesLeases,
]
