"""What each type is called, and how Redis would keep it in memory.

Nothing here is kept in any of those ways: the names are told from the contents
and from the settings that Redis would compare them with.
"""

from collections.abc import Iterable, Mapping

from cache_provider.door.payloads import Members, Scores
from cache_provider.integers import parse_int64
from cache_provider.memory.payload import Fields, Items, Payload, wire_of

_EMBEDDED = 44
_KINDS: dict[type, bytes] = {Items: b"list", Fields: b"hash", Members: b"set", Scores: b"zset"}


def kind_of(payload: Payload) -> bytes:
    """Return what TYPE says of a payload."""
    return _KINDS.get(type(payload), b"string")


def encoding_of(payload: Payload, settings: Mapping[str, str]) -> bytes:
    """Return what OBJECT ENCODING says of a payload."""
    if isinstance(payload, Items):
        return b"quicklist"
    if isinstance(payload, Fields):
        parts = [
            part
            for field, value in payload.items()
            for part in (field.encode("utf-8", "surrogateescape"), value)
        ]
        return b"listpack" if _is_small("hash", len(payload), parts, settings) else b"hashtable"
    if isinstance(payload, Members):
        return _set_encoding(payload, settings)
    if isinstance(payload, Scores):
        return b"listpack" if _is_small("zset", len(payload), payload, settings) else b"skiplist"
    return _string_encoding(wire_of("", payload))


def _is_small(kind: str, length: int, parts: Iterable[bytes], settings: Mapping[str, str]) -> bool:
    if length > int(settings[f"{kind}-max-listpack-entries"]):
        return False
    longest = int(settings[f"{kind}-max-listpack-value"])
    return all(len(part) <= longest for part in parts)


def _set_encoding(members: Members, settings: Mapping[str, str]) -> bytes:
    if len(members) > int(settings["set-max-intset-entries"]):
        return b"hashtable"
    return b"intset" if all(parse_int64(member) is not None for member in members) else b"hashtable"


def _string_encoding(wire: bytes) -> bytes:
    if parse_int64(wire) is not None:
        return b"int"
    return b"embstr" if len(wire) <= _EMBEDDED else b"raw"
