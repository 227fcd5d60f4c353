"""Compare and set: a write that happens only if the value is still what the caller saw."""

from collections.abc import Callable
from typing import Any

import pytest

from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.harness import Cache
from cache_provider.testing.contract.rows import about

SAME: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    (False, False),
    (0, 0),
    (1, 1),
    (1, 1.0),
    (1.0, 1),
    (0, -0.0),
    (-0.0, 0.0),
    (1.5, 1.5),
    (10**20, 10**20),
    (2**53 + 1, 2**53 + 1),
    ("", ""),
    ("text", "text"),
    ("é", "é"),
    ("null", "null"),
    ([], []),
    ({}, {}),
    ([1, "a", None], [1, "a", None]),
    ([1], [1.0]),
    ([1, 2], (1, 2)),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({"a": {"b": [True, None, 0.5]}}, {"a": {"b": [True, None, 0.5]}}),
    ({"n": 1}, {"n": 1.0}),
]
"""What is stored, and what it is compared with."""

DIFFERENT: list[tuple[Any, Any]] = [
    (1, 2),
    (1, True),
    (True, 1),
    (1.0, True),
    (0, False),
    (False, 0),
    (False, 0.0),
    (0, None),
    (None, 0),
    (None, False),
    (False, None),
    (None, ""),
    ("", None),
    (None, "null"),
    ("null", None),
    (1, "1"),
    ("1", 1),
    (1.5, "1.5"),
    (True, "true"),
    ("true", True),
    (True, False),
    ("a", "A"),
    ("a", "a "),
    ("é", "e\u0301"),
    (2**53, 2**53 + 1),
    (2**53 + 1, float(2**53)),
    (2**63 - 1, 2**63 - 2),
    (0.1, 0.10000000000000002),
    ([], {}),
    ([], None),
    ({}, None),
    ([], ""),
    ([], False),
    ([1], 1),
    ([1, 2], [2, 1]),
    ([1], [1, 1]),
    ([1, 2], [1]),
    ([1], [True]),
    ([[1]], [[True]]),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": 1, "b": 2}, {"a": 1}),
    ({"a": None}, {}),
    ({}, {"a": None}),
    ({"a": 1}, {"A": 1}),
    ({"a": [{"b": 0}]}, {"a": [{"b": False}]}),
    ({"0": "a"}, ["a"]),
]

PLACES: dict[str, Callable[[Any], Any]] = {
    "alone": lambda value: value,
    "in a list": lambda value: [0, [value]],
    "in a dict": lambda value: {"a": {"b": value}},
}

COMPARISONS: dict[str, Callable[[Cache, Any, Any], bool]] = {
    "compare_and_set": lambda cache, stored, expected: (
        cache.set("key", stored) and cache.compare_and_set("key", expected, "new")
    ),
    "compare_and_delete": lambda cache, stored, expected: (
        cache.set("key", stored) and cache.compare_and_delete("key", expected)
    ),
    "cas_dict_field": lambda cache, stored, expected: (
        cache.set("key", {"field": stored, "more": 1})
        and cache.cas_dict_field("key", "field", expected, {"field": "new"})
    ),
}


placed = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
compared = pytest.mark.parametrize("compare", COMPARISONS.values(), ids=COMPARISONS.keys())


# cas_dict_field

RECORD = {"state": "pending", "owner": None, "tries": 2}


MISSES: dict[str, tuple[Any, str, Any]] = {
    "another field value": (RECORD, "state", "done"),
    "a missing field": (RECORD, "missing", "pending"),
    "a missing field, expected None": (RECORD, "missing", None),
    "a field inside a field": ({"a": {"b": 1}}, "a.b", 1),
    "a list": (["state"], "state", "pending"),
    "a list, by position": (["pending"], "0", "pending"),
    "a str": ("state", "state", "pending"),
    "an int": (5, "state", "pending"),
    "a None": (None, "state", None),
    "a None, expected anything": (None, "state", "pending"),
    "a bool": (True, "state", "pending"),
}

each_miss = pytest.mark.parametrize(("stored", "field", "expected"), MISSES.values(), ids=MISSES.keys())


