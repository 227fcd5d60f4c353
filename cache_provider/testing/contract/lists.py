"""Capped lists: the newest items, oldest first."""

import re
from typing import Any

import pytest

from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.harness import Cache, Harness
from cache_provider.testing.contract.rows import about


def push(cache: Cache, items: str, max_len: int = 100) -> None:
    """Push each letter."""
    for item in items:
        cache.push_limit("key", item, max_len)


def content(cache: Cache) -> list[Any]:
    """Return the whole list."""
    return cache.list_range("key", 0, -1)


each_push = pytest.mark.parametrize(
    ("before", "max_len", "answer", "after"),
    [
        ("", 1, 1, "x"),
        ("", 3, 1, "x"),
        ("a", 3, 2, "ax"),
        ("ab", 3, 3, "abx"),
        ("abc", 3, 4, "bcx"),
        ("abc", 1, 4, "x"),
        ("abcdef", 3, 7, "efx"),
        ("abc", 2**63 - 1, 4, "abcx"),
    ],
)


# list_range

LETTERS = "abcde"

RANGES: list[tuple[int, int, str]] = [
    (0, -1, "abcde"),
    (0, 4, "abcde"),
    (0, 0, "a"),
    (1, 3, "bcd"),
    (4, 4, "e"),
    (-1, -1, "e"),
    (-2, -1, "de"),
    (-3, 3, "cd"),
    (-5, -5, "a"),
    (0, -5, "a"),
    (0, -6, ""),
    (0, 100, "abcde"),
    (-100, 100, "abcde"),
    (-100, 1, "ab"),
    (-100, -4, "ab"),
    (-100, -100, ""),
    (3, 100, "de"),
    (5, 100, ""),
    (100, 200, ""),
    (3, 1, ""),
    (-1, -2, ""),
    (4, -2, ""),
    (-1, 0, ""),
    (-(2**63), 2**63 - 1, "abcde"),
    (2**63 - 1, 2**63 - 1, ""),
    (-(2**63), -(2**63), ""),
]


