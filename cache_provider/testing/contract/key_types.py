"""A key holds a value, a list or a hash, and each operation knows which it needs."""

from datetime import timedelta

import pytest

from cache_provider.errors import WrongTypeError
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.harness import Act, Cache, Harness
from cache_provider.testing.contract.operations import whole_scan
from cache_provider.testing.contract.terms import Terms

MAKE: dict[str, Act] = {
    "value": lambda cache: cache.set("key", {"field": "old"}),
    "list": lambda cache: cache.push_limit("key", "old", 5),
    "hash": lambda cache: cache.hset("key", "field", "old"),
}

READ: dict[str, Act] = {
    "value": lambda cache: cache.get("key"),
    "list": lambda cache: cache.list_range("key", 0, -1),
    "hash": lambda cache: cache.hgetall("key"),
}

OPERATIONS: dict[str, dict[str, Act]] = {
    "value": {
        "get": lambda cache: cache.get("key"),
        "get with default": lambda cache: cache.get("key", "default"),
        "get_or_set": lambda cache: cache.get_or_set("key", lambda: "new"),
        "getset": lambda cache: cache.getset("key", "new"),
        "getdel": lambda cache: cache.getdel("key"),
        "incr": lambda cache: cache.incr("key"),
        "decr": lambda cache: cache.decr("key"),
        "cas_dict_field": lambda cache: cache.cas_dict_field("key", "field", "old", {"field": "new"}),
        "compare_and_set": lambda cache: cache.compare_and_set("key", ["old"], "new"),
        "compare_and_delete": lambda cache: cache.compare_and_delete("key", {"field": "old"}),
    },
    "list": {
        "push_limit": lambda cache: cache.push_limit("key", "new", 5),
        "list_range": lambda cache: cache.list_range("key", 0, -1),
    },
    "hash": {
        "hset": lambda cache: cache.hset("key", "field", "new"),
        "hget": lambda cache: cache.hget("key", "field"),
        "hgetall": lambda cache: cache.hgetall("key"),
        "hdel": lambda cache: cache.hdel("key", "field"),
    },
}

MISMATCHES = [
    pytest.param(found, call, id=f"{name} on a {found}")
    for needed, operations in OPERATIONS.items()
    for name, call in operations.items()
    for found in MAKE
    if found != needed
]

each_type = pytest.mark.parametrize("kind", MAKE)


ANY_TYPE: dict[str, tuple[Act, object]] = {
    "exists": (lambda cache: cache.exists("key"), True),
    "mexists": (lambda cache: cache.mexists(["key"]), {"key": True}),
    "ttl": (lambda cache: cache.ttl("key"), 100),
    "expire": (lambda cache: cache.expire("key", 5) and cache.ttl("key"), 5),
    "expire at once": (lambda cache: cache.expire("key", 0) and cache.exists("key"), False),
    "persist": (lambda cache: cache.persist("key") and cache.ttl("key"), None),
    "expire_at None": (lambda cache: cache.expire_at("key", None) and cache.ttl("key"), None),
    "delete": (lambda cache: cache.delete("key"), True),
    "mdelete": (lambda cache: cache.mdelete(["key"]), 1),
    "delete_pattern": (lambda cache: cache.delete_pattern("k*"), 1),
    "keys": (lambda cache: cache.keys(), ["key"]),
    "scan": (whole_scan, ["key"]),
    "scan_iter": (lambda cache: list(cache.scan_iter()), ["key"]),
    "count_keys": (lambda cache: cache.count_keys(), 1),
}