class CompareContract(Contract):
    """Compare and set: a write that happens only if the value is still what the caller saw."""

    @compared
    @placed
    def test_the_same_value_is_expected(
        self, provider: Cache, compare: Callable[[Cache, Any, Any], bool], place: Callable[[Any], Any]
    ) -> None:
        """Values are the same by value and JSON type, at any depth."""
        for stored, expected in SAME:
            with about((stored, expected)):
                assert compare(provider, place(stored), place(expected)) is True

    @compared
    @placed
    def test_another_value_is_not_expected(
        self, provider: Cache, compare: Callable[[Cache, Any, Any], bool], place: Callable[[Any], Any]
    ) -> None:
        """Values that differ in value or JSON type, anywhere, are not the same."""
        for stored, expected in DIFFERENT:
            with about((stored, expected)):
                assert compare(provider, place(stored), place(expected)) is False

    # compare_and_set

    def test_compare_and_set_replaces_what_was_expected(self, provider: Cache) -> None:
        """The new value is there."""
        provider.set("key", "old")
        provider.compare_and_set("key", "old", {"new": [1]})
        assert provider.get("key") == {"new": [1]}

    def test_compare_and_set_keeps_what_was_not_expected(self, provider: Cache) -> None:
        """A value that differs stays."""
        provider.set("key", "old")
        provider.compare_and_set("key", "another", "new")
        assert provider.get("key") == "old"

    def test_compare_and_set_happens_once(self, provider: Cache, other: Cache) -> None:
        """Of two who saw the same value, the second one fails."""
        provider.set("key", "old")
        provider.compare_and_set("key", "old", "first")
        assert other.compare_and_set("key", "old", "second") is False

    @pytest.mark.parametrize("expected", ["old", None, False, 0, ""], ids=repr)
    def test_compare_and_set_finds_nothing_in_a_missing_key(self, provider: Cache, expected: Any) -> None:
        """A missing key equals nothing, not even None."""
        assert provider.compare_and_set("missing", expected, "new") is False

    def test_compare_and_set_creates_nothing(self, provider: Cache) -> None:
        """A missing key stays missing."""
        provider.compare_and_set("missing", None, "new")
        assert not provider.exists("missing")

    def test_compare_and_set_to_none_stores_none(self, provider: Cache) -> None:
        """None is a value."""
        provider.set("key", "old")
        provider.compare_and_set("key", "old", None)
        assert provider.mget(["key"]) == {"key": None}

    def test_compare_and_set_of_a_counter_leaves_a_counter(self, provider: Cache) -> None:
        """An int that was written by compare-and-set can be counted on."""
        provider.incr("key")
        provider.compare_and_set("key", 1, 10)
        assert provider.incr("key") == 11

    # compare_and_delete

    def test_compare_and_delete_removes_what_was_expected(self, provider: Cache) -> None:
        """The key is gone."""
        provider.set("key", "old")
        provider.compare_and_delete("key", "old")
        assert not provider.exists("key")

    def test_compare_and_delete_keeps_what_was_not_expected(self, provider: Cache) -> None:
        """A value that differs stays."""
        provider.set("key", "old")
        provider.compare_and_delete("key", "another")
        assert provider.get("key") == "old"

    @pytest.mark.parametrize("expected", ["old", None, False, 0, ""], ids=repr)
    def test_compare_and_delete_finds_nothing_in_a_missing_key(self, provider: Cache, expected: Any) -> None:
        """A missing key equals nothing, not even None."""
        assert provider.compare_and_delete("missing", expected) is False

    def test_cas_dict_field_replaces_the_whole_record(self, provider: Cache) -> None:
        """The new record takes the place of the old one; fields it does not name are gone."""
        provider.set("key", RECORD)
        provider.cas_dict_field("key", "state", "pending", {"state": "done"})
        assert provider.get("key") == {"state": "done"}

    def test_cas_dict_field_says_that_it_replaced(self, provider: Cache) -> None:
        """A field that is as expected gives True."""
        provider.set("key", RECORD)
        assert provider.cas_dict_field("key", "state", "pending", {"state": "done"}) is True

    def test_cas_dict_field_finds_a_none_that_is_there(self, provider: Cache) -> None:
        """A field that holds None equals an expected None."""
        provider.set("key", RECORD)
        assert provider.cas_dict_field("key", "owner", None, {"owner": "A"}) is True

    def test_cas_dict_field_may_store_an_empty_record(self, provider: Cache) -> None:
        """An empty dict is a record."""
        provider.set("key", RECORD)
        provider.cas_dict_field("key", "tries", 2, {})
        assert provider.get("key") == {}

    @each_miss
    def test_cas_dict_field_fails_on_anything_else(
        self, provider: Cache, stored: Any, field: str, expected: Any
    ) -> None:
        """A value that is not a dict, a missing field or another field value gives False."""
        provider.set("key", stored)
        assert provider.cas_dict_field("key", field, expected, {"state": "new"}) is False

    @each_miss
    def test_cas_dict_field_that_fails_changes_nothing(
        self, provider: Cache, stored: Any, field: str, expected: Any
    ) -> None:
        """After a False the value is what it was."""
        provider.set("key", stored)
        provider.cas_dict_field("key", field, expected, {"state": "new"})
        assert provider.get("key") == stored

    @pytest.mark.parametrize("expected", ["pending", None], ids=repr)
    def test_cas_dict_field_finds_nothing_in_a_missing_key(self, provider: Cache, expected: Any) -> None:
        """A missing key gives False."""
        assert provider.cas_dict_field("missing", "state", expected, {"state": "new"}) is False

    def test_cas_dict_field_creates_nothing(self, provider: Cache) -> None:
        """A missing key stays missing."""
        provider.cas_dict_field("missing", "state", None, {"state": "new"})
        assert not provider.exists("missing")

    def test_cas_dict_field_happens_once(self, provider: Cache, other: Cache) -> None:
        """Of two who saw the same state, the second one fails."""
        provider.set("key", RECORD)
        provider.cas_dict_field("key", "state", "pending", {"state": "A"})
        assert other.cas_dict_field("key", "state", "pending", {"state": "B"}) is False
