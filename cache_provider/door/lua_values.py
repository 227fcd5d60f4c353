"""Values between Lua and Redis."""

from typing import Any

from cache_provider.door.numbers import double_text
from cache_provider.door.replies import (
    Attribute,
    BigNumber,
    Map,
    NullArray,
    Pairs,
    Refusal,
    Reply,
    Several,
    Status,
    Unordered,
    Verbatim,
    is_array,
)

_DEEPEST = 100


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
    return _plain_to_lua(reply) if protocol == 2 else _typed_to_lua(lua, reply)


def _plain_to_lua(reply: Reply) -> Any:
    """Return what has no type of its own in RESP2."""
    if isinstance(reply, float):
        return double_text(reply)
    if isinstance(reply, bool):
        return int(reply)
    return bytes(reply) if isinstance(reply, bytes) else reply


def _typed_to_lua(lua: Any, reply: Reply) -> Any:
    """Return what RESP3 tells from a string."""
    if isinstance(reply, float):
        return lua.table_from({b"double": reply})
    if isinstance(reply, BigNumber):
        return lua.table_from({b"big_number": bytes(reply)})
    if isinstance(reply, Verbatim):
        return lua.table_from(
            {b"verbatim_string": lua.table_from({b"format": b"txt", b"string": bytes(reply)})}
        )
    return reply


def _list_to_lua(lua: Any, reply: list[Reply], protocol: int) -> Any:
    if isinstance(reply, Several):
        # What is said about a reply, a script does not hear.
        return to_lua(lua, next(part for part in reply if type(part) is not Attribute), protocol)
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


class Results:
    """What scripts return, as replies. Their tables are read past any metatable.

    Args:
        lua: The interpreter.
    """

    def __init__(self, lua: Any) -> None:
        self._kind_of = lua.eval(b"type")
        self._rawget = lua.eval(b"rawget")

    def reply(self, value: Any, protocol: int, depth: int = 0) -> Reply:
        """Return what a script's result says, the script having asked for that protocol."""
        if depth > _DEEPEST:
            return Refusal("ERR reached lua stack limit")
        if isinstance(value, bool):
            return value if protocol == 3 else 1 if value else None
        if isinstance(value, int):
            return value
        if isinstance(value, float):
            return _whole(value)
        if isinstance(value, bytes) or value is None:
            return value
        return self._of_table(value, protocol, depth) if self._is_table(value) else None

    def _is_table(self, value: Any) -> bool:
        return bool(self._kind_of(value) == b"table")

    def _of_table(self, table: Any, protocol: int, depth: int) -> Reply:
        error, status = self._rawget(table, b"err"), self._rawget(table, b"ok")
        if isinstance(error, bytes):
            return self.refusal(table)
        if isinstance(status, bytes):
            return Status(_one_line(status))
        typed = self._typed(table)
        if typed is not None:
            return typed
        for name, kind in ((b"map", Map), (b"set", Unordered)):
            held = self._rawget(table, name)
            if self._is_table(held):
                parts = [part for item in held.items() for part in (item if kind is Map else item[:1])]
                return kind(self.reply(part, protocol, depth + 1) for part in parts)
        replies: list[Reply] = []
        while (part := self._rawget(table, len(replies) + 1)) is not None:
            replies.append(self.reply(part, protocol, depth + 1))
        return replies

    def _typed(self, table: Any) -> Reply:
        """Return what only RESP3 tells from a string."""
        double, big = self._rawget(table, b"double"), self._rawget(table, b"big_number")
        if isinstance(double, (int, float)) and not isinstance(double, bool):
            return float(double)
        if isinstance(big, bytes):
            return BigNumber(_one_line(big))
        verbatim = self._rawget(table, b"verbatim_string")
        text = self._rawget(verbatim, b"string") if self._is_table(verbatim) else None
        return Verbatim(text) if isinstance(text, bytes) else None

    def refusal(self, table: Any, sha: str | None = None) -> Refusal:
        """Return the error that a table is; with the script's name and line where it ended the script."""
        text = _one_line(self._rawget(table, b"err")).decode("utf-8", "surrogateescape")
        line = self._rawget(table, b"line")
        if sha is not None and line is not None:
            text = f"{text} script: {sha}, on @user_script:{line}."
        return Refusal(text)


def _whole(number: float) -> int:
    if number != number or abs(number) >= 2**63:  # noqa: PLR0124 - NaN
        return -(2**63)
    return int(number)


def _one_line(text: bytes) -> bytes:
    return text.replace(b"\r", b" ").replace(b"\n", b" ")
