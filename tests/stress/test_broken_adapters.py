"""Adapters with a race built in are found out by the harness that finds nothing wrong with the real one.

Their races do not wait for chance: barriers and events hold the threads between the two halves of what should
have been one step.
"""

import threading
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import pytest

from cache_provider import InMemoryCacheAdapter, ManualClock, MemoryServer
from cache_provider.arguments import Ttl
from tests.linearizability.checker import Model
from tests.linearizability.explanation import assert_linearizable
from tests.linearizability.history import Recorder
from tests.linearizability.models import DatedModel, LockModel, MultiKeyModel, RegisterModel
from tests.stress.recording import KeepingAdapter, record_keys
from tests.stress.threads import THREADS, run_threads
from tests.threads import PATIENCE


class Meeting(InMemoryCacheAdapter):
    """An adapter with a place where all threads wait for each other."""

    def __init__(self) -> None:
        super().__init__(server=MemoryServer())
        self.everybody = threading.Barrier(THREADS)


class IncrementsInTwoSteps(Meeting):
    def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        value: int = self.get(key, default)
        self.everybody.wait(PATIENCE)
        self.set(key, value + amount, ttl)
        return value + amount


class CreatesInTwoSteps(Meeting):
    def setnx(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        is_free = not self.exists(key)
        self.everybody.wait(PATIENCE)
        return is_free and self.set(key, value, ttl)


class AcquiresInTwoSteps(Meeting):
    def acquire(self, _handle: int) -> bool:
        is_free = not self.exists("lock")
        self.everybody.wait(PATIENCE)
        return is_free and self.set("lock", "held")


class WritesKeyByKey(InMemoryCacheAdapter):
    """Sets the second key only after somebody has read both."""

    def __init__(self) -> None:
        super().__init__()
        self._half_done = threading.Event()
        self._half_seen = threading.Event()

    def mset(self, mapping: Mapping[str, Any], ttl: Ttl | None = None) -> bool:
        for key, value in mapping.items():
            self.set(key, value, ttl)
            self._half_done.set()
            self._half_seen.wait(PATIENCE)
        return True

    def mget(self, keys: Iterable[str]) -> dict[str, Any]:
        self._half_done.wait(PATIENCE)
        found = super().mget(keys)
        self._half_seen.set()
        return found


class KeepsInTwoSteps(KeepingAdapter):
    """Looks for the deadline, and writes it back after somebody has changed it."""

    def __init__(self) -> None:
        super().__init__(server=MemoryServer(clock=ManualClock()))
        self._seen = threading.Event()
        self._changed = threading.Event()

    def set_keeping(self, key: str, value: Any) -> bool:
        milliseconds = self.pttl(key)
        self._seen.set()
        self._changed.wait(PATIENCE)
        return self.set(key, value, milliseconds / 1000 if milliseconds else None)

    def expire(self, key: str, ttl: Ttl) -> bool:
        self._seen.wait(PATIENCE)
        changed = super().expire(key, ttl)
        self._changed.set()
        return changed


class AnswersFromACopy(InMemoryCacheAdapter):
    """Reads a key once and never looks again."""

    def __init__(self) -> None:
        super().__init__()
        self._copies: dict[str, Any] = {}

    def get(self, key: str, default: Any = None) -> Any:
        return self._copies.setdefault(key, super().get(key, default))


def assert_rejected(recorder: Recorder, model: Model[Any]) -> None:
    (history,) = recorder.by_key().values()
    with pytest.raises(AssertionError, match="not linearizable"):
        assert_linearizable(history, model)


def test_an_increment_in_two_steps_is_rejected() -> None:
    """Eight threads that all read before one of them writes lose seven updates."""
    adapters = [IncrementsInTwoSteps()] * THREADS
    assert_rejected(record_keys(adapters, ["n"], lambda _: ("incr",), turns=1), RegisterModel())


def test_a_setnx_in_two_steps_is_rejected() -> None:
    """Eight threads that all look before one of them writes all win."""
    adapters = [CreatesInTwoSteps()] * THREADS
    assert_rejected(record_keys(adapters, ["k"], lambda _: ("setnx", 1), turns=1), RegisterModel())


def test_a_lock_acquired_in_two_steps_is_rejected() -> None:
    """Eight threads that all find a lock free before one of them takes it all hold it."""
    lock, recorder = AcquiresInTwoSteps(), Recorder()
    run_threads(THREADS, lambda number: recorder.call("lock", "try_acquire", lock.acquire, number))
    assert_rejected(recorder, LockModel())


def test_an_mset_key_by_key_is_rejected() -> None:
    """Seven threads read while the eighth is half done."""
    cache, recorder = WritesKeyByKey(), Recorder()

    def work(number: int) -> None:
        if number:
            recorder.call("all keys", "mget", cache.mget, ("a", "b"))
        else:
            recorder.call("all keys", "mset", cache.mset, {"a": 1, "b": 1})

    run_threads(THREADS, work)
    assert_rejected(recorder, MultiKeyModel("a", "b"))


def test_a_deadline_kept_in_two_steps_is_rejected() -> None:
    """Another thread's new deadline is overwritten with the one from before it."""
    cache, recorder = KeepsInTwoSteps(), Recorder()
    recorder.call("k", "set", partial(cache.set, "k"), 0, 60)

    def work(number: int) -> None:
        if number == 0:
            recorder.call("k", "set_keeping", partial(cache.set_keeping, "k"), 1)
        elif number == 1:
            recorder.call("k", "expire", partial(cache.expire, "k"), 5)

    run_threads(THREADS, work)
    recorder.call("k", "pttl", partial(cache.pttl, "k"))
    assert_rejected(recorder, DatedModel())


def test_a_read_from_a_copy_is_rejected() -> None:
    """Eight threads read, write and read again, and see what was there before the writes."""
    cache, recorder = AnswersFromACopy(), Recorder()

    def work(number: int) -> None:
        recorder.call("k", "get", partial(cache.get, "k"))
        recorder.call("k", "set", partial(cache.set, "k"), number)
        recorder.call("k", "get", partial(cache.get, "k"))

    run_threads(THREADS, work)
    assert_rejected(recorder, RegisterModel())
