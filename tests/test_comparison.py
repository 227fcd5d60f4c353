"""Compare-and-set compares by value and by JSON type, at any depth."""

import datetime as dt
import math
from decimal import Decimal
from enum import IntEnum
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache_provider.comparison import same_field, same_value


class Level(IntEnum):
    """A number with a name."""

    LOW = 1


class Point(NamedTuple):
    """A tuple with names."""

    x: int
    y: int


SAME: dict[str, tuple[Any, Any]] = {
    "None": (None, None),
    "true": (True, True),
    "an int and its float": (1, 1.0),
    "zero and minus zero": (0.0, -0.0),
    "a large int and its exact float": (2**60, float(2**60)),
    "big ints": (2**70, 2**70),
    "texts": ("a", "a"),
    "empty lists": ([], []),
    "a list and a tuple": ([1, 2], (1, 2)),
    "a list and a named tuple": ([1, 2], Point(1, 2)),
    "a number and its enum": (1, Level.LOW),
    "dicts in another order": ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    "numbers deep inside": ({"a": [{"b": (1, 2)}]}, {"a": [{"b": [1.0, 2.0]}]}),
    "bytes": (b"a", b"a"),
    "dates": (dt.date(2030, 1, 1), dt.date(2030, 1, 1)),
    "sets": ({1, 2}, {2, 1}),
}

DIFFERENT: dict[str, tuple[Any, Any]] = {
    "one and true": (1, True),
    "zero and false": (0, False),
    "one as a float and true": (1.0, True),
    "true and false": (True, False),
    "a number and its text": (1, "1"),
    "None and false": (None, False),
    "None and zero": (None, 0),
    "None and an empty text": (None, ""),
    "None and the text null": (None, "null"),
    "an empty text and an empty list": ("", []),
    "an empty list and an empty dict": ([], {}),
    "numbers": (1, 2),
    "neighbours beyond the precision of a float": (2**53 + 1, float(2**53)),
    "texts of another case": ("a", "A"),
    "texts of another normal form": ("\u00e9", "e\u0301"),
    "a text and its bytes": ("a", b"a"),
    "lists of another order": ([1, 2], [2, 1]),
    "lists of another length": ([1, 2], [1]),
    "a boolean in a list": ([1], [True]),
    "a list and a set": ([1], {1}),
    "dicts with another value": ({"a": 1}, {"a": 2}),
    "dicts with another field": ({"a": 1}, {"b": 1}),
    "a dict with one field more": ({"a": 1}, {"a": 1, "b": 2}),
    "a missing field and a None": ({}, {"a": None}),
    "a boolean deep inside": ({"a": [{"b": 1}]}, {"a": [{"b": True}]}),
    "a text field and a number field": ({"1": "a"}, {1: "a"}),
    "NaN and itself": (math.nan, math.nan),
    "an int and its Decimal": (1, Decimal(1)),
    "a date and a datetime": (dt.date(2030, 1, 1), dt.datetime(2030, 1, 1, tzinfo=dt.UTC)),
}

RECORDS: dict[str, tuple[Any, str, Any, bool]] = {
    "the field's value": ({"state": "new"}, "state", "new", True),
    "another value": ({"state": "new"}, "state", "old", False),
    "a number as a float": ({"state": 1}, "state", 1.0, True),
    "a number as a boolean": ({"state": 1}, "state", True, False),
    "a None that is there": ({"state": None}, "state", None, True),
    "a None for a missing field": ({"state": "new"}, "other", None, False),
    "a None in an empty dict": ({}, "state", None, False),
    "a list": ({"state": [1, {"a": 2}]}, "state", (1, {"a": 2}), True),
    "a list for a dict": (["state"], "state", None, False),
    "a text for a dict": ("state", "state", "state", False),
    "None for a dict": (None, "state", None, False),
    "a number for a dict": (5, "state", 5, False),
}

PAIRS = {**SAME, **DIFFERENT}

JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
FEW_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, "", "1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
"""So few that two of them are often the same."""


@pytest.mark.parametrize("name", SAME)
def test_equal_values_are_the_same(name: str) -> None:
    """What JSON writes alike, up to the spelling of a number, compare-and-set takes as the same."""
    assert same_value(*SAME[name])


@pytest.mark.parametrize("name", DIFFERENT)
def test_values_that_json_tells_apart_are_not_the_same(name: str) -> None:
    """Python's `1 == True` and its like never let a write through."""
    assert not same_value(*DIFFERENT[name])


@pytest.mark.parametrize("name", PAIRS)
def test_the_order_of_the_two_does_not_matter(name: str) -> None:
    """Stored and expected may change places."""
    left, right = PAIRS[name]
    assert same_value(right, left) is same_value(left, right)


@pytest.mark.parametrize("name", RECORDS)
def test_a_field_is_compared_as_a_value_is(name: str) -> None:
    """Only a dict that has the field, and the same value in it, matches."""
    record, field, value, answer = RECORDS[name]
    assert same_field(record, field, value) is answer


@given(JSON_VALUES)
def test_every_json_value_is_the_same_as_itself(value: Any) -> None:
    """A caller who expects what it has just read always matches."""
    assert same_value(value, value)


@given(FEW_VALUES, FEW_VALUES)
def test_sameness_is_symmetric(left: Any, right: Any) -> None:
    """Stored and expected may change places, whatever they are."""
    assert same_value(left, right) is same_value(right, left)


@given(FEW_VALUES, FEW_VALUES, FEW_VALUES)
def test_sameness_is_transitive(left: Any, middle: Any, right: Any) -> None:
    """Two values that are the same as a third are the same."""
    both = same_value(left, middle) and same_value(middle, right)
    assert not (both and not same_value(left, right))


@given(FEW_VALUES, FEW_VALUES)
def test_the_same_values_are_equal_in_python_too(left: Any, right: Any) -> None:
    """Among JSON values compare-and-set is stricter than `==`, never laxer."""
    assert not (same_value(left, right) and left != right)
