"""`LeakWatch`: the interceptor that remembers what is left behind."""

from collections import deque
from collections.abc import Iterable
from threading import Lock

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.clock import Clock
from cache_provider.errors import LockNotOwnedError
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.testing.leaks.keys import WrittenKeys
from cache_provider.testing.leaks.keys import judge as judge_keys
from cache_provider.testing.leaks.leak import Leak, globs, is_allowed
from cache_provider.testing.leaks.locks import AcquiredLocks
from cache_provider.testing.leaks.locks import judge as judge_locks
from cache_provider.testing.seam.operation import Operation
from cache_provider.testing.seam.passage import Watcher

_UNSETTLED = 10_000
"""How many operations wait at most to be looked at: they hold what they were called with."""


class LeakWatch(Watcher):
    """Watches which locks are not released in time and which keys will never expire.

    It learns from the operations that pass, and asks the store nothing until
    `leaks` is called. Make it the innermost interceptor of an instrumented cache:
    a write whose reply a fault loses has still been written.

    Args:
        clock: The clock of the caches.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys = WrittenKeys()
        self._locks = AcquiredLocks()
        self._unsettled: deque[Operation] = deque()
        self._noting = Lock()
        self.note_written = self._note

    def closing(self, provider: CacheProviderInterface | AsyncCacheProviderInterface) -> None:
        # While it can still be asked where its keys are.
        del provider
        self._settle()

    def _note(self, record: Operation) -> None:
        unsettled = self._unsettled
        unsettled.append(record)
        if len(unsettled) > _UNSETTLED:
            self._settle()

    def _settle(self) -> None:
        """Learn from the operations that passed."""
        with self._noting:
            while self._unsettled:
                record = self._unsettled.popleft()
                if record.error is None:
                    self._keys.note(record)
                    self._locks.note(record)
                elif isinstance(record.error, LockNotOwnedError):
                    # A release that came too late.
                    self._locks.note_lost(record)

    def leaks(self, allow_keys: Iterable[str] = (), allow_locks: Iterable[str] = ()) -> list[Leak]:
        """Return what is left behind now, locks first.

        It asks the store whether a key is still there without a ttl and whether a lock
        is still held, so that what others removed is not a leak. If only a coroutine
        could ask, over a network, the operations that were seen decide.

        Args:
            allow_keys: Redis globs of keys that may stay without a ttl.
            allow_locks: Redis globs of the names of locks that may stay held, outlive their
                lease, or be released twice.

        Raises:
            TypeError: One of them is not an iterable of `str`.
        """
        keys, locks = globs("allow_keys", allow_keys), globs("allow_locks", allow_locks)
        now = self._clock.now_ms()
        self._settle()
        with self._noting:
            (certain, held), written = self._locks.suspects(now), self._keys.suspects()
        about_locks = certain + judge_locks(held, now)
        return [leak for leak in about_locks if not is_allowed(leak.key, locks)] + [
            leak for leak in judge_keys(written, now) if not is_allowed(leak.key, keys)
        ]
