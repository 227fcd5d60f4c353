"""The short ways of the hottest operations answer as the long ones do."""

import ast
import re
import time
from collections import UserString
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from cache_provider import (
    CounterOverflowError,
    EncodeError,
    InMemoryCacheAdapter,
    JsonCodec,
    LockNotOwnedError,
    ManualClock,
    SystemClock,
)
from cache_provider.arguments import INT64_MAX, INT64_MIN, USUAL_TTLS, ttl_ms
from cache_provider.clock import SYSTEM_CLOCK
from cache_provider.codecs import flat_copier_of
from cache_provider.memory import keyspace
from cache_provider.memory.keyspace import Keyspace

JSON = JsonCodec()
START = datetime(2024, 5, 17, 12, 30, tzinfo=UTC)

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)


class Text(str):
    """A str that would come back as something else."""

    __slots__ = ()


REACHES_IN = re.compile(r"\._open_entries\b|\bentries\[\w+\] = |\bdel entries\[")


def taking_a_short_way() -> Iterator[str]:
    """Yield the methods of the double that reach into a keyspace's entries, with their classes."""
    for path in sorted(Path(str(keyspace.__file__)).parent.glob("*.py")):
        for cls in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(cls, ast.ClassDef) and cls.name not in {
                "Keyspace",
                "Ledger",
                "MemoryConnection",
            }:
                for method in cls.body:
                    if REACHES_IN.search(ast.unparse(method)):
                        assert isinstance(method, ast.FunctionDef)
                        yield f"{cls.name}.{method.name}"


def test_the_keyspace_tells_who_does_its_work() -> None:
    """Who changes a rule of it finds all those that rely on it."""
    told = re.findall(r"`(\w+\.\w+)`", str(keyspace.__doc__))
    assert sorted(taking_a_short_way()) == sorted(told)


@pytest.fixture
def cache() -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter()


# Flat dicts


def copied(fields: dict[Any, Any]) -> object:
    copy = flat_copier_of(JSON)
    assert copy is not None
    return copy(fields)


@given(fields=st.dictionaries(st.text(), SCALARS))
def test_a_flat_dict_comes_back_as_json_would_bring_it(fields: dict[str, Any]) -> None:
    """The copy has the same fields in the same order, of the same types."""
    assert repr(copied(fields)) == repr(JSON.decode(JSON.encode(fields)))


NOT_FLAT: dict[str, dict[object, object]] = {
    "a list in it": {"a": [1]},
    "a dict in it": {"a": {}},
    "a tuple in it": {"a": (1,)},
    "bytes": {"a": b"bytes"},
    "NaN": {"a": float("nan")},
    "a str subclass": {"a": Text("x")},
    "a str subclass as a key": {Text("a"): 1},
    "an int as a key": {1: "a"},
    "a lone surrogate": {"a": "\ud800"},
    "a lone surrogate in a key": {"\ud800": "a"},
    "an int that is never read again": {"a": 10**5000},
    "an object behind a key past ASCII": {"é": object()},
}


@pytest.mark.parametrize("fields", NOT_FLAT.values(), ids=NOT_FLAT.keys())
def test_no_other_dict_is_kept_as_a_copy(fields: dict[object, object]) -> None:
    """What is nested, refused or changed by JSON takes the long way."""
    assert copied(fields) is None


def test_a_flat_dict_is_not_aliased_by_set(cache: InMemoryCacheAdapter) -> None:
    """What the caller changes after `set` stays the caller's."""
    fields = {"n": 1}
    cache.set("k", fields)
    fields["n"] = 2
    assert cache.get("k") == {"n": 1}


def get(cache: InMemoryCacheAdapter) -> Any:
    return cache.get("k")


def mget(cache: InMemoryCacheAdapter) -> Any:
    return cache.mget(["k"])["k"]


@pytest.mark.parametrize("read", [get, mget])
def test_a_flat_dict_is_not_aliased_by_a_read(
    read: Callable[[InMemoryCacheAdapter], Any], cache: InMemoryCacheAdapter
) -> None:
    """What the caller changes after a read changes nothing that is stored."""
    cache.set("k", {"n": 1})
    read(cache)["n"] = 2
    assert cache.get("k") == {"n": 1}


# Keys and values of other types


@pytest.mark.parametrize("call", ["get", "exists", "incr", "delete"])
def test_what_only_looks_like_a_str_is_no_key(call: str, cache: InMemoryCacheAdapter) -> None:
    """It hashes and compares as the key that is there, and is refused all the same."""
    cache.set("k", 1)
    with pytest.raises(TypeError):
        getattr(cache, call)(UserString("k"))


def test_mset_refuses_one_text_that_would_come_back_as_another(cache: InMemoryCacheAdapter) -> None:
    """Among many that are stored as they are."""
    with pytest.raises(EncodeError, match="Text"):
        cache.mset({"a": "x", "b": Text("y")})


# Counters


@pytest.mark.parametrize("start", [2**30 - 1, 2**30, -(2**30), 2**62, -(2**62), INT64_MAX - 1, INT64_MIN + 1])
@pytest.mark.parametrize("amount", [1, -1])
def test_a_counter_counts_past_what_is_small(start: int, amount: int, cache: InMemoryCacheAdapter) -> None:
    """The short way ends at 30 bits; the counter does not."""
    cache.set("n", start)
    assert (cache.incr("n", amount), cache.get("n")) == (start + amount, start + amount)


