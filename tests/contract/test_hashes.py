"""Hashes: named fields under one key."""

from collections.abc import Callable

import pytest

from tests.contract.harness import Cache, Harness


def test_a_new_field_is_new(cache: Cache) -> None:
    """`hset` returns True where the field was not there."""
    assert cache.hset("key", "field", "value") is True


def test_a_second_field_is_new(cache: Cache) -> None:
    """`hset` asks for the field, not for the key."""
    cache.hset("key", "a", 1)
    assert cache.hset("key", "b", 2) is True


def test_an_old_field_is_not_new(cache: Cache) -> None:
    """`hset` returns False where the field was there."""
    cache.hset("key", "field", "old")
    assert cache.hset("key", "field", "new") is False


def test_a_field_that_holds_none_is_not_new(cache: Cache) -> None:
    """A None is a value of a field."""
    cache.hset("key", "field", None)
    assert cache.hset("key", "field", "new") is False


def test_an_old_field_is_replaced(cache: Cache) -> None:
    """The last `hset` wins."""
    cache.hset("key", "field", "old")
    cache.hset("key", "field", "new")
    assert cache.hget("key", "field") == "new"


def test_a_removed_field_is_new_again(cache: Cache) -> None:
    """`hset` after `hdel` returns True."""
    cache.hset("key", "field", 1)
    cache.hset("key", "other", 1)
    cache.hdel("key", "field")
    assert cache.hset("key", "field", 2) is True


def test_hget_returns_the_value(cache: Cache) -> None:
    """A field is read as it was set."""
    cache.hset("key", "field", {"a": [1, None]})
    assert cache.hget("key", "field") == {"a": [1, None]}


@pytest.mark.parametrize("key", ["key", "missing"])
def test_hget_of_a_missing_field_is_none(cache: Cache, key: str) -> None:
    """A field that is not there reads as None, whether the key is there or not."""
    cache.hset("key", "field", "value")
    assert cache.hget(key, "another") is None


def test_hgetall_returns_every_field(cache: Cache) -> None:
    """All fields and values come as one dict, a None among them."""
    cache.hset("key", "a", 1)
    cache.hset("key", "b", None)
    cache.hset("key", "c", [1.5])
    assert cache.hgetall("key") == {"a": 1, "b": None, "c": [1.5]}


def test_hgetall_of_a_missing_key_is_empty(cache: Cache) -> None:
    """A missing hash has no fields."""
    assert cache.hgetall("missing") == {}


FINDS_NOTHING: dict[str, Callable[[Cache], object]] = {
    "hget": lambda cache: cache.hget("missing", "field"),
    "hgetall": lambda cache: cache.hgetall("missing"),
    "hdel": lambda cache: cache.hdel("missing", "field"),
}


@pytest.mark.parametrize("call", FINDS_NOTHING.values(), ids=FINDS_NOTHING.keys())
def test_what_finds_no_hash_creates_none(cache: Cache, call: Callable[[Cache], object]) -> None:
    """A missing key stays missing."""
    call(cache)
    assert not cache.exists("missing")


@pytest.mark.parametrize("field", ["", " ", "1", "a:b", "*", "é", "\U0001f600", "a\x00b"], ids=ascii)
def test_any_text_is_a_field(cache: Cache, field: str) -> None:
    """A field is any `str`, the empty one included."""
    cache.hset("key", field, "value")
    assert cache.hgetall("key") == {field: "value"}


def test_one_field_of_two_hashes_is_two_fields(cache: Cache) -> None:
    """A field belongs to its key."""
    cache.hset("key", "field", 1)
    cache.hset("another", "field", 2)
    assert cache.hget("key", "field") == 1


# hdel


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        (("a",), 1),
        (("a", "b"), 2),
        (("a", "b", "none"), 3),
        (("missing",), 0),
        (("a", "missing"), 1),
        (("a", "a"), 1),
        (("none",), 1),
    ],
    ids=repr,
)
def test_hdel_counts_the_fields_that_went(cache: Cache, fields: tuple[str, ...], count: int) -> None:
    """A missing field does not count, a duplicate counts once, a None counts."""
    cache.hset("key", "a", 1)
    cache.hset("key", "b", 2)
    cache.hset("key", "none", None)
    assert cache.hdel("key", *fields) == count


def test_hdel_of_a_missing_key_counts_nothing(cache: Cache) -> None:
    """A missing hash has no field to remove."""
    assert cache.hdel("missing", "a", "b") == 0


def test_hdel_leaves_the_other_fields(cache: Cache) -> None:
    """Only the fields that are named go."""
    for field in "abc":
        cache.hset("key", field, field)
    cache.hdel("key", "a", "c")
    assert cache.hgetall("key") == {"b": "b"}


@pytest.mark.parametrize("calls", [[("a", "b")], [("a",), ("b",)]], ids=["at once", "one by one"])
def test_the_key_goes_with_its_last_field(cache: Cache, calls: list[tuple[str, ...]]) -> None:
    """An empty hash is a missing key."""
    cache.hset("key", "a", 1)
    cache.hset("key", "b", 2)
    for fields in calls:
        cache.hdel("key", *fields)
    assert not cache.exists("key")


def test_a_key_that_went_with_its_last_field_takes_its_deadline_along(cache: Cache) -> None:
    """A hash that is created anew has no old deadline."""
    cache.hset("key", "a", 1)
    cache.expire("key", 100)
    cache.hdel("key", "a")
    cache.hset("key", "a", 2)
    assert cache.ttl("key") is None


# Deadlines


def test_the_whole_hash_has_one_deadline(cache: Cache, harness: Harness) -> None:
    """At its deadline every field is gone, the latest too."""
    cache.hset("key", "a", 1)
    cache.expire("key", 10)
    harness.pass_time(6)
    cache.hset("key", "b", 2)
    harness.pass_time(4)
    assert cache.hgetall("key") == {}


def test_a_second_provider_reads_the_same_hash(cache: Cache, other: Cache) -> None:
    """What two providers set stands in one hash."""
    cache.hset("key", "a", 1)
    other.hset("key", "b", 2)
    assert cache.hgetall("key") == {"a": 1, "b": 2}
