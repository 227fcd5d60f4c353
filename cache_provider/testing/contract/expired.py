"""An expired key is a missing key, for every operation and for ever."""

from datetime import timedelta

import pytest

from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Act, Cache, Harness
from cache_provider.testing.contract.operations import whole_scan

ANSWERS: dict[str, tuple[Act, object]] = {
    "get": (lambda cache: cache.get("value", "default"), "default"),
    "exists": (lambda cache: cache.exists("value"), False),
    "delete": (lambda cache: cache.delete("value"), False),
    "delete of a list": (lambda cache: cache.delete("list"), False),
    "ttl": (lambda cache: cache.ttl("value"), -2),
    "expire": (lambda cache: cache.expire("value", 10), False),
    "expire at once": (lambda cache: cache.expire("value", 0), False),
    "expire_at None": (lambda cache: cache.expire_at("value", None), False),
    "persist": (lambda cache: cache.persist("value"), False),
    "setnx": (lambda cache: cache.setnx("value", "new"), True),
    "setnx on a list": (lambda cache: cache.setnx("list", "new"), True),
    "getset": (lambda cache: cache.getset("value", "new"), None),
    "getdel": (lambda cache: cache.getdel("value"), None),
    "get_or_set": (lambda cache: cache.get_or_set("value", lambda: "new"), "new"),
    "incr": (lambda cache: cache.incr("value", default=40), 41),
    "decr": (lambda cache: cache.decr("value"), -1),
    "cas_dict_field": (lambda cache: cache.cas_dict_field("value", "state", "old", {}), False),
    "compare_and_set": (lambda cache: cache.compare_and_set("value", {"state": "old"}, 1), False),
    "compare_and_delete": (lambda cache: cache.compare_and_delete("value", {"state": "old"}), False),
    "mget": (lambda cache: cache.mget(["value", "list", "hash"]), {}),
    "mdelete": (lambda cache: cache.mdelete(["value", "list", "hash"]), 0),
    "mexists": (lambda cache: cache.mexists(["value", "list"]), {"value": False, "list": False}),
    "push_limit": (lambda cache: cache.push_limit("list", "new", 5), 1),
    "list_range": (lambda cache: cache.list_range("list", 0, -1), []),
    "hset": (lambda cache: cache.hset("hash", "field", "new"), True),
    "hget": (lambda cache: cache.hget("hash", "field"), None),
    "hgetall": (lambda cache: cache.hgetall("hash"), {}),
    "hdel": (lambda cache: cache.hdel("hash", "field"), 0),
    "keys": (lambda cache: cache.keys(), []),
    "scan": (whole_scan, []),
    "scan_iter": (lambda cache: list(cache.scan_iter()), []),
    "count_keys": (lambda cache: cache.count_keys("*"), 0),
    "delete_pattern": (lambda cache: cache.delete_pattern("*"), 0),
}


REBORN: dict[str, tuple[str, Act]] = {
    "set": ("value", lambda cache: cache.set("value", "new")),
    "setnx": ("value", lambda cache: cache.setnx("value", "new")),
    "mset": ("value", lambda cache: cache.mset({"value": "new"})),
    "incr": ("value", lambda cache: cache.incr("value")),
    "push_limit": ("list", lambda cache: cache.push_limit("list", "new", 5)),
    "hset": ("hash", lambda cache: cache.hset("hash", "field", "new")),
}


# A clock that steps back

REPORTS: dict[str, Act] = {
    "get": lambda cache: cache.get("value"),
    "exists": lambda cache: cache.exists("value"),
    "delete": lambda cache: cache.delete("value"),
    "ttl": lambda cache: cache.ttl("value"),
    "expire": lambda cache: cache.expire("value", 10),
    "persist": lambda cache: cache.persist("value"),
    "compare_and_set": lambda cache: cache.compare_and_set("value", {"state": "old"}, 1),
    "compare_and_delete": lambda cache: cache.compare_and_delete("value", {"state": "old"}),
    "mget": lambda cache: cache.mget(["value"]),
    "mdelete": lambda cache: cache.mdelete(["value"]),
    "mexists": lambda cache: cache.mexists(["value"]),
    "scan": lambda cache: whole_scan(cache, "val*"),
    "scan_iter": lambda cache: list(cache.scan_iter("val*")),
    "count_keys": lambda cache: cache.count_keys("val*"),
    "delete_pattern": lambda cache: cache.delete_pattern("val*"),
}


