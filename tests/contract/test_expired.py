"""An expired key is a missing key, for every operation and for ever."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.contract.harness import KEYS_LEAVES_IT, Cache, Harness


@pytest.fixture
def expired(cache: Cache, harness: Harness) -> Cache:
    """Return the cache with a value, a list and a hash whose time has just come."""
    cache.set("value", {"state": "old"}, 10)
    cache.push_limit("list", "old", 5, 10)
    cache.hset("hash", "field", "old")
    cache.expire("hash", 10)
    harness.pass_time(10)
    return cache


ANSWERS: dict[str, tuple[Callable[[Cache], object], object]] = {
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
    "scan": (lambda cache: cache.scan(count=1000), (0, [])),
    "scan_iter": (lambda cache: list(cache.scan_iter()), []),
    "count_keys": (lambda cache: cache.count_keys("*"), 0),
    "delete_pattern": (lambda cache: cache.delete_pattern("*"), 0),
}


@pytest.mark.parametrize(("call", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_expired_key_is_missing(expired: Cache, call: Callable[[Cache], object], expected: object) -> None:
    """Each operation answers as it does for a key that never was."""
    assert call(expired) == expected


def test_expire_at_finds_no_expired_key(expired: Cache, harness: Harness) -> None:
    """`expire_at` cannot bring an expired key back."""
    assert expired.expire_at("value", harness.now() + timedelta(seconds=10)) is False


REBORN: dict[str, tuple[str, Callable[[Cache], object]]] = {
    "set": ("value", lambda cache: cache.set("value", "new")),
    "setnx": ("value", lambda cache: cache.setnx("value", "new")),
    "mset": ("value", lambda cache: cache.mset({"value": "new"})),
    "incr": ("value", lambda cache: cache.incr("value")),
    "push_limit": ("list", lambda cache: cache.push_limit("list", "new", 5)),
    "hset": ("hash", lambda cache: cache.hset("hash", "field", "new")),
}


@pytest.mark.parametrize(("key", "create"), REBORN.values(), ids=REBORN.keys())
def test_a_key_that_is_created_anew_has_no_old_deadline(
    expired: Cache, key: str, create: Callable[[Cache], object]
) -> None:
    """A key that is written after its end is a new key."""
    create(expired)
    assert expired.ttl(key) is None


def test_a_list_that_is_created_anew_holds_no_old_item(expired: Cache) -> None:
    """An expired list is empty."""
    expired.push_limit("list", "new", 5)
    assert expired.list_range("list", 0, -1) == ["new"]


def test_a_hash_that_is_created_anew_holds_no_old_field(expired: Cache) -> None:
    """An expired hash is empty."""
    expired.hset("hash", "another", "new")
    assert expired.hgetall("hash") == {"another": "new"}


def test_only_the_expired_keys_of_many_are_missing(cache: Cache, harness: Harness) -> None:
    """Each key has its own deadline."""
    cache.set("short", 1, 10)
    cache.set("long", 2, 20)
    cache.set("persistent", 3)
    harness.pass_time(10)
    assert cache.mget(["short", "long", "persistent"]) == {"long": 2, "persistent": 3}


# A clock that steps back

REPORTS: dict[str, Callable[[Cache], object]] = {
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
    "keys": lambda cache: cache.keys("val*"),
    "scan": lambda cache: cache.scan("val*", count=1000),
    "scan_iter": lambda cache: list(cache.scan_iter("val*")),
    "count_keys": lambda cache: cache.count_keys("val*"),
    "delete_pattern": lambda cache: cache.delete_pattern("val*"),
}


EVERY_REPORT = [
    pytest.param(
        report, id=name, marks=[pytest.mark.double_only(reason=KEYS_LEAVES_IT)] if name == "keys" else []
    )
    for name, report in REPORTS.items()
]


@pytest.mark.parametrize("report", EVERY_REPORT)
def test_a_key_that_was_reported_gone_stays_gone(
    expired: Cache, harness: Harness, report: Callable[[Cache], object]
) -> None:
    """A wall clock that steps back brings no key back, whatever operation reported it gone."""
    report(expired)
    harness.step_back(timedelta(seconds=5))
    assert not expired.exists("value")


def test_a_list_that_was_reported_gone_stays_gone(expired: Cache, harness: Harness) -> None:
    """A wall clock that steps back brings no list back."""
    expired.list_range("list", 0, -1)
    harness.step_back(timedelta(seconds=5))
    assert expired.list_range("list", 0, -1) == []


def test_a_hash_that_was_reported_gone_stays_gone(expired: Cache, harness: Harness) -> None:
    """A wall clock that steps back brings no hash back."""
    expired.hget("hash", "field")
    harness.step_back(timedelta(seconds=5))
    assert expired.hgetall("hash") == {}


def test_a_deadline_stays_where_it_is_when_the_clock_steps_back(cache: Cache, harness: Harness) -> None:
    """A deadline is a moment on the clock: a step back makes the way to it longer."""
    cache.set("key", "value", 10)
    harness.step_back(timedelta(seconds=5))
    assert cache.ttl("key") == 15
