"""The libraries that Redis gives scripts, but for Lua's own: `bit`, `cjson`, `cmsgpack`, `struct`."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from cache_provider.door.lua_packing import message_pack, parts_of, structs

_WORD = 0xFFFFFFFF
_DEEPEST = 1000


def _signed(number: float) -> int:
    value = round(number) & _WORD
    return value - (1 << 32) if value >> 31 else value


def _fold(operation: Callable[[int, int], int]) -> Callable[..., int]:
    def folded(first: float, *others: float) -> int:
        result = _signed(first)
        for other in others:
            result = operation(result, _signed(other))
        return _signed(result)

    return folded


def _rotated(number: float, places: float) -> int:
    value, by = round(number) & _WORD, int(places) & 31
    return _signed((value << by) | (value >> (32 - by)))


def _tohex(number: float, digits: float = 8) -> bytes:
    width = min(8, abs(int(digits)))
    text = f"{round(number) & _WORD:08x}"[8 - width :]
    return (text.upper() if digits < 0 else text).encode()


def _swapped(number: float) -> int:
    return _signed(int.from_bytes((round(number) & _WORD).to_bytes(4, "big"), "little"))


def _shift(operation: Callable[[int, int], int]) -> Callable[[float, float], int]:
    return lambda number, by: _signed(operation(round(number) & _WORD, int(by) & 31))


def _inverted(number: float) -> int:
    return _signed(~_signed(number))


def _rotated_right(number: float, places: float) -> int:
    return _rotated(number, -places)


_BIT: dict[bytes, Callable[..., Any]] = {
    b"tobit": _signed,
    b"bnot": _inverted,
    b"band": _fold(lambda left, right: left & right),
    b"bor": _fold(lambda left, right: left | right),
    b"bxor": _fold(lambda left, right: left ^ right),
    b"lshift": _shift(lambda number, by: number << by),
    b"rshift": _shift(lambda number, by: number >> by),
    b"arshift": _shift(lambda number, by: _signed(number) >> by),
    b"rol": _rotated,
    b"ror": _rotated_right,
    b"bswap": _swapped,
    b"tohex": _tohex,
}


class _Json:
    """`cjson`, on tables of one interpreter."""

    def __init__(self, lua: Any) -> None:
        self._lua = lua
        self._null = lua.eval(b"newproxy()")
        self._is_null = lua.eval(b"function(null) return function(value) return value == null end end")(
            self._null
        )
        self._kind_of = lua.eval(b"type")
        self._settings: dict[str, Any] = {
            "encode_max_depth": _DEEPEST,
            "decode_max_depth": _DEEPEST,
            "encode_number_precision": 14,
            "encode_keep_buffer": True,
            "encode_invalid_numbers": False,
            "decode_invalid_numbers": True,
        }

    def functions(self) -> dict[bytes, Any]:
        """Return what scripts find."""
        wrap = self._lua.eval(
            b"function(f) return function(...) local r, story = f(...) "
            b"if story then error(story, 2) end return r end end"
        )
        settings = {name.encode(): wrap(self._setting(name)) for name in self._settings}
        return {
            b"encode": wrap(self._encode),
            b"decode": wrap(self._decode),
            b"null": self._null,
            **settings,
        }

    def _setting(self, name: str) -> Callable[..., Any]:
        """Return what sets something if it is given, and returns what it is."""

        def setting(value: Any = None) -> Any:
            if value is not None:
                refusal = _refused_setting(name, self._settings[name], value)
                if refusal is not None:
                    return None, f"bad argument #1 to '{name}' ({refusal})".encode()
                self._settings[name] = value
            return self._settings[name]

        return setting

    def _encode(self, value: Any) -> Any:
        try:
            return self._text(value, 0)
        except ValueError as error:
            return None, str(error).encode()

    def _text(self, value: Any, depth: int) -> bytes:
        if value is None or self._is_null(value):
            return b"null"
        if isinstance(value, bool):
            return b"true" if value else b"false"
        if isinstance(value, (int, float)):
            return self._number_text(value)
        if isinstance(value, bytes):
            return _quoted(value)
        kind = self._kind_of(value).decode()
        if kind != "table":
            raise _unserialisable(kind)
        if depth >= self._settings["encode_max_depth"]:
            raise ValueError(f"Cannot serialise, excessive depth ({depth + 1})")
        return self._table_text(dict(value.items()), depth + 1)

    def _number_text(self, value: float) -> bytes:
        if math.isfinite(value):
            return b"%.*g" % (int(self._settings["encode_number_precision"]), value)
        invalid = self._settings["encode_invalid_numbers"]
        if not invalid:
            raise ValueError("Cannot serialise number: must not be NaN or Inf")
        return b"null" if invalid == b"null" else str(value).encode()

    def _table_text(self, items: dict[Any, Any], depth: int) -> bytes:
        places = [key for key in items if isinstance(key, int) and key > 0]
        if items and len(places) == len(items):
            highest = max(places)
            if highest > 10 and highest > 2 * len(items):
                raise ValueError("Cannot serialise table: excessively sparse array")
            return b"[%b]" % b",".join(self._text(items.get(place), depth) for place in range(1, highest + 1))
        parts: list[bytes] = []
        for key, value in items.items():
            if not isinstance(key, (bytes, int, float)) or isinstance(key, bool):
                raise _unserialisable_key()
            name = _quoted(key) if isinstance(key, bytes) else b'"%.14g"' % key
            parts.append(b"%b:%b" % (name, self._text(value, depth)))
        return b"{%b}" % b",".join(parts)

    def _decode(self, text: Any) -> Any:
        try:
            value = json.loads(bytes(text).decode("utf-8", "surrogateescape"), parse_int=float)
        except json.JSONDecodeError as error:
            expected = "the end" if error.msg == "Extra data" else "value"
            found = "T_END" if error.pos >= len(error.doc) else "invalid token"
            return None, f"Expected {expected} but found {found} at character {error.pos + 1}".encode()
        except (TypeError, RecursionError):
            return None, b"Found too many nested data structures (1001)"
        try:
            return self._table(value)
        except ValueError as error:
            return None, str(error).encode()

    def _table(self, value: Any, depth: int = 0) -> Any:
        if value is None:
            return self._null
        if isinstance(value, str):
            return value.encode("utf-8", "surrogateescape")
        parts = parts_of(value)
        if parts is None:
            return value
        if depth >= self._settings["decode_max_depth"]:
            raise ValueError(f"Found too many nested data structures ({depth + 1})")
        table = self._lua.table()
        for key, part in parts:
            table[self._table(key)] = self._table(part, depth + 1)
        return table


def _refused_setting(name: str, now: Any, value: Any) -> str | None:
    """Return why a setting of `cjson` cannot be set to that, None where it can."""
    if isinstance(now, bool) or now == b"null":
        may_be_null = name == "encode_invalid_numbers" and value == b"null"
        shown = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        return None if isinstance(value, bool) or may_be_null else f"invalid option '{shown}'"
    highest = 14 if name == "encode_number_precision" else 2**31 - 1
    if isinstance(value, (int, float)) and 1 <= value <= highest:
        return None
    return f"expected integer between 1 and {highest}"


def _unserialisable_key() -> ValueError:
    return ValueError("Cannot serialise table: table key must be a number or string")


def _unserialisable(kind: str) -> ValueError:
    return ValueError(f"Cannot serialise {kind}: type not supported")


_ESCAPES = {
    0x22: b'\\"',
    0x5C: b"\\\\",
    0x2F: b"\\/",
    0x08: b"\\b",
    0x0C: b"\\f",
    0x0A: b"\\n",
    0x0D: b"\\r",
    0x09: b"\\t",
    0x7F: b"\\u007f",
}


def _quoted(text: bytes) -> bytes:
    parts = [_ESCAPES.get(byte) or (b"\\u%04x" % byte if byte < 0x20 else bytes((byte,))) for byte in text]
    return b'"%b"' % b"".join(parts)


def libraries(lua: Any) -> Mapping[bytes, Mapping[bytes, Any]]:
    """Return each library by its name."""
    return {
        b"bit": _BIT,
        b"cjson": _Json(lua).functions(),
        b"cmsgpack": message_pack(lua),
        b"struct": structs(lua),
    }
