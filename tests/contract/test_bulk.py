"""Several keys in one call."""

from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Any

import pytest

from cache_provider import EncodeError
from tests.contract.harness import Cache, Harness

BULK: dict[str, Callable[[Cache, Any], object]] = {
    "mget": lambda cache, keys: cache.mget(keys),
    "mdelete": lambda cache, keys: cache.mdelete(keys),
    "mexists": lambda cache, keys: cache.mexists(keys),
}

ITERABLES: dict[str, Callable[[list[str]], Iterable[str]]] = {
    "list": list,
    "tuple": tuple,
    "generator": lambda keys: (key for key in keys),
    "iterator": iter,
    "dict": dict.fromkeys,
    "dict view": lambda keys: dict.fromkeys(keys).keys(),
    "set": set,
    "frozenset": frozenset,
}

bulk = pytest.mark.parametrize("call", BULK.values(), ids=BULK.keys())
iterable = pytest.mark.parametrize("make", ITERABLES.values(), ids=ITERABLES.keys())


@bulk
@pytest.mark.parametrize("keys", ["ab", "", b"ab", 5, None], ids=repr)
def test_what_is_no_collection_of_keys_is_refused(
    cache: Cache, call: Callable[[Cache, Any], object], keys: Any
) -> None:
    """A bare `str`, whose letters would be taken for keys, is a `TypeError`; so is what has no items."""
    with pytest.raises(TypeError, match=rf"\bkeys\b.*{keys!r}"):
        call(cache, keys)


def test_a_bare_str_deletes_nothing(cache: Cache) -> None:
    """A refused `mdelete` leaves the keys that its letters name."""
    cache.set("a", 1)
    with pytest.raises(TypeError, match="keys"):
        cache.mdelete("a")
    assert cache.exists("a")


# mget


def test_mget_returns_the_values_that_are_there(cache: Cache) -> None:
    """Missing keys are left out."""
    cache.set("a", 1)
    cache.set("b", "two")
    assert cache.mget(["a", "missing", "b"]) == {"a": 1, "b": "two"}


def test_mget_answers_in_the_order_asked(cache: Cache) -> None:
    """The order is that of the request, not that of the writes."""
    for key in "abcd":
        cache.set(key, key)
    assert list(cache.mget(["c", "a", "missing", "d", "b"])) == ["c", "a", "d", "b"]


def test_mget_answers_each_key_once(cache: Cache) -> None:
    """A key that is asked for twice stands where it was asked for first."""
    cache.mset({"a": 1, "b": 2})
    assert list(cache.mget(["b", "a", "b", "a"])) == ["b", "a"]


def test_mget_includes_a_stored_none(cache: Cache) -> None:
    """A stored None is there; a missing key is not."""
    cache.set("none", None)
    assert cache.mget(["none", "missing"]) == {"none": None}


def test_mget_of_no_keys_is_empty(cache: Cache) -> None:
    """Asking for nothing gives nothing."""
    assert cache.mget([]) == {}


@iterable
def test_mget_takes_any_iterable(cache: Cache, make: Callable[[list[str]], Iterable[str]]) -> None:
    """Keys may come as any iterable, a generator too."""
    cache.mset({"a": 1, "b": 2})
    assert cache.mget(make(["a", "b"])) == {"a": 1, "b": 2}


def test_mget_decodes_each_value_afresh(cache: Cache) -> None:
    """Changing one answer changes no other."""
    cache.set("key", {"tags": ["a"]})
    cache.mget(["key"])["key"]["tags"].append("b")
    assert cache.mget(["key"]) == {"key": {"tags": ["a"]}}


# mset


def test_mset_stores_every_value(cache: Cache) -> None:
    """Each key holds its value."""
    cache.mset({"a": 1, "b": None, "c": {"d": []}})
    assert cache.mget(["a", "b", "c"]) == {"a": 1, "b": None, "c": {"d": []}}


def test_mset_answers_true(cache: Cache) -> None:
    """`mset` returns True."""
    assert cache.mset({"a": 1}) is True


def test_mset_replaces_values(cache: Cache) -> None:
    """Live keys are overwritten."""
    cache.set("a", "old")
    cache.mset({"a": "new"})
    assert cache.get("a") == "new"


def test_mset_leaves_other_keys(cache: Cache) -> None:
    """Keys that it does not name stay."""
    cache.set("other", "old")
    cache.mset({"a": 1})
    assert cache.get("other") == "old"


def test_mset_of_nothing_stores_nothing(cache: Cache) -> None:
    """An empty mapping is legal."""
    cache.mset({})
    assert cache.keys() == []


def test_mset_gives_every_key_the_ttl(cache: Cache, harness: Harness) -> None:
    """One ttl is for all."""
    cache.mset({"a": 1, "b": 2}, ttl=10)
    harness.pass_time(4)
    assert [cache.ttl("a"), cache.ttl("b")] == [6, 6]


