"""Every operation on a Redis, once: what is sent, and how the answer is read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cache_provider.arguments import (
    Ttl,
    check_dict,
    check_integer,
    check_key,
    check_keys,
    check_mapping,
    check_name,
    deadline_after,
    duration_ms,
    moment_ms,
    octets_of,
    text_of,
)
from cache_provider.clock import SYSTEM_CLOCK
from cache_provider.codecs import decode_for, encode_for
from cache_provider.comparison import same_field, same_value
from cache_provider.interface.expiry import seconds_left
from cache_provider.redis import scripts
from cache_provider.redis.lock_operations import LockOperations
from cache_provider.redis.requests import (
    AllKeys,
    Argument,
    Batch,
    Command,
    ManyKeys,
    Program,
    ScanStep,
)

_PERSISTENT = -1

_FLUSH_COUNT = 1000


class Operations(LockOperations):
    """The operations of one adapter."""

    # Values

    def get(self, key: str, default: Any) -> Program[Any]:
        """`GET`."""
        wire = yield self._read(key, "GET")
        return self._found(key, wire, default)

    def set(self, key: str, value: Any, ttl: Ttl | None, keep_ttl: bool) -> Program[bool]:
        """`SET`, `PX`, `KEEPTTL`."""
        yield self._set(key, value, ttl, keep_ttl=keep_ttl)
        self.counts.sets.add()
        return True

    def setnx(self, key: str, value: Any, ttl: Ttl | None) -> Program[bool]:
        """`SET NX`."""
        answer = yield self._set(key, value, ttl, "NX")
        self.counts.sets.add_many(bool(answer))
        return bool(answer)

    def _found(self, key: str, wire: bytes | None, default: Any = None) -> Any:
        """Return the value of what was read, and count the hit or the miss."""
        if wire is None:
            self.counts.misses.add()
            return default
        value = decode_for(self.codec, key, wire)
        self.counts.hits.add()
        return value

    def getset(self, key: str, value: Any, ttl: Ttl | None, keep_ttl: bool) -> Program[Any]:
        """`SET`, `GET`."""
        wire = yield replace(self._set(key, value, ttl, "GET", keep_ttl=keep_ttl), gets=True)
        self.counts.sets.add()
        return self._found(key, wire)

    def getdel(self, key: str) -> Program[Any]:
        """`GETDEL`."""
        wire = yield self._write(key, "GETDEL")
        self.counts.deletes.add_many(wire is not None)
        return self._found(key, wire)

    def delete(self, key: str) -> Program[bool]:
        """`DEL`."""
        removed = yield self._write(key, "DEL")
        self.counts.deletes.add_many(removed)
        return bool(removed)

    def exists(self, key: str) -> Program[bool]:
        """`EXISTS`."""
        found = yield self._read(key, "EXISTS")
        return bool(found)

    # Counters

    def incr(self, key: str, amount: int, default: int, ttl: Ttl | None) -> Program[int]:
        """`INCRBY`; one script where a missing counter needs more than that."""
        check_key(key)
        check_integer("amount", amount)
        check_integer("default", default)
        lifetime = self._lifetime(ttl)
        if default == 0 and lifetime is None:
            total = yield self._write(key, "INCRBY", amount)
        else:
            total = yield self._run(scripts.INCREMENT, key, amount, default, _or_empty(lifetime))
        self.counts.sets.add()
        return int(total)

    # Deadlines

    def expire(self, key: str, ttl: Ttl) -> Program[bool]:
        """`PEXPIRE`."""
        check_key(key)
        milliseconds = duration_ms("ttl", ttl)
        deadline_after("ttl", SYSTEM_CLOCK.now_ms(), milliseconds)
        found = yield self._write(key, "PEXPIRE", milliseconds)
        return bool(found)

    def expire_at(self, key: str, when: datetime) -> Program[bool]:
        """`PEXPIREAT`."""
        check_key(key)
        found = yield self._write(key, "PEXPIREAT", moment_ms("when", when))
        return bool(found)

    def persist(self, key: str) -> Program[bool]:
        """`PERSIST`."""
        had_deadline = yield self._write(key, "PERSIST")
        return bool(had_deadline)

    def ttl(self, key: str) -> Program[int | None]:
        """`PTTL`, rounded as `TTL` rounds."""
        return seconds_left((yield from self.pttl(key)))

    def pttl(self, key: str) -> Program[int | None]:
        """`PTTL`."""
        left = yield self._read(key, "PTTL")
        return None if left == _PERSISTENT else int(left)

    # Compare and set: the comparison is ours, on decoded values; the script then
    # writes only over the bytes that were compared.

    def cas_dict_field(
        self,
        key: str,
        field: str,
        expected: Any,
        new_value: dict[str, Any],
        ttl: Ttl | None,
        keep_ttl: bool,
    ) -> Program[bool]:
        """`GET`, compare one field, and replace what was compared."""
        check_key(key)
        check_name("field", field)
        check_dict("new_value", new_value)
        return self._replace_if(
            key, lambda found: same_field(found, field, expected), new_value, ttl, keep_ttl
        )

    def compare_and_set(
        self, key: str, expected: Any, new_value: Any, ttl: Ttl | None, keep_ttl: bool
    ) -> Program[bool]:
        """`GET`, compare, and replace what was compared."""
        return self._replace_if(key, lambda found: same_value(found, expected), new_value, ttl, keep_ttl)

    def compare_and_delete(self, key: str, expected: Any) -> Program[bool]:
        """`GET`, compare, and remove what was compared."""
        while (wire := (yield self._read(key, "GET"))) is not None:
            if not same_value(decode_for(self.codec, key, wire), expected):
                return False
            if (yield self._run(scripts.REMOVE, key, wire)):
                self.counts.deletes.add()
                return True
        return False

    def _replace_if(
        self, key: str, matches: Callable[[Any], bool], new_value: Any, ttl: Ttl | None, keep_ttl: bool
    ) -> Program[bool]:
        check_key(key)
        new_wire = encode_for(self.codec, key, new_value)
        expiry = self._expiry(ttl, keep_ttl)
        while (wire := (yield self._read(key, "GET"))) is not None:
            if not matches(decode_for(self.codec, key, wire)):
                return False
            if (yield self._run(scripts.REPLACE, key, wire, new_wire, *expiry)):
                self.counts.sets.add()
                return True
        return False

    # Several keys

    def mget(self, keys: Iterable[str]) -> Program[dict[str, Any]]:
        """`MGET`."""
        asked = check_keys(keys)
        answers: list[Any] = yield self._many(asked, "MGET", repeatable=True)
        pairs = zip(asked, _flat(answers), strict=True)
        found = {key: decode_for(self.codec, key, wire) for key, wire in pairs if wire is not None}
        self.counts.read(len(found), len(asked))
        return found

    def mset(self, mapping: Mapping[str, Any], ttl: Ttl | None) -> Program[bool]:
        """`MSET`, or `SET PX` for each in `MULTI`."""
        values = check_mapping(mapping)
        words = self._pairs(values)
        expiry = self._expiry(ttl)
        if expiry:
            pairs = zip(values, words[::2], words[1::2], strict=True)
            commands = (Command(("SET", full_key, wire, *expiry), key) for key, full_key, wire in pairs)
            yield Batch(tuple(commands), atomic=True)
        else:
            yield ManyKeys("MSET", words, tuple(values))
        self.counts.sets.add_many(len(values))
        return True

    def mdelete(self, keys: Iterable[str]) -> Program[int]:
        """`DEL`."""
        removed: int | list[int] = yield self._many(check_keys(keys), "DEL", repeatable=False)
        total = removed if isinstance(removed, int) else sum(removed)
        self.counts.deletes.add_many(total)
        return total

    def mexists(self, keys: Iterable[str]) -> Program[dict[str, bool]]:
        """`EXISTS` for each."""
        asked = check_keys(keys)
        found = yield Batch(tuple(self._read(key, "EXISTS") for key in asked), atomic=True)
        return {key: bool(there) for key, there in zip(asked, found, strict=True)}

    # Lists and hashes

    def push_limit(self, key: str, value: Any, max_len: int, ttl: Ttl | None) -> Program[int]:
        """`RPUSH`, `LTRIM` and `PEXPIRE` in one script."""
        check_key(key)
        wire = encode_for(self.codec, key, value)
        check_integer("max_len", max_len, minimum=1)
        renewed = None if ttl is None else self._lifetime(ttl)
        length = yield self._run(
            scripts.PUSH, key, wire, max_len, _or_empty(renewed), _or_empty(self._default_ttl_ms)
        )
        self.counts.sets.add()
        return int(length)

    def list_range(self, key: str, start: int, end: int) -> Program[list[Any]]:
        """`LRANGE`."""
        check_key(key)
        check_integer("start", start)
        check_integer("end", end)
        wires = yield self._read(key, "LRANGE", start, end)
        self.counts.read(bool(wires), 1)
        return [decode_for(self.codec, key, wire) for wire in wires]

    def hset(self, key: str, field: str, value: Any) -> Program[bool]:
        """`HSET`; one script where a new hash gets a ttl."""
        check_key(key)
        name = octets_of(check_name("field", field))
        wire = encode_for(self.codec, key, value)
        if self._default_ttl_ms is None:
            is_new = yield self._write(key, "HSET", name, wire)
        else:
            is_new = yield self._run(scripts.SET_FIELD, key, name, wire, self._default_ttl_ms)
        self.counts.sets.add()
        return bool(is_new)

    def hget(self, key: str, field: str) -> Program[Any]:
        """`HGET`."""
        check_key(key)
        wire = yield self._read(key, "HGET", octets_of(check_name("field", field)))
        self.counts.read(wire is not None, 1)
        return None if wire is None else decode_for(self.codec, key, wire)

    def hgetall(self, key: str) -> Program[dict[str, Any]]:
        """`HGETALL`."""
        fields = yield self._read(key, "HGETALL")
        self.counts.read(bool(fields), 1)
        return {text_of(field): decode_for(self.codec, key, wire) for field, wire in fields.items()}

    def hdel(self, key: str, fields: tuple[str, ...]) -> Program[int]:
        """`HDEL`; without fields `HLEN`, which refuses the same types."""
        check_key(key)
        names = [octets_of(check_name("field", field)) for field in fields]
        if not names:
            yield self._read(key, "HLEN")
            return 0
        removed = yield self._write(key, "HDEL", *names)
        return int(removed)

    # Patterns

    def keys(self, pattern: str) -> Program[list[str]]:
        """`KEYS`."""
        found = yield AllKeys(self._pattern(pattern))
        return self._without_prefix(found)

    def scan(self, pattern: str, count: int, cursor: int) -> Program[tuple[int, list[str]]]:
        """`SCAN`."""
        full_pattern = self._pattern(pattern)
        check_integer("count", count, minimum=1)
        check_integer("cursor", cursor, minimum=0)
        position, found = yield ScanStep(full_pattern, count, cursor)
        return position, self._without_prefix(found)

    def flush_all(self) -> Program[bool]:
        """`SCAN` and `UNLINK`: this prefix and nobody else's."""
        position = None
        while position != 0:
            position, found = yield ScanStep(self._pattern("*"), _FLUSH_COUNT, position or 0)
            if found:
                yield ManyKeys("UNLINK", tuple(found), ("",) * len(found))
        return True

    def ping(self) -> Program[bool]:
        """`PING`."""
        yield Command(("PING",), repeatable=True)
        return True


def _flat(answers: list[Any]) -> list[bytes | None]:
    """Return the values of `MGET`: a cluster, asked key by key, answers with a list of one for each."""
    return [answer[0] for answer in answers] if answers and isinstance(answers[0], list) else answers


def _or_empty(number: int | None) -> Argument:
    return "" if number is None else number
