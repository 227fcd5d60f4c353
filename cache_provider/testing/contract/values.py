"""Single values: stored, read, removed, and never shared with the caller."""

from collections.abc import Callable
from typing import Any

import pytest

from cache_provider.errors import DecodeError
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.harness import Act, ActOn, Cache

ANY_TYPE: dict[str, Act] = {
    "a value": lambda cache: cache.set("key", "value"),
    "a None": lambda cache: cache.set("key", None),
    "a list": lambda cache: cache.push_limit("key", "item", 5),
    "a hash": lambda cache: cache.hset("key", "field", "value"),
    "a lock": lambda cache: cache.get_lock("key").acquire(),
}

any_type = pytest.mark.parametrize("store", ANY_TYPE.values(), ids=ANY_TYPE.keys())


# No aliasing: what is stored is bytes

_Reader = Callable[[Cache], Any]

WRITERS: dict[str, tuple[ActOn, _Reader]] = {
    "set": (lambda cache, value: cache.set("key", value), lambda cache: cache.get("key")),
    "setnx": (lambda cache, value: cache.setnx("key", value), lambda cache: cache.get("key")),
    "getset": (lambda cache, value: cache.getset("key", value), lambda cache: cache.get("key")),
    "mset": (lambda cache, value: cache.mset({"key": value}), lambda cache: cache.get("key")),
    "get_or_set": (
        lambda cache, value: cache.get_or_set("key", lambda: value),
        lambda cache: cache.get("key"),
    ),
    "cas_dict_field": (
        lambda cache, value: (
            cache.set("key", {"state": 0}) and cache.cas_dict_field("key", "state", 0, {"v": value})
        ),
        lambda cache: cache.get("key")["v"],
    ),
    "compare_and_set": (
        lambda cache, value: cache.set("key", 0) and cache.compare_and_set("key", 0, value),
        lambda cache: cache.get("key"),
    ),
    "push_limit": (
        lambda cache, value: cache.push_limit("key", value, 5),
        lambda cache: cache.list_range("key", 0, -1)[0],
    ),
    "hset": (
        lambda cache, value: cache.hset("key", "field", value),
        lambda cache: cache.hget("key", "field"),
    ),
}

READERS: dict[str, tuple[ActOn, _Reader]] = {
    "get": (lambda cache, value: cache.set("key", value), lambda cache: cache.get("key")),
    "mget": (lambda cache, value: cache.set("key", value), lambda cache: cache.mget(["key"])["key"]),
    "get_or_set, a hit": (
        lambda cache, value: cache.set("key", value),
        lambda cache: cache.get_or_set("key", dict),
    ),
    "list_range": (
        lambda cache, value: cache.push_limit("key", value, 5),
        lambda cache: cache.list_range("key", 0, -1)[0],
    ),
    "hget": (
        lambda cache, value: cache.hset("key", "field", value),
        lambda cache: cache.hget("key", "field"),
    ),
    "hgetall": (
        lambda cache, value: cache.hset("key", "field", value),
        lambda cache: cache.hgetall("key")["field"],
    ),
}


# Bytes that no codec of this provider wrote

FOREIGN: dict[str, tuple[Callable[[Cache, bytes], object], _Reader]] = {
    "get": (lambda raw, wire: raw.set("key", wire), lambda cache: cache.get("key")),
    "mget": (lambda raw, wire: raw.set("key", wire), lambda cache: cache.mget(["key"])),
    "get_or_set": (
        lambda raw, wire: raw.set("key", wire),
        lambda cache: cache.get_or_set("key", lambda: "computed"),
    ),
    "list_range": (
        lambda raw, wire: raw.push_limit("key", wire, 5),
        lambda cache: cache.list_range("key", 0, -1),
    ),
    "hget": (lambda raw, wire: raw.hset("key", "field", wire), lambda cache: cache.hget("key", "field")),
    "hgetall": (lambda raw, wire: raw.hset("key", "field", wire), lambda cache: cache.hgetall("key")),
}