def test_mset_keys_go_together(cache: Cache, harness: Harness) -> None:
    """At the end of the ttl all are gone."""
    cache.mset({"a": 1, "b": 2}, ttl=10)
    harness.pass_time(10)
    assert cache.mget(["a", "b"]) == {}


def test_mset_takes_any_mapping(cache: Cache) -> None:
    """The argument need not be a dict."""
    cache.mset(MappingProxyType({"a": 1}))
    assert cache.get("a") == 1


@pytest.mark.parametrize("mapping", [[("a", 1)], "ab", None, {"a"}, 5], ids=repr)
def test_mset_takes_a_mapping_only(cache: Cache, mapping: Any) -> None:
    """What maps no keys to values is a `TypeError`."""
    with pytest.raises(TypeError, match=r"\bmapping\b"):
        cache.mset(mapping)


@pytest.mark.parametrize("bad", ["first", "middle", "last"])
def test_mset_that_cannot_be_encoded_is_refused(cache: Cache, bad: str) -> None:
    """One value that the codec refuses is an `EncodeError` naming its key, wherever it stands."""
    mapping: dict[str, object] = {key: {1} if key == bad else "new" for key in ("first", "middle", "last")}
    with pytest.raises(EncodeError, match=f"'{bad}'.*set"):
        cache.mset(mapping)


@pytest.mark.parametrize("bad", ["first", "middle", "last"])
def test_mset_that_cannot_be_encoded_leaves_everything(cache: Cache, bad: str) -> None:
    """All or nothing: no key is written, replaced or given a ttl."""
    cache.set("first", "old")
    mapping: dict[str, object] = {key: {1} if key == bad else "new" for key in ("first", "middle", "last")}
    with pytest.raises(EncodeError, match=bad):
        cache.mset(mapping, ttl=10)
    assert (cache.mget(["first", "middle", "last"]), cache.ttl("first")) == ({"first": "old"}, None)


def test_mset_with_an_illegal_key_leaves_everything(cache: Cache) -> None:
    """All or nothing: a key that is no `str` stops the whole write."""
    mapping: Any = {"a": 1, 7: 2}
    with pytest.raises(TypeError, match=r"key.*7"):
        cache.mset(mapping)
    assert not cache.exists("a")


# mdelete


def test_mdelete_removes_every_key(cache: Cache) -> None:
    """The keys that it names are gone, and only they."""
    cache.mset({"a": 1, "b": 2, "c": 3})
    cache.mdelete(["a", "c"])
    assert cache.keys() == ["b"]


@pytest.mark.parametrize(
    ("keys", "count"),
    [
        (["a", "b"], 2),
        (["a", "missing"], 1),
        (["missing"], 0),
        ([], 0),
        (["a", "a"], 1),
        (["a", "b", "a", "missing", "missing"], 2),
    ],
    ids=repr,
)
def test_mdelete_counts_the_live_keys_that_went(cache: Cache, keys: list[str], count: int) -> None:
    """A missing key does not count, a duplicate counts once."""
    cache.mset({"a": 1, "b": None})
    assert cache.mdelete(keys) == count


def test_mdelete_does_not_count_an_expired_key(cache: Cache, harness: Harness) -> None:
    """An expired key was gone already."""
    cache.set("expired", 1, 10)
    cache.set("live", 2)
    harness.pass_time(10)
    assert cache.mdelete(["expired", "live"]) == 1


@iterable
def test_mdelete_takes_any_iterable(cache: Cache, make: Callable[[list[str]], Iterable[str]]) -> None:
    """Keys may come as any iterable, a generator too."""
    cache.mset({"a": 1, "b": 2, "c": 3})
    assert cache.mdelete(make(["a", "b"])) == 2


def test_mdelete_takes_its_keys_for_names(cache: Cache) -> None:
    """A key is never a pattern."""
    cache.set("a", 1)
    assert cache.mdelete(["*", "?"]) == 0


# mexists


def test_mexists_tells_for_each_key(cache: Cache) -> None:
    """A stored None is there, a missing key is not."""
    cache.mset({"a": 1, "none": None})
    assert cache.mexists(["a", "missing", "none"]) == {"a": True, "missing": False, "none": True}


def test_mexists_answers_in_the_order_asked(cache: Cache) -> None:
    """Each key stands where it was asked for first."""
    cache.set("a", 1)
    assert list(cache.mexists(["c", "a", "b", "a", "c"])) == ["c", "a", "b"]


def test_mexists_of_no_keys_is_empty(cache: Cache) -> None:
    """Asking for nothing gives nothing."""
    assert cache.mexists([]) == {}


@iterable
def test_mexists_takes_any_iterable(cache: Cache, make: Callable[[list[str]], Iterable[str]]) -> None:
    """Keys may come as any iterable, a generator too."""
    cache.set("a", 1)
    assert cache.mexists(make(["a", "b"])) == {"a": True, "b": False}
