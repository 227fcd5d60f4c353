"""`LeakWatch`: the interceptor that remembers what is left behind."""

from collections.abc import Iterable
from threading import Lock

from cache_provider.clock import Clock
from cache_provider.errors import LockNotOwnedError
from cache_provider.testing.leaks.keys import WrittenKeys
from cache_provider.testing.leaks.keys import judge as judge_keys
from cache_provider.testing.leaks.leak import Leak, globs, is_allowed
from cache_provider.testing.leaks.locks import AcquiredLocks
from cache_provider.testing.leaks.locks import judge as judge_locks
from cache_provider.testing.seam.operation import Operation
from cache_provider.testing.seam.passage import Watcher


class LeakWatch(Watcher):
    """Watches which locks are not given back in time and which keys will never expire.

    It learns from the operations that pass, and asks a store nothing until
    `leaks` is called. Give it to an instrumented cache as the innermost
    interceptor: a write whose reply a fault loses has been written.

    Args:
        clock: The clock of the caches.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys = WrittenKeys()
        self._locks = AcquiredLocks()
        self._noting = Lock()

    def begin(self, operation: Operation) -> None:
        # What leaks is told by what came of the operation.
        del operation

    def end(self, operation: Operation, begun: None, result: object) -> None:
        del begun
        if not operation.effect.writes:
            return
        with self._noting:
            self._keys.note(operation, result)
            self._locks.note(operation, result)

    def fail(self, operation: Operation, begun: None, error: BaseException) -> None:
        del begun
        # A release that came too late.
        if isinstance(error, LockNotOwnedError):
            with self._noting:
                self._locks.note_lost(operation)

    def leaks(self, allow_keys: Iterable[str] = (), allow_locks: Iterable[str] = ()) -> list[Leak]:
        """Return what is left behind now, locks first.

        The store is asked whether a key is still there without a ttl and a lock
        still held, so that what others removed is no leak. Where it could only
        be asked by a coroutine, over a network, what passed the seam decides.

        Args:
            allow_keys: Redis globs of keys that may stay without a ttl.
            allow_locks: Redis globs of the names of locks that may stay held, outlive their
                lease, or be released twice.

        Raises:
            TypeError: One of them is no iterable of `str`.
        """
        keys, locks = globs("allow_keys", allow_keys), globs("allow_locks", allow_locks)
        now = self._clock.now_ms()
        with self._noting:
            (certain, held), written = self._locks.suspects(now), self._keys.suspects()
        about_locks = certain + judge_locks(held, now)
        return [leak for leak in about_locks if not is_allowed(leak.key, locks)] + [
            leak for leak in judge_keys(written, now) if not is_allowed(leak.key, keys)
        ]
