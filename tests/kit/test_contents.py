"""A test's store is filled with plain values, and shown as such."""

from collections.abc import Mapping
from typing import Any

import pytest

from cache_provider import BytesCodec, EncodeError, InMemoryCacheAdapter, ManualClock, PickleCodec
from cache_provider.testing import StoredKey
from cache_provider.testing.kit import CacheServer


def server(**options: Any) -> CacheServer:
    return CacheServer("test:", clock=ManualClock(), **options)


def cache_on(store: CacheServer) -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter("test:", server=store)


CONTENTS: Mapping[str, Any] = {
    "big": 2**70,
    "fields": StoredKey({"a": [1], "b": None}, "hash", ttl=0.25),
    "list": StoredKey([1, {"a": "ü"}, None], "list"),
    "nothing": None,
    "recent": StoredKey(["x"], "list", ttl=5),
    "session": StoredKey("ada", ttl=60),
    "short": StoredKey({"n": 1.5}, ttl=1.001),
    "user:1": {"name": "ada", "tags": ["a", "b"]},
    "values": [1, True, "x"],
}
"""What can be loaded, as `dump` shows it, in the order of the keys."""


def test_what_is_dumped_is_what_was_loaded() -> None:
    """Of every type, with and without a ttl."""
    store = server()
    store.load(CONTENTS)
    assert store.dump() == CONTENTS


def test_what_is_loaded_from_a_dump_is_the_same_store() -> None:
    """Into another one."""
    store, other = server(), server()
    store.load(CONTENTS)
    other.load(store.dump())
    assert other.dump() == store.dump()


def test_a_dump_reads_the_same_however_the_keys_came() -> None:
    """Sorted, so that a snapshot of it does not change."""
    store = server()
    store.load(dict(reversed(list(CONTENTS.items()))))
    assert repr(store.dump()) == repr(dict(CONTENTS))


def test_what_is_loaded_is_what_a_cache_of_the_test_reads() -> None:
    """Under the key as it was given: the prefix is the store's affair."""
    store = server()
    store.load({"user:1": {"name": "ada"}})
    assert cache_on(store).get("user:1") == {"name": "ada"}


def test_a_list_and_a_hash_that_are_loaded_are_those_of_the_cache() -> None:
    """The oldest item first."""
    store = server()
    store.load(CONTENTS)
    cache = cache_on(store)
    assert (cache.list_range("list", 0, -1), cache.hgetall("fields"), cache.ttl("recent")) == (
        [1, {"a": "ü"}, None],
        {"a": [1], "b": None},
        5,
    )


def test_what_a_cache_of_the_test_wrote_is_dumped() -> None:
    """By every operation that makes a key."""
    store = server()
    cache = cache_on(store)
    cache.set("value", {"a": 1}, ttl=60)
    cache.incr("counter")
    cache.push_limit("list", "x", 2)
    cache.hset("hash", "f", 1)
    assert store.dump() == {
        "counter": 1,
        "hash": StoredKey({"f": 1}, "hash"),
        "list": StoredKey(["x"], "list"),
        "value": StoredKey({"a": 1}, ttl=60),
    }


@pytest.mark.parametrize("before", [1, StoredKey([1], "list", ttl=9), StoredKey({"f": 1}, "hash", ttl=9)])
@pytest.mark.parametrize("after", [2, StoredKey([2], "list"), StoredKey({"g": 2}, "hash")])
def test_what_is_loaded_takes_the_place_of_what_was_there(before: object, after: object) -> None:
    """Whatever its type, its ttl too."""
    store = server()
    store.load({"k": before, "other": 1})
    store.load({"k": after})
    assert store.dump() == {"k": after, "other": 1}


@pytest.mark.parametrize(
    ("contents", "error"),
    [
        ({"a": 1, "b": {1}}, EncodeError),
        ({"a": 1, "b": StoredKey([1, {1}], "list")}, EncodeError),
        ({"a": 1, "b": StoredKey({1: 1}, "hash")}, TypeError),
        ({"a": 1, "b": StoredKey(1, ttl=9.223372e15)}, ValueError),
        ({"a": 1, 2: 1}, TypeError),
        ("a", TypeError),
    ],
)
def test_nothing_is_loaded_of_what_cannot_be_stored(contents: Any, error: type[Exception]) -> None:
    """Not what came before it, either."""
    store = server()
    with pytest.raises(error):
        store.load(contents)
    assert store.dump() == {}


IMPOSSIBLE: list[tuple[tuple[Any, ...], type[Exception]]] = [
    ((1, "set"), ValueError),
    ((1, "list"), TypeError),
    (([], "list"), ValueError),
    ((1, "hash"), TypeError),
    (({}, "hash"), ValueError),
    ((1, "value", 0), ValueError),
    ((1, "value", "60"), TypeError),
]


@pytest.mark.parametrize(("arguments", "error"), IMPOSSIBLE)
def test_what_no_key_can_hold_is_refused(arguments: tuple[Any, ...], error: type[Exception]) -> None:
    """When it is made, not when it is loaded."""
    with pytest.raises(error):
        StoredKey(*arguments)


def test_expired_keys_and_held_locks_are_not_dumped() -> None:
    """The first are gone, the second have tokens that differ from run to run."""
    store = server()
    store.load({"k": StoredKey(1, ttl=1)})
    cache_on(store).get_lock("jobs").acquire()
    assert isinstance(store.clock, ManualClock)
    store.clock.advance(1)
    assert store.dump() == {}


def test_ttls_can_be_left_out() -> None:
    """For a snapshot on a clock that runs."""
    store = server()
    store.load({"k": StoredKey(1, ttl=60), "list": StoredKey([1], "list", ttl=60)})
    assert store.dump(ttls=False) == {"k": 1, "list": StoredKey([1], "list")}


def test_keys_of_other_prefixes_are_shown_when_asked_for() -> None:
    """With no prefix they are as the store has them."""
    store = server()
    store.load({"k": 1})
    store.load({"k": 2}, key_prefix="other:")
    assert (store.dump(), store.dump(key_prefix="")) == ({"k": 1}, {"other:k": 2, "test:k": 1})


def test_a_dump_changes_nothing_in_the_order_of_eviction() -> None:
    """To look is not to use."""
    store = server(max_size=2)
    store.load({"old": 1, "new": 2})
    cache_on(store).get("old")
    store.dump()
    cache_on(store).set("third", 3)
    assert sorted(store.dump()) == ["old", "third"]


def test_values_are_those_of_the_tests_codec() -> None:
    """Or of another that is named."""
    store = server(codec=PickleCodec())
    store.load({"set": {1, 2}})
    store.load({"bytes": b"x"}, codec=BytesCodec(), key_prefix="raw:")
    assert (store.dump(), store.dump(codec=BytesCodec(), key_prefix="raw:")) == (
        {"set": {1, 2}},
        {"bytes": b"x"},
    )
