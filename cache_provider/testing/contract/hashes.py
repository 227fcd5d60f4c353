"""Hashes: named fields under one key."""

import pytest

from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.harness import Act, Cache, Harness

FINDS_NOTHING: dict[str, Act] = {
    "hget": lambda cache: cache.hget("missing", "field"),
    "hgetall": lambda cache: cache.hgetall("missing"),
    "hdel": lambda cache: cache.hdel("missing", "field"),
}


class HashContract(Contract):
    """Hashes: named fields under one key."""

    def test_a_new_field_is_new(self, provider: Cache) -> None:
        """`hset` returns True where the field was not there."""
        assert provider.hset("key", "field", "value") is True

    def test_a_second_field_is_new(self, provider: Cache) -> None:
        """`hset` asks for the field, not for the key."""
        provider.hset("key", "a", 1)
        assert provider.hset("key", "b", 2) is True

    def test_an_old_field_is_not_new(self, provider: Cache) -> None:
        """`hset` returns False where the field was there."""
        provider.hset("key", "field", "old")
        assert provider.hset("key", "field", "new") is False

    def test_a_field_that_holds_none_is_not_new(self, provider: Cache) -> None:
        """A None is a value of a field."""
        provider.hset("key", "field", None)
        assert provider.hset("key", "field", "new") is False

    def test_an_old_field_is_replaced(self, provider: Cache) -> None:
        """The last `hset` wins."""
        provider.hset("key", "field", "old")
        provider.hset("key", "field", "new")
        assert provider.hget("key", "field") == "new"

    def test_a_removed_field_is_new_again(self, provider: Cache) -> None:
        """`hset` after `hdel` returns True."""
        provider.hset("key", "field", 1)
        provider.hset("key", "other", 1)
        provider.hdel("key", "field")
        assert provider.hset("key", "field", 2) is True

    def test_hget_returns_the_value(self, provider: Cache) -> None:
        """A field is read as it was set."""
        provider.hset("key", "field", {"a": [1, None]})
        assert provider.hget("key", "field") == {"a": [1, None]}

    @pytest.mark.parametrize("key", ["key", "missing"])
    def test_hget_of_a_missing_field_is_none(self, provider: Cache, key: str) -> None:
        """A field that is not there reads as None, whether the key is there or not."""
        provider.hset("key", "field", "value")
        assert provider.hget(key, "another") is None

    def test_hgetall_returns_every_field(self, provider: Cache) -> None:
        """All fields and values come as one dict, a None among them."""
        provider.hset("key", "a", 1)
        provider.hset("key", "b", None)
        provider.hset("key", "c", [1.5])
        assert provider.hgetall("key") == {"a": 1, "b": None, "c": [1.5]}

    def test_hgetall_of_a_missing_key_is_empty(self, provider: Cache) -> None:
        """A missing hash has no fields."""
        assert provider.hgetall("missing") == {}

    @pytest.mark.parametrize("call", FINDS_NOTHING.values(), ids=FINDS_NOTHING.keys())
    def test_what_finds_no_hash_creates_none(self, provider: Cache, call: Act) -> None:
        """A missing key stays missing."""
        call(provider)
        assert not provider.exists("missing")

    @pytest.mark.parametrize("field", ["", " ", "1", "a:b", "*", "é", "\U0001f600", "a\x00b"], ids=ascii)
    def test_any_text_is_a_field(self, provider: Cache, field: str) -> None:
        """A field is any `str`, the empty one included."""
        provider.hset("key", field, "value")
        assert provider.hgetall("key") == {field: "value"}

    def test_one_field_of_two_hashes_is_two_fields(self, provider: Cache) -> None:
        """A field belongs to its key."""
        provider.hset("key", "field", 1)
        provider.hset("another", "field", 2)
        assert provider.hget("key", "field") == 1

    def test_a_field_that_is_no_utf8_is_a_field(self, provider: Cache) -> None:
        """It comes out as it went in, as Python shows such bytes."""
        provider.hset("key", "a\udcff", "value")
        assert (provider.hgetall("key"), provider.hget("key", "a\udcff")) == ({"a\udcff": "value"}, "value")

    def test_a_field_that_is_no_utf8_can_be_removed(self, provider: Cache) -> None:
        """`hdel` takes what `hgetall` gave."""
        provider.hset("key", "a\udcff", "value")
        assert provider.hdel("key", *provider.hgetall("key")) == 1

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
    def test_hdel_counts_the_fields_that_went(
        self, provider: Cache, fields: tuple[str, ...], count: int
    ) -> None:
        """A missing field does not count, a duplicate counts once, a None counts."""
        provider.hset("key", "a", 1)
        provider.hset("key", "b", 2)
        provider.hset("key", "none", None)
        assert provider.hdel("key", *fields) == count

    def test_hdel_of_a_missing_key_counts_nothing(self, provider: Cache) -> None:
        """A missing hash has no field to remove."""
        assert provider.hdel("missing", "a", "b") == 0

    def test_hdel_leaves_the_other_fields(self, provider: Cache) -> None:
        """Only the fields that are named go."""
        for field in "abc":
            provider.hset("key", field, field)
        provider.hdel("key", "a", "c")
        assert provider.hgetall("key") == {"b": "b"}

    @pytest.mark.parametrize("calls", [[("a", "b")], [("a",), ("b",)]], ids=["at once", "one by one"])
    def test_the_key_goes_with_its_last_field(self, provider: Cache, calls: list[tuple[str, ...]]) -> None:
        """An empty hash is a missing key."""
        provider.hset("key", "a", 1)
        provider.hset("key", "b", 2)
        for fields in calls:
            provider.hdel("key", *fields)
        assert not provider.exists("key")

    def test_a_key_that_went_with_its_last_field_takes_its_deadline_along(self, provider: Cache) -> None:
        """A hash that is created again has no old deadline."""
        provider.hset("key", "a", 1)
        provider.expire("key", 100)
        provider.hdel("key", "a")
        provider.hset("key", "a", 2)
        assert provider.ttl("key") is None

    # Deadlines

    def test_the_whole_hash_has_one_deadline(self, provider: Cache, harness: Harness) -> None:
        """At its deadline every field is gone, the latest too."""
        provider.hset("key", "a", 1)
        provider.expire("key", 10)
        harness.pass_time(6)
        provider.hset("key", "b", 2)
        harness.pass_time(4)
        assert provider.hgetall("key") == {}

    def test_a_second_provider_reads_the_same_hash(self, provider: Cache, other: Cache) -> None:
        """What two providers set stands in one hash."""
        provider.hset("key", "a", 1)
        other.hset("key", "b", 2)
        assert provider.hgetall("key") == {"a": 1, "b": 2}
