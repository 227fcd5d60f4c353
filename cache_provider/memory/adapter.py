"""`InMemoryCacheAdapter`: the double."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar
from weakref import WeakValueDictionary

from cache_provider.arguments import (
    CENTURY_MS,
    USUAL_TTLS,
    Ttl,
    check_flag,
    check_key,
    check_name,
    check_text,
    lock_terms,
    ttl_ms,
)
from cache_provider.clock import SYSTEM_CLOCK, Clock
from cache_provider.codecs import Codec, check_codec
from cache_provider.errors import CacheClosedError, CacheConfigurationError
from cache_provider.interface.lock import TEN_SECONDS, DistributedLock
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.interface.renewing import renewed_lock
from cache_provider.memory.collections import MemoryHashes, MemoryLists
from cache_provider.memory.compare import MemoryCompare
from cache_provider.memory.connection import closed_keyspace
from cache_provider.memory.counters import MemoryCounters
from cache_provider.memory.eviction import Eviction
from cache_provider.memory.expiry import MemoryExpiry
from cache_provider.memory.fenced_lock import FencedLock
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.lease_clock import lease_clock
from cache_provider.memory.lock import InMemoryLock, LockHome, bind, tell
from cache_provider.memory.lock_table import PROCESS_LOCKS
from cache_provider.memory.patterns import MemoryPatterns
from cache_provider.memory.payload import Packer
from cache_provider.memory.server import MemoryServer, keyspace_of, new_keyspace
from cache_provider.memory.usual_lock import UsualLock
from cache_provider.memory.values import MemoryValues
from cache_provider.memory.walking import size, sweep
from cache_provider.stats import CacheStats

_FLUSH_PIECE = 1000


class InMemoryCacheAdapter(
    MemoryValues,
    MemoryCounters,
    MemoryExpiry,
    MemoryCompare,
    MemoryPatterns,
    MemoryLists,
    MemoryHashes,
    CacheProviderInterface,
):
    """A Redis stand-in in this process: thread-safe, no server, no set-up.

    >>> cache = InMemoryCacheAdapter()
    >>> cache.set("greeting", "hello", ttl=30)
    True
    >>> cache.get("greeting")
    'hello'

    Args:
        key_prefix: Goes before every key on a `server`, and before the names of locks.
        cache_name: The label in logs and statistics.
        server: The server to use; adapters given the same one see the same
            keys, each through its own prefix, and `close` leaves it as it is. By
            default a server of its own, which goes with `close`, and whose locks
            it shares with the other such adapters of the process.
        codec: How values become bytes; `JsonCodec()` by default.
        clock: The clock of its own server; the system's by default.
        default_ttl: The ttl of writes that create a value and give none.
        max_size: How many entries its own server holds at most; None for no bound.
        eviction: What to evict when it is full, `"lru"` or `"fifo"`.

    Attributes:
        clock: The clock of its deadlines.

    Raises:
        TypeError, ValueError: An argument is not legal.
        CacheConfigurationError: `clock`, `max_size` or `eviction` together with
            `server`, to which they belong.
    """

    # A WeakSet cannot be walked while another thread adds to it; the references
    # of this dictionary are copied in one step.
    _registry: ClassVar["WeakValueDictionary[int, InMemoryCacheAdapter]"] = WeakValueDictionary()

    def __init__(
        self,
        key_prefix: str = "test:",
        cache_name: str = "memory",
        *,
        server: MemoryServer | None = None,
        codec: Codec | None = None,
        clock: Clock | None = None,
        default_ttl: Ttl | None = None,
        max_size: int | None = None,
        eviction: Eviction = "lru",
    ) -> None:
        self._key_prefix = check_text("key_prefix", key_prefix)
        self._cache_name = check_text("cache_name", cache_name)
        self._healthy = True
        self._is_private = server is None
        if server is None:
            keyspace = new_keyspace(max_size, eviction, clock)
        else:
            keyspace = _shared_keyspace(server, clock, max_size, eviction)
        super().__init__(
            keyspace,
            # Nobody else can look into a server of its own: there the caller's own keys do, which
            # are hashed already. Putting the prefix before each costs a third of a `get`.
            "" if self._is_private else self._key_prefix,
            Packer(check_codec(codec)),
            None if default_ttl is None else ttl_ms("default_ttl", default_ttl),
        )
        self.clock = keyspace.clock
        self.default_ttl_ms = self._default_ttl_ms
        self._locks = LockHome(
            PROCESS_LOCKS if self._is_private else keyspace,
            lease_clock(self.clock) if self._is_private else self.clock,
            self._counts.lock_waits,
        )
        # Leases whose locks are `UsualLock`s for sure. Empty once it is closed: then `get_lock` has to ask.
        self._usual_leases = USUAL_TTLS if self.clock is SYSTEM_CLOCK else {}
        self._registry[id(self)] = self

    def __repr__(self) -> str:
        return f"<InMemoryCacheAdapter {self._cache_name!r} prefix={self._key_prefix!r} clock={self.clock!r}>"

    @property
    def provider_name(self) -> str:
        return "memory"

    @property
    def cache_name(self) -> str:
        return self._cache_name

    @property
    def key_prefix(self) -> str:
        return self._key_prefix

    def stats(self) -> CacheStats:
        keyspace = self._keyspace
        keyspace.require_open()
        return self._counts.stats(evictions=keyspace.evictions, expirations=keyspace.expirations)

    def get_lock(
        self,
        name: str,
        timeout: Ttl = TEN_SECONDS,
        blocking_timeout: Ttl | None = None,
        *,
        fenced: bool = False,
        raise_on_release_error: bool = True,
        thread_local: bool = True,
        renew: bool = False,
        max_hold: Ttl | None = None,
    ) -> DistributedLock:
        if renew is not False or max_hold is not None:
            return renewed_lock(
                self,
                name,
                timeout,
                blocking_timeout,
                fenced=fenced,
                raise_on_release_error=raise_on_release_error,
                thread_local=thread_local,
                renew=renew,
                max_hold=max_hold,
            )
        if type(name) is not str or not name.isascii():
            check_name("name", name)
        usual = self._usual_leases  # once: `close` puts another table there
        if (
            blocking_timeout is None
            and fenced is False
            and (type(timeout) is timedelta or type(timeout) is int)
            and timeout in usual
        ):
            lease_ms, blocking_ms = usual[timeout], None
            made: InMemoryLock = UsualLock()
        else:
            lease_ms, blocking_ms = lock_terms(self._now_ms(), timeout, blocking_timeout)
            is_fenced = check_flag("fenced", fenced)
            self._locks.keyspace.require_open()
            made = self._handle(lease_ms, is_fenced=is_fenced)
        lock = bind(made, self._locks, name, self._key_prefix + name, lease_ms, blocking_ms)
        if raise_on_release_error is True and thread_local is True:
            return lock
        return tell(lock, raise_on_release_error=raise_on_release_error, thread_local=thread_local)

    def _handle(self, lease_ms: int, *, is_fenced: bool) -> InMemoryLock:
        """Return a handle of the kind that can do its work, on no lock yet."""
        kind: type[InMemoryLock] = InMemoryLock
        if is_fenced:
            kind = FencedLock
        elif self.clock is SYSTEM_CLOCK and lease_ms < CENTURY_MS:
            kind = UsualLock
        # Its own `__init__` refuses everybody else.
        return InMemoryLock.__new__(kind)

    def health_check(self) -> bool:
        self._keyspace.require_open()
        return self._healthy

    def set_health_status(self, healthy: bool) -> None:
        """Make `health_check` and `ping` answer `healthy`, at first True, and change nothing else."""
        self._healthy = check_flag("healthy", healthy)

    def cleanup_expired(self) -> int:
        """Remove the expired entries of the server that nobody touched; return how many were removed.

        Works in small pieces; other threads wait well below a millisecond. Locks
        whose lease is over go too and do not count.
        """
        removed = sweep(self._keyspace)
        if self._is_private:
            PROCESS_LOCKS.remove_expired()
        return removed

    def get_store_size(self) -> int:
        """Return the number of live entries of the server, of every prefix; locks do not count."""
        return size(self._keyspace)

    def flush_all(self) -> bool:
        _flush(self._keyspace, self._prefix)
        _flush(self._locks.keyspace, self._key_prefix)
        return True

    def clear_all(self) -> None:
        """Empty the whole server: all prefixes and all locks.

        For an adapter without `server=`, the locks are those of the process.
        """
        self._keyspace.clear()
        self._locks.keyspace.clear()

    def close(self) -> None:
        story = f"cache {self._cache_name!r} is closed"
        self._disconnect(story)
        locks, self._locks.keyspace = self._locks.keyspace, closed_keyspace(story)
        self._usual_leases = {}
        self._registry.pop(id(self), None)
        if self._is_private:
            PROCESS_LOCKS.evict(self._locks.tenant)
        with suppress(CacheClosedError):  # it was closed before
            locks.rouse(self._locks.tenant)

    @classmethod
    def instances(cls) -> list["InMemoryCacheAdapter"]:
        """Return the adapters that are alive and not closed, which a `CleanupService` sweeps."""
        return [adapter for ref in cls._registry.valuerefs() if (adapter := ref()) is not None]

    @classmethod
    def clear_all_instances(cls) -> None:
        """Forget all adapters, so that no `CleanupService` sweeps them; they go on working."""
        cls._registry.clear()

    def as_stored(self, key: str, value: Any) -> Any:
        check_key(key)
        return self._packer.decode(key, self._packer.encode(key, value))


def _flush(keyspace: Keyspace, prefix: str) -> None:
    ours = [full_key for full_key in keyspace.snapshot() if full_key.startswith(prefix)]
    for start in range(0, len(ours), _FLUSH_PIECE):
        keyspace.remove_many(ours[start : start + _FLUSH_PIECE])


def _shared_keyspace(server: object, clock: object, max_size: object, eviction: str) -> Keyspace:
    if not isinstance(server, MemoryServer):
        raise TypeError(f"server must be a MemoryServer, not {type(server).__name__} {server!r}")
    given = {"clock": clock is not None, "max_size": max_size is not None, "eviction": eviction != "lru"}
    named = [name for name, is_given in given.items() if is_given]
    if named:
        raise CacheConfigurationError(f"{', '.join(named)} belong to the server: MemoryServer({named[0]}=…)")
    return keyspace_of(server)