class ValueContract(Contract):
    """Single values: stored, read, removed, and never shared with the caller."""

    def test_a_value_is_read_as_it_was_set(self, provider: Cache) -> None:
        """`get` returns what `set` stored."""
        provider.set("key", {"name": "Ada", "born": 1815})
        assert provider.get("key") == {"name": "Ada", "born": 1815}

    def test_set_answers_true(self, provider: Cache) -> None:
        """`set` returns True."""
        assert provider.set("key", "value") is True

    def test_set_replaces_a_value(self, provider: Cache) -> None:
        """The second `set` wins."""
        provider.set("key", "first")
        provider.set("key", "second")
        assert provider.get("key") == "second"

    def test_set_answers_true_for_a_replacement(self, provider: Cache) -> None:
        """`set` over a live key returns True too."""
        provider.set("key", "first")
        assert provider.set("key", "second") is True

    def test_a_second_provider_reads_what_the_first_wrote(self, provider: Cache, other: Cache) -> None:
        """Providers with one prefix on one store see the same keys."""
        provider.set("key", "value")
        assert other.get("key") == "value"

    def test_a_missing_key_reads_as_none(self, provider: Cache) -> None:
        """Without a default, a miss is None."""
        assert provider.get("missing") is None

    def test_a_missing_key_reads_as_the_default(self, provider: Cache) -> None:
        """`get` returns the same default object it was given."""
        default = object()
        assert provider.get("missing", default) is default

    def test_a_default_is_not_stored(self, provider: Cache) -> None:
        """`get` with a default leaves a missing key missing."""
        provider.get("missing", "default")
        assert not provider.exists("missing")

    def test_a_stored_none_reads_as_none_whatever_the_default(self, provider: Cache) -> None:
        """A default stands for a missing key, not for None."""
        provider.set("key", None)
        assert provider.get("key", "default") is None

    def test_a_stored_none_exists(self, provider: Cache) -> None:
        """`exists` tells a stored None from a missing key."""
        provider.set("key", None)
        assert provider.exists("key") is True

    @pytest.mark.parametrize(
        "key",
        ["", " ", "a b", "a\nb", "a\x00b", "a:b", "*", "[a]", "\\", "é", "日本", "\U0001f600", "k" * 10_000],
        ids=ascii,
    )
    def test_any_text_is_a_key(self, provider: Cache, key: str) -> None:
        """A key is any `str`, the empty one included."""
        provider.set(key, "value")
        assert provider.get(key) == "value"

    @pytest.mark.parametrize(
        ("one", "another"),
        [("a", "A"), ("1", "01"), ("é", "e\u0301"), ("a", "a "), ("", " ")],
        ids=["case", "leading zero", "composed", "blank", "empty"],
    )
    def test_keys_that_look_alike_are_two_keys(self, provider: Cache, one: str, another: str) -> None:
        """Keys are compared by their bytes."""
        provider.set(one, "value")
        assert not provider.exists(another)

    def test_exists_says_no_for_a_missing_key(self, provider: Cache) -> None:
        """`exists` is False where nothing was stored."""
        assert provider.exists("missing") is False

    @any_type
    def test_exists_says_yes_for_every_type(self, provider: Cache, store: Act) -> None:
        """`exists` is True whatever type the key has."""
        store(provider)
        assert provider.exists("key") is True

    # delete

    @any_type
    def test_delete_removes_every_type(self, provider: Cache, store: Act) -> None:
        """A deleted key is gone, whatever type it had."""
        store(provider)
        provider.delete("key")
        assert not provider.exists("key")

    @any_type
    def test_delete_says_that_a_live_key_was_there(self, provider: Cache, store: Act) -> None:
        """`delete` of a live key returns True, whatever type it had."""
        store(provider)
        assert provider.delete("key") is True

    def test_delete_says_that_no_key_was_there(self, provider: Cache) -> None:
        """`delete` of a missing key returns False."""
        assert provider.delete("missing") is False

    def test_a_second_delete_finds_nothing(self, provider: Cache) -> None:
        """A key is deleted once."""
        provider.set("key", "value")
        provider.delete("key")
        assert provider.delete("key") is False

    def test_delete_leaves_other_keys(self, provider: Cache) -> None:
        """`delete` takes its key for a name, never for a pattern."""
        provider.set("key", "value")
        provider.delete("ke*")
        assert provider.get("key") == "value"

    # setnx

    def test_setnx_stores_under_a_free_key(self, provider: Cache) -> None:
        """`setnx` creates what is missing."""
        provider.setnx("key", "value")
        assert provider.get("key") == "value"

    def test_setnx_says_that_it_stored(self, provider: Cache) -> None:
        """`setnx` on a missing key returns True."""
        assert provider.setnx("key", "value") is True

    @any_type
    def test_setnx_fails_on_every_live_key(self, provider: Cache, store: Act) -> None:
        """`setnx` on a live key of any type returns False."""
        store(provider)
        assert provider.setnx("key", "new") is False

    def test_setnx_leaves_the_value_that_is_there(self, provider: Cache) -> None:
        """`setnx` replaces nothing, not even a None."""
        provider.set("key", None)
        provider.setnx("key", "new")
        assert provider.get("key") is None

    @pytest.mark.parametrize(("write", "read"), WRITERS.values(), ids=WRITERS.keys())
    def test_what_was_written_is_not_the_callers_object(
        self, provider: Cache, write: ActOn, read: _Reader
    ) -> None:
        """Changing an object after a write, however deep inside, never changes what is stored."""
        value = {"tags": ["a"]}
        write(provider, value)
        value["tags"].append("b")
        assert read(provider) == {"tags": ["a"]}

    @pytest.mark.parametrize(("write", "read"), READERS.values(), ids=READERS.keys())
    def test_what_was_read_is_not_the_stored_object(
        self, provider: Cache, write: ActOn, read: _Reader
    ) -> None:
        """Changing what a read returned, however deep inside, never changes what is stored."""
        write(provider, {"tags": ["a"]})
        read(provider)["tags"].append("b")
        assert read(provider) == {"tags": ["a"]}

    @pytest.mark.parametrize("wire", [b"", b"{", b"\xff\xfe", b"+5", b"nan", b"1 2"], ids=repr)
    @pytest.mark.parametrize(("write", "read"), FOREIGN.values(), ids=FOREIGN.keys())
    def test_bytes_that_are_not_the_codecs_are_not_read(
        self, provider: Cache, raw: Cache, write: Callable[[Cache, bytes], object], read: _Reader, wire: bytes
    ) -> None:
        """A read of foreign bytes raises, naming the key: it neither guesses nor takes it for missing."""
        write(raw, wire)
        with pytest.raises(DecodeError, match="'key'"):
            read(provider)
