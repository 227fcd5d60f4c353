"""Several keys in one call."""

from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Any

import pytest

from cache_provider.errors import EncodeError
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.harness import ActOn, Cache, Harness

BULK: dict[str, ActOn] = {
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


class BulkContract(Contract):
    """Several keys in one call."""

    @bulk
    @pytest.mark.parametrize("keys", ["ab", "", b"ab", 5, None], ids=repr)
    def test_what_is_no_collection_of_keys_is_refused(self, provider: Cache, call: ActOn, keys: Any) -> None:
        """A bare `str`, whose letters would be taken for keys, is a `TypeError`; so is what has no items."""
        with pytest.raises(TypeError, match=rf"\bkeys\b.*{keys!r}"):
            call(provider, keys)

    def test_a_bare_str_deletes_nothing(self, provider: Cache) -> None:
        """A refused `mdelete` leaves the keys that its letters name."""
        provider.set("a", 1)
        with pytest.raises(TypeError, match="keys"):
            provider.mdelete("a")
        assert provider.exists("a")

    # mget

    def test_mget_returns_the_values_that_are_there(self, provider: Cache) -> None:
        """Missing keys are left out."""
        provider.set("a", 1)
        provider.set("b", "two")
        assert provider.mget(["a", "missing", "b"]) == {"a": 1, "b": "two"}

    def test_mget_answers_in_the_order_asked(self, provider: Cache) -> None:
        """The order is that of the request, not that of the writes."""
        for key in "abcd":
            provider.set(key, key)
        assert list(provider.mget(["c", "a", "missing", "d", "b"])) == ["c", "a", "d", "b"]

    def test_mget_answers_each_key_once(self, provider: Cache) -> None:
        """A key that is asked for twice stands where it was asked for first."""
        provider.mset({"a": 1, "b": 2})
        assert list(provider.mget(["b", "a", "b", "a"])) == ["b", "a"]

    def test_mget_includes_a_stored_none(self, provider: Cache) -> None:
        """A stored None is there; a missing key is not."""
        provider.set("none", None)
        assert provider.mget(["none", "missing"]) == {"none": None}

    def test_mget_of_no_keys_is_empty(self, provider: Cache) -> None:
        """Asking for nothing gives nothing."""
        assert provider.mget([]) == {}

    @iterable
    def test_mget_takes_any_iterable(
        self, provider: Cache, make: Callable[[list[str]], Iterable[str]]
    ) -> None:
        """Keys may come as any iterable, a generator too."""
        provider.mset({"a": 1, "b": 2})
        assert provider.mget(make(["a", "b"])) == {"a": 1, "b": 2}

    def test_mget_decodes_each_value_afresh(self, provider: Cache) -> None:
        """Changing one answer changes no other."""
        provider.set("key", {"tags": ["a"]})
        provider.mget(["key"])["key"]["tags"].append("b")
        assert provider.mget(["key"]) == {"key": {"tags": ["a"]}}

    # mset

    def test_mset_stores_every_value(self, provider: Cache) -> None:
        """Each key holds its value."""
        provider.mset({"a": 1, "b": None, "c": {"d": []}})
        assert provider.mget(["a", "b", "c"]) == {"a": 1, "b": None, "c": {"d": []}}

    def test_mset_answers_true(self, provider: Cache) -> None:
        """`mset` returns True."""
        assert provider.mset({"a": 1}) is True

    def test_mset_replaces_values(self, provider: Cache) -> None:
        """Live keys are overwritten."""
        provider.set("a", "old")
        provider.mset({"a": "new"})
        assert provider.get("a") == "new"

    def test_mset_leaves_other_keys(self, provider: Cache) -> None:
        """Keys that it does not name stay."""
        provider.set("other", "old")
        provider.mset({"a": 1})
        assert provider.get("other") == "old"

    def test_mset_of_nothing_stores_nothing(self, provider: Cache) -> None:
        """An empty mapping is legal."""
        provider.mset({})
        assert provider.keys() == []

    def test_mset_gives_every_key_the_ttl(self, provider: Cache, harness: Harness) -> None:
        """One ttl is for all."""
        provider.mset({"a": 1, "b": 2}, ttl=10)
        harness.pass_time(4)
        assert [provider.ttl("a"), provider.ttl("b")] == [6, 6]

    @pytest.mark.parametrize("old", ["text", 1, {"a": 1}], ids=repr)
    def test_mset_gives_a_persistent_key_the_ttl(self, provider: Cache, old: Any) -> None:
        """What was there had none."""
        provider.set("a", old)
        provider.mset({"a": "new", "b": 2}, ttl=10)
        assert (provider.ttl("a"), provider.get("a")) == (10, "new")

    @pytest.mark.parametrize("new", ["text", 1, {"a": 1}], ids=repr)
    def test_mset_without_a_ttl_takes_the_old_one_away(self, provider: Cache, new: Any) -> None:
        """As every write that replaces a value (Redis `MSET`)."""
        provider.set("a", "old", 10)
        provider.mset({"a": new, "b": 2})
        assert (provider.ttl("a"), provider.get("a")) == (None, new)

    def test_mset_keys_go_together(self, provider: Cache, harness: Harness) -> None:
        """At the end of the ttl all are gone."""
        provider.mset({"a": 1, "b": 2}, ttl=10)
        harness.pass_time(10)
        assert provider.mget(["a", "b"]) == {}

    def test_mset_takes_any_mapping(self, provider: Cache) -> None:
        """The argument need not be a dict."""
        provider.mset(MappingProxyType({"a": 1}))
        assert provider.get("a") == 1

    @pytest.mark.parametrize("mapping", [[("a", 1)], "ab", None, {"a"}, 5], ids=repr)
    def test_mset_takes_a_mapping_only(self, provider: Cache, mapping: Any) -> None:
        """What maps no keys to values is a `TypeError`."""
        with pytest.raises(TypeError, match=r"\bmapping\b"):
            provider.mset(mapping)

    @pytest.mark.parametrize("bad", ["first", "middle", "last"])
    def test_mset_that_cannot_be_encoded_is_refused(self, provider: Cache, bad: str) -> None:
        """One value that the codec refuses is an `EncodeError` naming its key, wherever it stands."""
        mapping: dict[str, object] = {
            key: {1} if key == bad else "new" for key in ("first", "middle", "last")
        }
        with pytest.raises(EncodeError, match=f"'{bad}'.*set"):
            provider.mset(mapping)

    @pytest.mark.parametrize("bad", ["first", "middle", "last"])
    def test_mset_that_cannot_be_encoded_leaves_everything(self, provider: Cache, bad: str) -> None:
        """All or nothing: no key is written, replaced or given a ttl."""
        provider.set("first", "old")
        mapping: dict[str, object] = {
            key: {1} if key == bad else "new" for key in ("first", "middle", "last")
        }
        with pytest.raises(EncodeError, match=bad):
            provider.mset(mapping, ttl=10)
        assert (provider.mget(["first", "middle", "last"]), provider.ttl("first")) == ({"first": "old"}, None)

    def test_mset_with_an_illegal_key_leaves_everything(self, provider: Cache) -> None:
        """All or nothing: a key that is not a `str` stops the whole write."""
        mapping: Any = {"a": 1, 7: 2}
        with pytest.raises(TypeError, match=r"key.*7"):
            provider.mset(mapping)
        assert not provider.exists("a")

    # mdelete

    def test_mdelete_removes_every_key(self, provider: Cache) -> None:
        """The keys that it names are gone, and only they."""
        provider.mset({"a": 1, "b": 2, "c": 3})
        provider.mdelete(["a", "c"])
        assert provider.keys() == ["b"]

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
    def test_mdelete_counts_the_live_keys_that_went(
        self, provider: Cache, keys: list[str], count: int
    ) -> None:
        """A missing key does not count, a duplicate counts once."""
        provider.mset({"a": 1, "b": None})
        assert provider.mdelete(keys) == count

    def test_mdelete_does_not_count_an_expired_key(self, provider: Cache, harness: Harness) -> None:
        """An expired key was gone already."""
        provider.set("expired", 1, 10)
        provider.set("live", 2)
        harness.pass_time(10)
        assert provider.mdelete(["expired", "live"]) == 1

    @iterable
    def test_mdelete_takes_any_iterable(
        self, provider: Cache, make: Callable[[list[str]], Iterable[str]]
    ) -> None:
        """Keys may come as any iterable, a generator too."""
        provider.mset({"a": 1, "b": 2, "c": 3})
        assert provider.mdelete(make(["a", "b"])) == 2

    def test_mdelete_takes_its_keys_for_names(self, provider: Cache) -> None:
        """A key is never a pattern."""
        provider.set("a", 1)
        assert provider.mdelete(["*", "?"]) == 0

    # mexists

    def test_mexists_tells_for_each_key(self, provider: Cache) -> None:
        """A stored None is there, a missing key is not."""
        provider.mset({"a": 1, "none": None})
        assert provider.mexists(["a", "missing", "none"]) == {"a": True, "missing": False, "none": True}

    def test_mexists_answers_in_the_order_asked(self, provider: Cache) -> None:
        """Each key stands where it was asked for first."""
        provider.set("a", 1)
        assert list(provider.mexists(["c", "a", "b", "a", "c"])) == ["c", "a", "b"]

    def test_mexists_of_no_keys_is_empty(self, provider: Cache) -> None:
        """Asking for nothing gives nothing."""
        assert provider.mexists([]) == {}

    @iterable
    def test_mexists_takes_any_iterable(
        self, provider: Cache, make: Callable[[list[str]], Iterable[str]]
    ) -> None:
        """Keys may come as any iterable, a generator too."""
        provider.set("a", 1)
        assert provider.mexists(make(["a", "b"])) == {"a": True, "b": False}