class ListContract(Contract):
    """Capped lists: the newest items, oldest first."""

    @each_push
    def test_push_limit_answers_the_length_before_the_cut(
        self, provider: Cache, before: str, max_len: int, answer: int, after: str
    ) -> None:
        """A result above `max_len` says that something was dropped."""
        del after
        push(provider, before)
        assert provider.push_limit("key", "x", max_len) == answer

    @each_push
    def test_push_limit_keeps_the_newest(
        self, provider: Cache, before: str, max_len: int, answer: int, after: str
    ) -> None:
        """The oldest items go; the order stays."""
        del answer
        push(provider, before)
        provider.push_limit("key", "x", max_len)
        assert content(provider) == list(after)

    def test_a_list_is_never_longer_than_it_was_told(self, provider: Cache) -> None:
        """Push after push, the newest stay."""
        push(provider, "abcdefgh", max_len=3)
        assert content(provider) == ["f", "g", "h"]

    def test_equal_items_are_kept_apart(self, provider: Cache) -> None:
        """A list is not a set."""
        push(provider, "aaa")
        assert content(provider) == ["a", "a", "a"]

    def test_an_item_may_be_none(self, provider: Cache) -> None:
        """A pushed None is an item."""
        provider.push_limit("key", None, 5)
        assert content(provider) == [None]

    @pytest.mark.parametrize("max_len", [0, -1, -(2**63), 2**63])
    def test_a_list_holds_one_item_at_least(self, provider: Cache, max_len: int) -> None:
        """A `max_len` below 1, or beyond int64, is a `ValueError` that names it."""
        with pytest.raises(ValueError, match=rf"\bmax_len\b.*{max_len}"):
            provider.push_limit("key", "x", max_len)

    @pytest.mark.parametrize("max_len", [1.5, 1.0, True, "3", None], ids=repr)
    def test_a_length_is_an_int(self, provider: Cache, max_len: Any) -> None:
        """A `max_len` that is not an `int`, or is a `bool`, is a `TypeError` that names it."""
        with pytest.raises(TypeError, match=rf"\bmax_len\b.*{re.escape(repr(max_len))}"):
            provider.push_limit("key", "x", max_len)

    def test_a_refused_push_creates_nothing(self, provider: Cache) -> None:
        """A refused push to a missing key leaves it missing."""
        with pytest.raises(ValueError, match="max_len"):
            provider.push_limit("key", "x", 0)
        assert not provider.exists("key")

    def test_a_refused_push_leaves_the_list(self, provider: Cache) -> None:
        """A refused push neither appends nor cuts."""
        push(provider, "abc")
        with pytest.raises(ValueError, match="max_len"):
            provider.push_limit("key", "x", 0)
        assert content(provider) == ["a", "b", "c"]

    def test_a_push_with_ttl_renews_the_deadline(self, provider: Cache, harness: Harness) -> None:
        """The ttl counts from the push, for the whole list."""
        provider.push_limit("key", "a", 5, ttl=10)
        harness.pass_time(6)
        provider.push_limit("key", "b", 5, ttl=10)
        harness.pass_time(6)
        assert content(provider) == ["a", "b"]

    def test_a_push_without_ttl_keeps_the_deadline(self, provider: Cache, harness: Harness) -> None:
        """The list ends when it was to end."""
        provider.push_limit("key", "a", 5, ttl=10)
        harness.pass_time(6)
        provider.push_limit("key", "b", 5)
        harness.pass_time(4)
        assert not provider.exists("key")

    def test_a_push_without_ttl_keeps_a_persistent_list(self, provider: Cache) -> None:
        """A list that had no deadline gets none."""
        push(provider, "ab")
        assert provider.ttl("key") is None

    def test_list_range_includes_both_ends(self, provider: Cache) -> None:
        """Positions count from 0, negative ones from the end; what lies outside is cut off."""
        push(provider, LETTERS)
        for start, end, expected in RANGES:
            with about((start, end)):
                assert provider.list_range("key", start, end) == list(expected)

    def test_list_range_of_a_missing_key_is_empty(self, provider: Cache) -> None:
        """A missing list has no items."""
        assert provider.list_range("missing", 0, -1) == []

    def test_list_range_creates_nothing(self, provider: Cache) -> None:
        """Reading a missing list leaves it missing."""
        provider.list_range("missing", 0, -1)
        assert not provider.exists("missing")

    def test_list_range_takes_nothing_away(self, provider: Cache) -> None:
        """A list is read, not consumed."""
        push(provider, "abc")
        provider.list_range("key", 0, 0)
        assert content(provider) == ["a", "b", "c"]

    @pytest.mark.parametrize("position", [1.0, True, "0", None], ids=repr)
    @pytest.mark.parametrize("argument", ["start", "end"])
    def test_a_position_is_an_int(self, provider: Cache, argument: str, position: Any) -> None:
        """A position that is not an `int`, or is a `bool`, is a `TypeError` that names it."""
        positions = {"start": 0, "end": -1, argument: position}
        with pytest.raises(TypeError, match=rf"\b{argument}\b.*{re.escape(repr(position))}"):
            provider.list_range("key", **positions)

    @pytest.mark.parametrize("position", [2**63, -(2**63) - 1])
    @pytest.mark.parametrize("argument", ["start", "end"])
    def test_a_position_is_an_int64(self, provider: Cache, argument: str, position: int) -> None:
        """A position outside int64 is a `ValueError` that names it, as a Redis refuses it."""
        positions = {"start": 0, "end": -1, argument: position}
        with pytest.raises(ValueError, match=rf"\b{argument}\b.*{position}"):
            provider.list_range("key", **positions)

    def test_a_second_provider_reads_the_same_list(self, provider: Cache, other: Cache) -> None:
        """What two providers pushed stands in one list."""
        provider.push_limit("key", "a", 5)
        other.push_limit("key", "b", 5)
        assert content(provider) == ["a", "b"]