class ExpiredKeyContract(Contract):
    """An expired key is a missing key, for every operation and for ever."""

    @pytest.fixture
    def expired(self, provider: Cache, harness: Harness) -> Cache:
        """Return the cache with a value, a list and a hash whose time has just come."""
        provider.set("value", {"state": "old"}, 10)
        provider.push_limit("list", "old", 5, 10)
        provider.hset("hash", "field", "old")
        provider.expire("hash", 10)
        harness.pass_time(10)
        return provider

    @pytest.mark.parametrize(("call", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
    def test_an_expired_key_is_missing(self, expired: Cache, call: Act, expected: object) -> None:
        """Each operation answers as it does for a key that never was."""
        assert call(expired) == expected

    def test_expire_at_finds_no_expired_key(self, expired: Cache, harness: Harness) -> None:
        """`expire_at` cannot bring an expired key back."""
        assert expired.expire_at("value", harness.now() + timedelta(seconds=10)) is False

    @pytest.mark.parametrize(("key", "create"), REBORN.values(), ids=REBORN.keys())
    def test_a_key_that_is_created_anew_has_no_old_deadline(
        self, expired: Cache, key: str, create: Act
    ) -> None:
        """A key that is written after its end is a new key."""
        create(expired)
        assert expired.ttl(key) is None

    def test_a_list_that_is_created_anew_holds_no_old_item(self, expired: Cache) -> None:
        """An expired list is empty."""
        expired.push_limit("list", "new", 5)
        assert expired.list_range("list", 0, -1) == ["new"]

    def test_a_hash_that_is_created_anew_holds_no_old_field(self, expired: Cache) -> None:
        """An expired hash is empty."""
        expired.hset("hash", "another", "new")
        assert expired.hgetall("hash") == {"another": "new"}

    def test_only_the_expired_keys_of_many_are_missing(self, provider: Cache, harness: Harness) -> None:
        """Each key has its own deadline."""
        provider.set("short", 1, 10)
        provider.set("long", 2, 20)
        provider.set("persistent", 3)
        harness.pass_time(10)
        assert provider.mget(["short", "long", "persistent"]) == {"long": 2, "persistent": 3}

    @needs(Capability.BACKWARD_TIME)
    @pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS.keys())
    def test_a_key_that_was_reported_gone_stays_gone(
        self, expired: Cache, harness: Harness, report: Act
    ) -> None:
        """A wall clock that steps back brings no key back, whatever operation reported it gone."""
        report(expired)
        harness.step_back(timedelta(seconds=5))
        assert not expired.exists("value")

    @needs(Capability.BACKWARD_TIME, Capability.KEYS_REMOVE_EXPIRED)
    def test_a_key_that_keys_left_out_stays_gone(self, expired: Cache, harness: Harness) -> None:
        """A wall clock that steps back brings no key back that `keys` passed over."""
        expired.keys("val*")
        harness.step_back(timedelta(seconds=5))
        assert not expired.exists("value")

    @needs(Capability.BACKWARD_TIME)
    def test_a_list_that_was_reported_gone_stays_gone(self, expired: Cache, harness: Harness) -> None:
        """A wall clock that steps back brings no list back."""
        expired.list_range("list", 0, -1)
        harness.step_back(timedelta(seconds=5))
        assert expired.list_range("list", 0, -1) == []

    @needs(Capability.BACKWARD_TIME)
    def test_a_hash_that_was_reported_gone_stays_gone(self, expired: Cache, harness: Harness) -> None:
        """A wall clock that steps back brings no hash back."""
        expired.hget("hash", "field")
        harness.step_back(timedelta(seconds=5))
        assert expired.hgetall("hash") == {}

    @needs(Capability.BACKWARD_TIME)
    def test_a_deadline_stays_where_it_is_when_the_clock_steps_back(
        self, provider: Cache, harness: Harness
    ) -> None:
        """A deadline is a moment on the clock: a step back makes the way to it longer."""
        provider.set("key", "value", 10)
        harness.step_back(timedelta(seconds=5))
        assert provider.ttl("key") == 15