@pytest.mark.parametrize("start", [1, INT64_MAX])
def test_an_amount_past_int64_is_refused(start: int, cache: InMemoryCacheAdapter) -> None:
    """Even where the sum would be small: arguments are judged by themselves."""
    cache.set("n", start)
    with pytest.raises(ValueError, match="amount"):
        cache.incr("n", -(2**63) - 5)


def test_a_small_amount_may_be_too_much(cache: InMemoryCacheAdapter) -> None:
    """The sum must fit int64, too."""
    cache.set("n", INT64_MAX)
    with pytest.raises(CounterOverflowError):
        cache.incr("n")


@pytest.mark.parametrize("default", [False, 0.0], ids=repr)
def test_a_default_that_equals_zero_but_is_no_int_is_refused(
    default: Any, cache: InMemoryCacheAdapter
) -> None:
    """On a counter that is there, too."""
    cache.set("n", 1)
    with pytest.raises(TypeError, match="default"):
        cache.incr("n", default=default)


# Ttls and time


def test_a_ttl_that_was_seen_before_means_the_same() -> None:
    """The second conversion is looked up."""
    ttl = timedelta(hours=7, milliseconds=1)
    assert [ttl_ms("ttl", ttl), ttl_ms("ttl", ttl)] == [25_200_001, 25_200_001]


def test_a_huge_ttl_is_not_remembered() -> None:
    """It must be checked against the clock each time."""
    ttl_ms("ttl", timedelta(days=999_999))
    assert timedelta(days=999_999) not in USUAL_TTLS


def test_a_usual_ttl_past_the_end_of_time_is_refused() -> None:
    """A clock may stand just before the last millisecond of int64."""
    clock = ManualClock(INT64_MAX // 1000 - 10)
    cache = InMemoryCacheAdapter(clock=clock)
    ttl_ms("ttl", timedelta(seconds=60))
    with pytest.raises(ValueError, match="int64"):
        cache.set("k", "v", timedelta(seconds=60))


def test_true_is_no_ttl_although_one_was_seen_before() -> None:
    """The two are equal."""
    ttl_ms("ttl", 1)
    with pytest.raises(TypeError, match="ttl must be"):
        ttl_ms("ttl", True)


@given(st.integers(-2_000, 2_000), st.integers(0, 999_999))
def test_the_short_way_ends_in_the_millisecond_of_the_deadline(early_us: int, start_us: int) -> None:
    """It reads the time as a float, and leaves the last millisecond to the clock itself."""
    cache = InMemoryCacheAdapter()
    with time_machine.travel(START + timedelta(microseconds=start_us), tick=False) as traveller:
        cache.set("k", "v", 10)
        deadline = SYSTEM_CLOCK.now_ms() + 10_000
        traveller.shift(timedelta(seconds=10, microseconds=-early_us))
        assert (cache.get("k") is None) == (SYSTEM_CLOCK.now_ms() >= deadline)


@given(st.integers(-2_000, 2_000), st.integers(0, 999_999))
def test_a_usual_lock_is_held_up_to_the_millisecond_of_its_end(early_us: int, start_us: int) -> None:
    """The release reads the time as a float, too."""
    lock = InMemoryCacheAdapter().get_lock("lock")
    with time_machine.travel(START + timedelta(microseconds=start_us), tick=False) as traveller:
        lock.acquire()
        until = SYSTEM_CLOCK.now_ms() + 10_000
        traveller.shift(timedelta(seconds=10, microseconds=-early_us))
        with pytest.raises(LockNotOwnedError) if SYSTEM_CLOCK.now_ms() >= until else nullcontext():
            lock.release()


def test_a_patched_wall_clock_is_seen_by_get(cache: InMemoryCacheAdapter) -> None:
    """The short way reads the wall clock only while nobody moves it."""
    cache.set("k", "v", timedelta(seconds=60))
    later = time.time() + 61
    with mock.patch("time.time", return_value=later):
        assert cache.get("k") is None


def test_a_patched_wall_clock_is_seen_by_set(cache: InMemoryCacheAdapter) -> None:
    """A deadline counts from the time that the test says it is."""
    past = time.time() - 120
    with mock.patch("time.time", return_value=past):
        cache.set("k", "v", timedelta(seconds=60))
    assert cache.get("k") is None


def test_a_clock_that_only_inherits_from_the_systems_is_asked() -> None:
    """Its own `now_ms` counts."""

    class Slow(SystemClock):
        def now_ms(self) -> int:
            return 5

    assert Keyspace(clock=Slow()).plain_time is None


# Keys on a server of one's own


def test_locks_keep_their_prefix_where_keys_need_none() -> None:
    """The table of locks is everybody's: the same name under two prefixes is two locks."""
    ours, theirs = InMemoryCacheAdapter("ours:"), InMemoryCacheAdapter("theirs:")
    with ours.get_lock("same"):
        assert theirs.get_lock("same").acquire(blocking=False)


def test_flush_all_breaks_only_the_locks_under_its_prefix() -> None:
    """Though its keys have none."""
    ours, theirs = InMemoryCacheAdapter("ours:"), InMemoryCacheAdapter("theirs:")
    lock = theirs.get_lock("l")
    lock.acquire()
    ours.flush_all()
    assert lock.owned()
