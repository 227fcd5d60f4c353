"""What eight threads did at once could have been done one call at a time."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from cache_provider import InMemoryCacheAdapter, ManualClock, MemoryServer
from tests.linearizability.checker import Model
from tests.linearizability.explanation import assert_linearizable
from tests.linearizability.history import Recorder
from tests.linearizability.models import (
    CappedListModel,
    DatedModel,
    DictFieldModel,
    HashModel,
    LockModel,
    MultiKeyModel,
    RegisterModel,
)
from tests.stress.recording import Adapters, Call, KeepingAdapter, record_all_keys, record_keys, record_lock
from tests.stress.threads import THREADS

pytestmark = pytest.mark.usefixtures("interleaving")

TURNS = 150
KEYS = ("a", "b", "c")


def one_adapter() -> Adapters:
    return [InMemoryCacheAdapter()] * THREADS


def adapters_of_one_server() -> Adapters:
    # With a clock that stands still nobody looks again by itself: every wait must be ended by a wake-up.
    server = MemoryServer(clock=ManualClock())
    return [InMemoryCacheAdapter(server=server) for _ in range(THREADS)]


def adapters_of_one_bounded_server() -> Adapters:
    # Reads of a bounded server take another way; this one is never full.
    server = MemoryServer(max_size=100)
    return [InMemoryCacheAdapter(server=server) for _ in range(THREADS)]


def one_adapter_with_ttls() -> Adapters:
    return [InMemoryCacheAdapter(default_ttl=600)] * THREADS


def keeping_adapters() -> Adapters:
    # A clock that stands still, so that the time left is a number to foresee.
    server = MemoryServer(clock=ManualClock())
    return [KeepingAdapter(server=server) for _ in range(THREADS)]


def keeping_adapters_of_a_bounded_server() -> Adapters:
    server = MemoryServer(max_size=100, clock=ManualClock())
    return [KeepingAdapter(server=server) for _ in range(THREADS)]


def private_adapters() -> Adapters:
    return [InMemoryCacheAdapter() for _ in range(THREADS)]


each_sharing = pytest.mark.parametrize(
    "adapters",
    [one_adapter, adapters_of_one_server, adapters_of_one_bounded_server, one_adapter_with_ttls],
)


def assert_each_history_linearizable(recorder: Recorder, model: Model[Any]) -> None:
    for history in recorder.by_key().values():
        assert_linearizable(history, model)


def value_call(rng: random.Random) -> Call:
    value, other = rng.sample(range(5), 2)
    return rng.choice(
        (
            ("get",),
            ("exists",),
            ("set", value),
            ("set", "text"),
            ("setnx", value),
            ("delete",),
            ("compare_and_set", value, other),
            ("compare_and_delete", value),
        )
    )


def dated_call(rng: random.Random) -> Call:
    value, other = rng.sample(range(3), 2)
    return rng.choice(
        (
            ("set", value, rng.choice((60, 70))),
            ("set", value),
            ("set_keeping", value),
            ("getset_keeping", value),
            ("swap_keeping", value, other),
            ("expire", 80),
            ("persist",),
            ("pttl",),
            ("pttl",),
            ("get",),
            ("delete",),
        )
    )


def counter_call(rng: random.Random) -> Call:
    return rng.choice((("incr",), ("incr", 5), ("decr", 2), ("get",), ("setnx", 0), ("delete",)))


def list_call(rng: random.Random) -> Call:
    push = ("push_limit", rng.randrange(1000), 4)
    return rng.choice((push, push, push, ("list_range", 0, -1), ("delete",)))


def hash_call(rng: random.Random) -> Call:
    field, other = rng.sample("fgh", 2)
    value = rng.randrange(1000)
    return rng.choice(
        (
            ("hset", field, value),
            ("hset", other, value),
            ("hdel", field, other),
            ("hgetall",),
            ("hget", field),
        )
    )


def record_call(rng: random.Random) -> Call:
    value, other = rng.sample(range(3), 2)
    new = {"state": other, "by": rng.randrange(1000)}
    swap = ("cas_dict_field", "state", value, new)
    return rng.choice((swap, swap, swap, ("get",), ("set", {"state": value}), ("delete",)))


def bulk_call(rng: random.Random) -> Call:
    some = tuple(rng.sample(KEYS, rng.randint(1, 3)))
    return rng.choice(
        (
            ("mset", dict.fromkeys(some, rng.randrange(1000))),
            ("mget", KEYS),
            ("mdelete", some),
            ("keys",),
            ("get", some[0]),
            ("get", some[0]),
        )
    )


@each_sharing
def test_operations_on_values_are_linearizable(adapters: Callable[[], Adapters]) -> None:
    """Reads, writes, conditional writes and deletes of one key each take effect at one moment."""
    recorder = record_keys(adapters(), KEYS, value_call, turns=TURNS)
    assert_each_history_linearizable(recorder, RegisterModel())


@pytest.mark.parametrize("adapters", [keeping_adapters, keeping_adapters_of_a_bounded_server])
def test_writes_that_keep_the_deadline_are_linearizable(adapters: Callable[[], Adapters]) -> None:
    """Neither the value nor the deadline that somebody else wrote at the same time is lost."""
    recorder = record_keys(adapters(), KEYS, dated_call, turns=TURNS)
    assert_each_history_linearizable(recorder, DatedModel())


@each_sharing
def test_operations_on_counters_are_linearizable(adapters: Callable[[], Adapters]) -> None:
    """Increments and decrements of counters that come and go each take effect at one moment."""
    recorder = record_keys(adapters(), KEYS, counter_call, turns=TURNS)
    assert_each_history_linearizable(recorder, RegisterModel())


@each_sharing
def test_operations_on_capped_lists_are_linearizable(adapters: Callable[[], Adapters]) -> None:
    """A push is one step with its trim, and a reader sees the list between two of them."""
    recorder = record_keys(adapters(), KEYS, list_call, turns=TURNS)
    assert_each_history_linearizable(recorder, CappedListModel())


@each_sharing
def test_operations_on_hashes_are_linearizable(adapters: Callable[[], Adapters]) -> None:
    """Fields are set and removed one operation at a time, the key with the last of them."""
    recorder = record_keys(adapters(), KEYS, hash_call, turns=TURNS)
    assert_each_history_linearizable(recorder, HashModel())


@each_sharing
def test_operations_on_records_are_linearizable(adapters: Callable[[], Adapters]) -> None:
    """A swap that depends on a field is one step with the comparison."""
    recorder = record_keys(adapters(), KEYS, record_call, turns=TURNS)
    assert_each_history_linearizable(recorder, DictFieldModel())


@each_sharing
def test_operations_on_several_keys_are_linearizable(adapters: Callable[[], Adapters]) -> None:
    """Bulk writes, reads and deletes, and the list of keys, each happen at one moment for all keys."""
    recorder = record_all_keys(adapters(), bulk_call, turns=TURNS)
    assert_each_history_linearizable(recorder, MultiKeyModel(*KEYS))


@pytest.mark.parametrize(
    "adapters", [one_adapter, private_adapters, adapters_of_one_server, one_adapter_with_ttls]
)
def test_locks_are_linearizable(adapters: Callable[[], Adapters]) -> None:
    """Acquire, release, `locked` and `owned` of one lock each take effect at one moment."""
    locks = [adapter.get_lock("lock", timeout=600) for adapter in adapters()]
    recorder = record_lock(locks, turns=60)
    assert_each_history_linearizable(recorder, LockModel())
