"""Every argument of every public call, with the values it must refuse.

A call is written as it reads in code: `cache.get`, `lock.acquire`, `clock.set`,
and `MemoryServer()` for a constructor.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cache_provider import ManualClock
from tests.bad_input import bad
from tests.bad_input.bad import Bad

TABLE: list[tuple[str, str, list[Bad]]] = [
    # Values
    ("cache.get", "key", bad.TEXT),
    ("cache.set", "key", bad.TEXT),
    ("cache.set", "value", bad.refused("record")),
    ("cache.set", "ttl", bad.TTL),
    ("cache.set", "keep_ttl", bad.KEEP_TTL),
    ("cache.setnx", "key", bad.TEXT),
    ("cache.setnx", "value", bad.refused("missing")),
    ("cache.setnx", "ttl", bad.TTL),
    ("cache.getset", "key", bad.TEXT),
    ("cache.getset", "value", bad.refused("record")),
    ("cache.getset", "ttl", bad.TTL),
    ("cache.getset", "keep_ttl", bad.KEEP_TTL),
    ("cache.getdel", "key", bad.TEXT),
    ("cache.as_stored", "key", bad.TEXT),
    ("cache.as_stored", "value", bad.refused("key")),
    ("cache.delete", "key", bad.TEXT),
    ("cache.exists", "key", bad.TEXT),
    ("cache.get_or_set", "key", bad.TEXT),
    ("cache.get_or_set", "default_factory", bad.FUNCTION),
    ("cache.get_or_set", "ttl", bad.TTL),
    ("cache.get_or_set", "lock_timeout", [*bad.NOTHING, *bad.TTL]),
    ("cache.get_or_set", "stale_ttl", bad.TTL),
    ("cache.get_or_set", "wait_timeout", [*bad.NOTHING, *bad.DURATION, *bad.PAST_INT64]),
    # Counters
    ("cache.incr", "key", bad.TEXT),
    ("cache.incr", "amount", bad.INTEGER),
    ("cache.incr", "default", bad.INTEGER),
    ("cache.incr", "ttl", bad.TTL),
    ("cache.decr", "key", bad.TEXT),
    ("cache.decr", "amount", bad.INTEGER),
    ("cache.decr", "default", bad.INTEGER),
    ("cache.decr", "ttl", bad.TTL),
    # Time to live
    ("cache.expire", "key", bad.TEXT),
    ("cache.expire", "ttl", [*bad.NOTHING, *bad.DURATION, *bad.PAST_INT64]),
    ("cache.expire_at", "key", bad.TEXT),
    ("cache.expire_at", "when", bad.CALENDAR),
    ("cache.persist", "key", bad.TEXT),
    ("cache.ttl", "key", bad.TEXT),
    ("cache.pttl", "key", bad.TEXT),
    # Compare and set
    ("cache.cas_dict_field", "key", bad.TEXT),
    ("cache.cas_dict_field", "field", bad.TEXT),
    ("cache.cas_dict_field", "new_value", bad.RECORD),
    ("cache.cas_dict_field", "ttl", bad.TTL),
    ("cache.cas_dict_field", "keep_ttl", bad.KEEP_TTL),
    ("cache.compare_and_set", "key", bad.TEXT),
    ("cache.compare_and_set", "new_value", bad.refused("record")),
    ("cache.compare_and_set", "ttl", bad.TTL),
    ("cache.compare_and_set", "keep_ttl", bad.KEEP_TTL),
    ("cache.compare_and_delete", "key", bad.TEXT),
    # Bulk
    ("cache.mget", "keys", bad.KEYS),
    ("cache.mset", "mapping", bad.MAPPING),
    ("cache.mset", "ttl", bad.TTL),
    ("cache.mdelete", "keys", bad.KEYS),
    ("cache.mexists", "keys", bad.KEYS),
    # Capped lists and hashes
    ("cache.push_limit", "key", bad.TEXT),
    ("cache.push_limit", "value", bad.refused("list")),
    ("cache.push_limit", "max_len", bad.FROM_ONE),
    ("cache.push_limit", "ttl", bad.TTL),
    ("cache.list_range", "key", bad.TEXT),
    ("cache.list_range", "start", bad.INTEGER),
    ("cache.list_range", "end", bad.INTEGER),
    ("cache.hset", "key", bad.TEXT),
    ("cache.hset", "field", bad.TEXT),
    ("cache.hset", "value", bad.refused("hash")),
    ("cache.hget", "key", bad.TEXT),
    ("cache.hget", "field", bad.TEXT),
    ("cache.hgetall", "key", bad.TEXT),
    ("cache.hdel", "key", bad.TEXT),
    ("cache.hdel", "fields", [Bad(value.value, value.error, named="field") for value in bad.TEXT]),
    # Patterns
    ("cache.keys", "pattern", bad.TEXT),
    ("cache.scan", "pattern", bad.TEXT),
    ("cache.scan", "count", bad.FROM_ONE),
    ("cache.scan", "cursor", bad.FROM_ZERO),
    ("cache.scan_iter", "pattern", bad.TEXT),
    ("cache.scan_iter", "count", bad.FROM_ONE),
    ("cache.count_keys", "pattern", bad.TEXT),
    ("cache.delete_pattern", "pattern", bad.TEXT),
    # Locks
    ("cache.get_lock", "name", bad.TEXT),
    ("cache.get_lock", "timeout", [*bad.NOTHING, *bad.TTL]),
    ("cache.get_lock", "blocking_timeout", [*bad.DURATION, *bad.PAST_INT64]),
    ("lock.acquire", "blocking", bad.FLAG),
    ("lock.acquire", "timeout", [*bad.DURATION, *bad.PAST_INT64]),
    ("cache.get_lock", "fenced", bad.FLAG),
    ("cache.get_lock", "raise_on_release_error", bad.FLAG),
    ("cache.get_lock", "thread_local", bad.FLAG),
    ("cache.get_lock", "renew", bad.FLAG),
    ("cache.get_lock", "max_hold", [*bad.LIFETIME]),
    ("lock.on_lost", "callback", bad.FUNCTION),
    ("lock.extend", "additional_time", [*bad.NOTHING, *bad.LIFETIME]),
    ("lock.extend", "replace_ttl", bad.FLAG),
    # The double itself
    ("cache.set_health_status", "healthy", bad.FLAG),
    ("InMemoryCacheAdapter()", "key_prefix", bad.TEXT),
    ("InMemoryCacheAdapter()", "cache_name", bad.TEXT),
    ("InMemoryCacheAdapter()", "server", bad.SERVER),
    ("InMemoryCacheAdapter()", "codec", bad.CODEC),
    ("InMemoryCacheAdapter()", "clock", [*bad.CLOCK, *bad.belongs_to_the_server(ManualClock())]),
    ("InMemoryCacheAdapter()", "default_ttl", bad.LIFETIME),
    ("InMemoryCacheAdapter()", "max_size", [*bad.SIZE, *bad.belongs_to_the_server(10)]),
    ("InMemoryCacheAdapter()", "eviction", [*bad.EVICTION, *bad.belongs_to_the_server("fifo")]),
    ("MemoryServer()", "max_size", bad.SIZE),
    ("MemoryServer()", "eviction", bad.EVICTION),
    ("MemoryServer()", "clock", bad.CLOCK),
    ("CleanupService()", "interval", [*bad.NOTHING, *bad.LIFETIME]),
    ("ManualClock()", "start", bad.POSITION),
    ("ManualClock()", "autojump", bad.FLAG),
    ("clock.advance", "duration", [*bad.NOTHING, *bad.DURATION, *bad.NEGATIVE]),
    ("clock.set", "when", bad.POSITION),
]


@dataclass(frozen=True)
class Situation:
    """What a call is made on, and with which legal arguments besides the bad one.

    Attributes:
        subject: What is called: an attribute of the stage.
        arguments: Legal arguments; with them alone the call would change the store if it can.
    """

    subject: str
    arguments: dict[str, Any]

    def __str__(self) -> str:
        return str(self.arguments.get("key", self.subject))


def cache(*situations: dict[str, Any]) -> list[Situation]:
    """Return situations of a call on the cache."""
    return [Situation("cache", arguments) for arguments in situations]


def _computed() -> str:
    return "computed"


_CAS: dict[str, Any] = {"field": "state", "expected": "old", "new_value": {"state": "new"}, "ttl": 7}
_SWAP: dict[str, Any] = {"expected": {"state": "old"}, "new_value": {"state": "new"}, "ttl": 7}
_PUSH: dict[str, Any] = {"value": "new", "max_len": 2, "ttl": 7}
_RANGE: dict[str, Any] = {"start": 0, "end": -1}
_FIELD: dict[str, Any] = {"field": "new", "value": "new"}

# The first situation is one where legal arguments succeed.
SITUATIONS: dict[str, list[Situation]] = {
    "cache.get": cache({"key": "record"}),
    "cache.set": cache(*({"key": key, "value": "new", "ttl": 7} for key in ("record", "missing", "list"))),
    "cache.setnx": cache(*({"key": key, "value": "new", "ttl": 7} for key in ("missing", "record"))),
    "cache.getset": cache(*({"key": key, "value": "new", "ttl": 7} for key in ("record", "missing"))),
    "cache.getdel": cache({"key": "record"}),
    "cache.as_stored": cache({"key": "key", "value": "value"}),
    "cache.delete": cache({"key": "record"}),
    "cache.exists": cache({"key": "record"}),
    "cache.get_or_set": cache(
        *({"key": key, "default_factory": _computed, "ttl": 7} for key in ("missing", "record", "list"))
    ),
    "cache.incr": cache(*({"key": key, "amount": 2, "ttl": 7} for key in ("number", "missing", "list"))),
    "cache.decr": cache(*({"key": key, "amount": 2, "ttl": 7} for key in ("number", "missing", "list"))),
    "cache.expire": cache(*({"key": key, "ttl": 7} for key in ("record", "missing"))),
    "cache.expire_at": cache(*({"key": key, "when": bad.AWARE} for key in ("record", "missing"))),
    "cache.persist": cache({"key": "record"}),
    "cache.ttl": cache({"key": "record"}),
    "cache.pttl": cache({"key": "record"}),
    "cache.cas_dict_field": cache(*({"key": key, **_CAS} for key in ("record", "missing", "list"))),
    "cache.compare_and_set": cache(*({"key": key, **_SWAP} for key in ("record", "missing", "list"))),
    "cache.compare_and_delete": cache({"key": "record", "expected": {"state": "old"}}),
    "cache.mget": cache({"keys": ["record"]}),
    "cache.mset": cache({"mapping": {"record": 1, "missing": 2}, "ttl": 7}),
    "cache.mdelete": cache({"keys": ["record"]}),
    "cache.mexists": cache({"keys": ["record"]}),
    "cache.push_limit": cache(*({"key": key, **_PUSH} for key in ("list", "missing", "record"))),
    "cache.list_range": cache(*({"key": key, **_RANGE} for key in ("list", "missing", "record"))),
    "cache.hset": cache(*({"key": key, **_FIELD} for key in ("hash", "missing", "record"))),
    "cache.hget": cache(*({"key": key, "field": "a"} for key in ("hash", "missing", "record"))),
    "cache.hgetall": cache({"key": "hash"}),
    "cache.hdel": cache(*({"key": key, "fields": ("a",)} for key in ("hash", "missing", "record"))),
    "cache.keys": cache({}),
    "cache.scan": cache({}),
    "cache.scan_iter": cache({}),
    "cache.count_keys": cache({}),
    "cache.delete_pattern": cache({"pattern": "*"}),
    "cache.get_lock": cache({"name": "lock"}),
    "cache.set_health_status": cache({"healthy": False}),
    "lock.on_lost": [Situation("renewed", {"callback": print})],
    "lock.acquire": [Situation(handle, {"timeout": 0}) for handle in ("free", "rival", "owned")],
    "lock.extend": [Situation(handle, {"additional_time": 7}) for handle in ("owned", "rival", "free")],
    "InMemoryCacheAdapter()": [Situation("InMemoryCacheAdapter", {"cache_name": "refused"})],
    "MemoryServer()": [Situation("MemoryServer", {})],
    "CleanupService()": [Situation("CleanupService", {})],
    "ManualClock()": [Situation("ManualClock", {})],
    "clock.advance": [Situation("clock", {"duration": 7})],
    "clock.set": [Situation("clock", {"when": bad.AWARE})],
}

# What is added to a lease leads somewhere only where there is a lease.
FAR_ENDS: list[tuple[str, str, Situation]] = [
    ("lock.extend", "additional_time", Situation("owned", {})),
    ("lock.extend", "additional_time", Situation("owned", {"replace_ttl": True})),
]


@dataclass(frozen=True)
class Case:
    """One call with one bad argument."""

    call: str
    argument: str
    bad: Bad
    situation: Situation

    def __str__(self) -> str:
        return f"{self.call}-{self.argument}-{self.bad}-{self.situation}"

    @property
    def arguments(self) -> dict[str, Any]:
        """Return the arguments, the bad one among them."""
        value = self.bad.value
        if self.argument == "fields":
            # Behind a good one, which must not have gone when the bad one is found.
            value = (*self.situation.arguments["fields"], value)
        return {**self.situation.arguments, **self.bad.given, self.argument: value}


def _cases(*, everywhere: bool) -> Iterator[Case]:
    for call, argument, values in TABLE:
        situations = SITUATIONS[call] if everywhere and argument != "key" else SITUATIONS[call][:1]
        for value in values:
            for situation in situations:
                # A refusal by the codec names the key, and each row speaks of one key.
                if not value.named.startswith("'") or situation is situations[0]:
                    yield Case(call, argument, value, situation)
    for call, argument, situation in FAR_ENDS:
        yield Case(call, argument, bad.PAST_INT64[0], situation)


CASES = list(_cases(everywhere=False))
"""Each bad value once."""

CASES_EVERYWHERE = list(_cases(everywhere=True))
"""Each bad value in every situation: whatever the key holds, whoever holds the lock."""
