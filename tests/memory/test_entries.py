"""Entries in a tuple and scalars kept bare: nobody can tell which is which."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest

from cache_provider import InMemoryCacheAdapter, ManualClock, MemoryServer
from cache_provider.memory.payload import Fields

TTL = 10
RECORD = {"a": 1}

Change: TypeAlias = Callable[[InMemoryCacheAdapter], object]

BEFORE: dict[str, Change] = {
    "nothing": lambda _cache: None,
    "a text": lambda cache: cache.set("key", "old"),
    "a counter": lambda cache: cache.incr("key"),
    "None": lambda cache: cache.set("key", None),
    "a dict": lambda cache: cache.set("key", {"old": 1}),
    "a list": lambda cache: cache.push_limit("key", "old", 5),
    "a text with a ttl": lambda cache: cache.set("key", "old", 5),
    "a dict with a ttl": lambda cache: cache.set("key", {"old": 1}, 5),
    "a text with a longer ttl": lambda cache: cache.set("key", "old", 5 * TTL),
    "a dict with a longer ttl": lambda cache: cache.set("key", {"old": 1}, 5 * TTL),
    "a text made persistent": lambda cache: (cache.set("key", "old", 5), cache.persist("key")),
    "a text given a ttl": lambda cache: (cache.set("key", "old"), cache.expire("key", 5)),
}


@dataclass(frozen=True)
class Write:
    """A write to `"key"`, and the value and ttl that it leaves."""

    call: Change
    value: Any
    ttl: int | None


WRITES: dict[str, Write] = {
    "set a text": Write(lambda cache: cache.set("key", "new"), "new", None),
    "set a text with a ttl": Write(lambda cache: cache.set("key", "new", TTL), "new", TTL),
    "set a number": Write(lambda cache: cache.set("key", 1), 1, None),
    "set False": Write(lambda cache: cache.set("key", value=False), False, None),
    "set None": Write(lambda cache: cache.set("key", None), None, None),
    "set a dict": Write(lambda cache: cache.set("key", RECORD), RECORD, None),
    "set a dict with a ttl": Write(lambda cache: cache.set("key", RECORD, TTL), RECORD, TTL),
    "mset texts": Write(lambda cache: cache.mset({"key": "new", "other": "x"}), "new", None),
    "mset texts with a ttl": Write(lambda cache: cache.mset({"key": "new", "other": "x"}, TTL), "new", TTL),
    "mset None": Write(lambda cache: cache.mset({"key": None, "other": None}), None, None),
    "mset a text and a dict": Write(lambda cache: cache.mset({"key": "new", "other": RECORD}), "new", None),
    "mset a dict and a text": Write(lambda cache: cache.mset({"key": RECORD, "other": "x"}), RECORD, None),
    "set and expire": Write(lambda cache: (cache.set("key", "new"), cache.expire("key", TTL)), "new", TTL),
    "set and persist": Write(lambda cache: (cache.set("key", "new", TTL), cache.persist("key")), "new", None),
    "set and count": Write(lambda cache: (cache.set("key", 1), cache.incr("key")), 2, None),
    "set and compare": Write(
        lambda cache: (cache.set("key", "x"), cache.compare_and_set("key", "x", "new", TTL)),
        "new",
        TTL,
    ),
}

each_before = pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE.keys())
each_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=[None, 100], ids=["unbounded", "bounded"])
def server(request: pytest.FixtureRequest, clock: ManualClock) -> MemoryServer:
    return MemoryServer(request.param, clock=clock)


@pytest.fixture
def cache(server: MemoryServer) -> InMemoryCacheAdapter:
    cache = InMemoryCacheAdapter(server=server)
    cache.mset({"other": "old"} | {f"neighbour:{number}": number for number in range(70)})
    return cache


@each_write
@each_before
def test_what_is_written_replaces_what_was_there(
    cache: InMemoryCacheAdapter,
    before: Change,
    write: Write,
) -> None:
    """Value and ttl are those of the last write."""
    before(cache)
    write.call(cache)
    assert (cache.get("key"), cache.mget(["key"]), cache.ttl("key")) == (
        write.value,
        {"key": write.value},
        write.ttl,
    )


@each_write
@each_before
def test_what_is_written_is_found_once_and_goes_in_time(
    cache: InMemoryCacheAdapter,
    clock: ManualClock,
    before: Change,
    write: Write,
) -> None:
    """A scan meets the key once; a sweep takes it at the end of its ttl, and not without one."""
    before(cache)
    write.call(cache)
    assert list(cache.scan_iter("key")) == ["key"]
    clock.advance(TTL)
    cache.cleanup_expired()
    assert ("test:key" in cache._keyspace.snapshot()) == (write.ttl is None)


@each_write
@each_before
def test_nothing_is_left_of_what_is_removed(
    cache: InMemoryCacheAdapter,
    before: Change,
    write: Write,
) -> None:
    """No entry, no place, and one page that is open."""
    before(cache)
    write.call(cache)
    cache.mdelete([*cache.keys(), "missing"])
    keyspace = cache._keyspace
    assert (keyspace.entries, keyspace.pages, len(keyspace.order.pages)) == ({}, {}, 1)


def test_a_hash_is_no_dict() -> None:
    """A dict is a value, and what is stored of a hash is not."""
    cache = InMemoryCacheAdapter()
    cache.hset("hash", "field", 1)
    cache.set("value", {"field": 1})
    payloads = {key: entry[0] for key, entry in cache._keyspace.snapshot().items()}
    assert (type(payloads["hash"]), type(payloads["value"])) == (Fields, dict)