class KeyTypeContract(Contract):
    """A key holds a value, a list or a hash, and each operation knows which it needs."""

    @pytest.mark.parametrize(("found", "call"), MISMATCHES)
    def test_an_operation_of_another_type_is_refused(self, provider: Cache, found: str, call: Act) -> None:
        """An operation on a key of another type raises `WrongTypeError`, naming the key."""
        MAKE[found](provider)
        with pytest.raises(WrongTypeError, match=f"'key'.*{found}"):
            call(provider)

    @pytest.mark.parametrize(("found", "call"), MISMATCHES)
    def test_a_refused_operation_changes_nothing(self, provider: Cache, found: str, call: Act) -> None:
        """After a `WrongTypeError` the key holds what it held before."""
        MAKE[found](provider)
        before = READ[found](provider)
        with pytest.raises(WrongTypeError, match="'key'"):
            call(provider)
        assert READ[found](provider) == before

    @pytest.mark.parametrize(("found", "call"), MISMATCHES)
    def test_a_refused_operation_keeps_the_deadline(self, provider: Cache, found: str, call: Act) -> None:
        """After a `WrongTypeError` the key has the ttl it had before."""
        MAKE[found](provider)
        provider.expire("key", 100)
        with pytest.raises(WrongTypeError, match="'key'"):
            call(provider)
        assert provider.ttl("key") == 100

    @pytest.mark.parametrize(("found", "call"), MISMATCHES)
    def test_an_expired_key_has_no_type(
        self, provider: Cache, harness: Harness, found: str, call: Act
    ) -> None:
        """An operation on an expired key of another type finds the key missing."""
        MAKE[found](provider)
        provider.expire("key", 10)
        harness.pass_time(10)
        on_a_missing_key = call(harness.connect(Terms("missing:")))
        assert call(provider) == on_a_missing_key

    @each_type
    def test_set_replaces_every_type(self, provider: Cache, kind: str) -> None:
        """`set` makes a value of any key."""
        MAKE[kind](provider)
        provider.set("key", "new")
        assert provider.get("key") == "new"

    @each_type
    def test_mset_replaces_every_type(self, provider: Cache, kind: str) -> None:
        """`mset` makes a value of any key."""
        MAKE[kind](provider)
        provider.mset({"key": "new"})
        assert provider.get("key") == "new"

    @each_type
    def test_setnx_replaces_no_type(self, provider: Cache, kind: str) -> None:
        """`setnx` fails on any live key and leaves what it holds."""
        MAKE[kind](provider)
        before = READ[kind](provider)
        provider.setnx("key", "new")
        assert READ[kind](provider) == before

    @pytest.mark.parametrize("kind", ["list", "hash"])
    def test_mget_leaves_other_types_out(self, provider: Cache, kind: str) -> None:
        """`mget` omits lists and hashes, and raises nothing."""
        MAKE[kind](provider)
        provider.set("plain", "value")
        assert provider.mget(["key", "plain"]) == {"plain": "value"}

    @pytest.mark.parametrize(("call", "expected"), ANY_TYPE.values(), ids=ANY_TYPE.keys())
    @each_type
    def test_an_operation_on_keys_takes_every_type(
        self, provider: Cache, kind: str, call: Act, expected: object
    ) -> None:
        """What asks nothing of a key's content works on all three types."""
        MAKE[kind](provider)
        provider.expire("key", 100)
        assert call(provider) == expected

    @each_type
    def test_expire_at_takes_every_type(self, provider: Cache, harness: Harness, kind: str) -> None:
        """`expire_at` gives a key of any type its deadline."""
        MAKE[kind](provider)
        provider.expire_at("key", harness.now() + timedelta(seconds=30))
        assert provider.ttl("key") == 30

    @each_type
    def test_every_type_ends_at_its_deadline(self, provider: Cache, harness: Harness, kind: str) -> None:
        """A list and a hash expire as a value does."""
        MAKE[kind](provider)
        provider.expire("key", 30)
        harness.pass_time(30)
        assert not provider.exists("key")

    @each_type
    @pytest.mark.parametrize("new", MAKE)
    def test_a_deleted_key_may_take_another_type(self, provider: Cache, kind: str, new: str) -> None:
        """A key keeps no memory of the type it had before it was deleted."""
        MAKE[kind](provider)
        provider.delete("key")
        MAKE[new](provider)
        assert provider.exists("key")
