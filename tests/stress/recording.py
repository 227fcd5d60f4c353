"""Eight threads that use a cache, and the history of what they did."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from cache_provider import CacheProviderInterface, DistributedLock, InMemoryCacheAdapter, LockNotOwnedError
from tests.linearizability.history import Recorder
from tests.stress.threads import THREADS, run_threads

Call = tuple[Any, ...]
"""The name of an operation, then its arguments without the key."""

Choose = Callable[[random.Random], Call]
"""Picks what a thread calls next."""


class KeepingAdapter(InMemoryCacheAdapter):
    """An adapter with names for the writes that keep a key's deadline."""

    def set_keeping(self, key: str, value: Any) -> bool:
        return self.set(key, value, keep_ttl=True)

    def getset_keeping(self, key: str, value: Any) -> Any:
        return self.getset(key, value, keep_ttl=True)

    def swap_keeping(self, key: str, expected: Any, value: Any) -> bool:
        return self.compare_and_set(key, expected, value, keep_ttl=True)


Adapters = Sequence[CacheProviderInterface]
"""One for each thread."""


def record_keys(adapters: Adapters, keys: Sequence[str], choose: Choose, *, turns: int) -> Recorder:
    """Record random calls under random keys."""
    recorder = Recorder()

    def work(number: int) -> None:
        rng = random.Random(number)
        for _ in range(turns):
            key = rng.choice(keys)
            name, *arguments = choose(rng)
            recorder.call(key, name, partial(getattr(adapters[number], name), key), *arguments)

    run_threads(THREADS, work)
    return recorder


def record_all_keys(adapters: Adapters, choose: Choose, *, turns: int) -> Recorder:
    """Record random calls that name several keys, in one history of all of them."""
    recorder = Recorder()

    def work(number: int) -> None:
        rng = random.Random(number)
        for _ in range(turns):
            name, *arguments = choose(rng)
            recorder.call("all keys", name, partial(_bulk, adapters[number], name), *arguments)

    run_threads(THREADS, work)
    return recorder


def _bulk(cache: CacheProviderInterface, name: str, *arguments: Any) -> Any:
    # The contract promises a snapshot of the keys, and says nothing of their order.
    return sorted(cache.keys()) if name == "keys" else getattr(cache, name)(*arguments)


def record_lock(locks: Sequence[DistributedLock], *, turns: int) -> Recorder:
    """Record how threads, each with a handle of its own, acquire and release one lock."""
    recorder = Recorder()

    def work(number: int) -> None:
        rng = random.Random(number)
        user = _LockUser(recorder, number, locks[number])
        for _ in range(turns):
            rng.choice((user.wait_for_it, user.try_it, user.look_at_it, user.release_what_is_not_held))()

    run_threads(THREADS, work)
    return recorder


class _LockUser:
    """A thread that never waits for the lock while it holds it."""

    def __init__(self, recorder: Recorder, number: int, lock: DistributedLock) -> None:
        self._recorder = recorder
        self._number = number
        self._lock = lock

    def wait_for_it(self) -> None:
        self._call("acquire", self._lock.acquire)
        self._call("try_acquire", self._try)
        self._call("release", self._lock.release)

    def try_it(self) -> None:
        if self._call("try_acquire", self._try):
            self._call("owned", self._lock.owned)
            self._call("release", self._lock.release)

    def look_at_it(self) -> None:
        self._call("locked", self._lock.locked)
        self._call("owned", self._lock.owned)

    def release_what_is_not_held(self) -> None:
        with suppress(LockNotOwnedError):
            self._call("release", self._lock.release)

    def _try(self) -> bool:
        return self._lock.acquire(blocking=False)

    def _call(self, name: str, function: Callable[[], Any]) -> Any:
        def ignoring_the_number(_handle: int) -> Any:
            return function()

        return self._recorder.call(self._lock.name, name, ignoring_the_number, self._number)
