"""Values between Lua and Redis."""

from typing import Any

from cache_provider.door.numbers import double_text
from cache_provider.door.replies import (
    Map,
    NullArray,
    Pairs,
    Refusal,
    Reply,
    Status,
    Unordered,
    Verbatim,
    is_array,
)

_DEEPEST = 100
_UNSAFE = str.maketrans("\r\n", "  ")


def to_lua(lua: Any, reply: Reply, protocol: int) -> Any:
    """Return a reply as a script finds it."""
    if reply is None or isinstance(reply, NullArray):
        return None if protocol == 3 else False
    if isinstance(reply, Refusal):
        return lua.table_from({b"err": reply.wire})
    if isinstance(reply, Status):
        return lua.table_from({b"ok": bytes(reply)})
    if is_array(reply):
        return _list_to_lua(lua, reply, protocol)
    if protocol == 2:
        reply = double_text(reply) if isinstance(reply, float) else reply
        return bytes(reply) if isinstance(reply, bytes) else reply
    return _typed_to_lua(lua, reply)


def _typed_to_lua(lua: Any, reply: Reply) -> Any:
    """Return what only RESP3 tells from a string."""
    if isinstance(reply, float):
        return lua.table_from({b"double": reply})
    if isinstance(reply, Verbatim):
        return lua.table_from(
            {b"verbatim_string": lua.table_from({b"format": b"txt", b"string": bytes(reply)})}
        )
    return reply


def _list_to_lua(lua: Any, reply: list[Reply], protocol: int) -> Any:
    parts = [to_lua(lua, part, protocol) for part in reply]
    if protocol == 3 and isinstance(reply, Map):
        return lua.table_from({b"map": lua.table_from(dict(zip(parts[::2], parts[1::2], strict=True)))})
    if protocol == 3 and isinstance(reply, Unordered):
        return lua.table_from({b"set": lua.table_from(dict.fromkeys(parts, True))})
    if protocol == 3 and isinstance(reply, Pairs):
        return lua.table_from([lua.table_from(parts[place : place + 2]) for place in range(0, len(parts), 2)])
    table = lua.table()
    for place, part in enumerate(parts, 1):
        table[place] = part
    return table


def to_reply(value: Any, kind_of: Any, depth: int = 0) -> Reply:
    """Return what a script's result says."""
    if depth > _DEEPEST:
        return Refusal("ERR reached lua stack limit")
    if isinstance(value, bool):
        return 1 if value else None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return _whole(value)
    if isinstance(value, bytes) or value is None:
        return value
    return _table_to_reply(value, kind_of, depth) if kind_of(value) == "table" else None


def _whole(number: float) -> int:
    if number != number or abs(number) >= 2**63:  # noqa: PLR0124 - NaN
        return -(2**63)
    return int(number)


def _table_to_reply(table: Any, kind_of: Any, depth: int) -> Reply:
    error, status, double = table[b"err"], table[b"ok"], table[b"double"]
    if isinstance(error, bytes):
        return refusal_of(table)
    if isinstance(status, bytes):
        return Status(status.replace(b"\r", b" ").replace(b"\n", b" "))
    if isinstance(double, (int, float)):
        return float(double)
    for name, kind in ((b"map", Map), (b"set", Unordered)):
        held = table[name]
        if kind_of(held) == "table":
            parts = [part for item in held.items() for part in (item if kind is Map else item[:1])]
            return kind(to_reply(part, kind_of, depth + 1) for part in parts)
    replies: list[Reply] = []
    place = 1
    while (part := table[place]) is not None:
        replies.append(to_reply(part, kind_of, depth + 1))
        place += 1
    return replies


def refusal_of(table: Any, sha: str | None = None) -> Refusal:
    """Return the error that a table is; with the script's name and line where it ended the script."""
    text = table[b"err"].decode("utf-8", "surrogateescape").translate(_UNSAFE)
    line = table[b"line"]
    if sha is not None and line is not None:
        text = f"{text} script: {sha}, on @user_script:{line}."
    return Refusal(text)
