"""Every operation that writes a value, so that one test can ask the same of all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cache_provider.testing.contract.harness import Act, ActOn, Cache

OLD = {"state": "old"}
NEW = {"state": "new"}


def _nothing(_cache: Cache) -> None:
    """Leave the key missing."""


def _get(cache: Cache) -> Any:
    return cache.get("key")


def _items(cache: Cache) -> Any:
    return cache.list_range("key", 0, -1)


def _fields(cache: Cache) -> Any:
    return cache.hgetall("key")


def _store_record(cache: Cache) -> None:
    cache.set("key", OLD)


def _store_counter(cache: Cache) -> None:
    cache.set("key", 1)


def _store_list(cache: Cache) -> None:
    cache.push_limit("key", "old", 5)


def _store_hash(cache: Cache) -> None:
    cache.hset("key", "field", "old")


@dataclass(frozen=True)
class Write:
    """A write to `"key"`.

    Attributes:
        name: The operation.
        prepare: Stores what `call` would change.
        call: Writes, with the argument that a test is about: a ttl or a value.
        read: Returns what the key holds.
    """

    name: str
    prepare: Act
    call: ActOn
    read: Callable[[Cache], Any] = _get

    def __str__(self) -> str:
        return self.name


WITH_TTL = [
    Write("set", _store_record, lambda cache, ttl: cache.set("key", NEW, ttl)),
    Write("setnx", _store_record, lambda cache, ttl: cache.setnx("key", NEW, ttl)),
    Write("getset", _store_record, lambda cache, ttl: cache.getset("key", NEW, ttl)),
    Write("mset", _store_record, lambda cache, ttl: cache.mset({"key": NEW}, ttl)),
    Write("get_or_set", _store_record, lambda cache, ttl: cache.get_or_set("key", lambda: NEW, ttl)),
    Write(
        "cas_dict_field",
        _store_record,
        lambda cache, ttl: cache.cas_dict_field("key", "state", "old", NEW, ttl),
    ),
    Write("compare_and_set", _store_record, lambda cache, ttl: cache.compare_and_set("key", OLD, NEW, ttl)),
    Write("incr", _store_counter, lambda cache, ttl: cache.incr("key", ttl=ttl)),
    Write("decr", _store_counter, lambda cache, ttl: cache.decr("key", ttl=ttl)),
    Write("push_limit", _store_list, lambda cache, ttl: cache.push_limit("key", "new", 5, ttl), _items),
]
"""Writes that take a ttl; the argument is the ttl."""

CREATING = [write for write in WITH_TTL if write.name not in {"cas_dict_field", "compare_and_set"}]
"""Those of them that create a missing key."""

WITH_VALUE = [
    Write("set", _store_record, lambda cache, value: cache.set("key", value)),
    Write("setnx", _nothing, lambda cache, value: cache.setnx("key", value)),
    Write("getset", _store_record, lambda cache, value: cache.getset("key", value)),
    Write("mset", _store_record, lambda cache, value: cache.mset({"key": value})),
    Write("get_or_set", _nothing, lambda cache, value: cache.get_or_set("key", lambda: value)),
    Write(
        "cas_dict_field",
        _store_record,
        lambda cache, value: cache.cas_dict_field("key", "state", "old", {"state": value}),
    ),
    Write("compare_and_set", _store_record, lambda cache, value: cache.compare_and_set("key", OLD, value)),
    Write("push_limit", _store_list, lambda cache, value: cache.push_limit("key", value, 5), _items),
    Write("hset", _store_hash, lambda cache, value: cache.hset("key", "field", value), _fields),
]
"""Writes of a value that the codec has to carry; the argument is the value."""
