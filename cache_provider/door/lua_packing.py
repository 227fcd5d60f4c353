"""`struct` and `cmsgpack`, as scripts find them."""

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec

from cache_provider.door.replies import is_array

_SIZES = {"b": 1, "B": 1, "h": 2, "H": 2, "l": 8, "L": 8, "i": 4, "I": 4, "T": 8, "f": 4, "d": 8}
_DEEPEST = 15
_RAISING = b"""function(f) return function(...)
  local results = {f(...)}
  if results[1] == false then error(results[2], 2) end
  return unpack(results, 2, table.maxn(results))
end end"""


def _guarded(function: Any) -> Any:
    """Have what goes wrong told by a first result of False."""

    def guarded(*arguments: Any) -> tuple[Any, ...]:
        try:
            return (True, *function(*arguments))
        except (ValueError, TypeError, struct.error, IndexError, OverflowError) as error:
            return False, str(error).encode()

    return guarded


def _items(form: bytes) -> Iterator[tuple[str, int, str]]:
    """Yield each item of a format: its letter, its size and the order of its bytes."""
    order, position, text = "little", 0, form.decode("latin-1")
    while position < len(text):
        letter = text[position]
        position += 1
        digits = position
        while digits < len(text) and text[digits].isdigit():
            digits += 1
        number = int(text[position:digits] or 0)
        position = digits
        if letter in "<>=!":
            order = "big" if letter == ">" else "little"
        elif letter in "iI":
            yield letter, number or 4, order
        elif letter in "cs x".replace(" ", "") or letter in _SIZES:
            yield letter, number or (1 if letter in "cx" else _SIZES.get(letter, 0)), order
        elif not letter.isspace():
            raise ValueError(f"invalid format option '{letter}'")


def _pack(form: bytes, *values: Any) -> tuple[bytes]:
    left, out = list(values), bytearray()
    for letter, size, order in _items(form):
        if letter == "x":
            out += bytes(size)
        elif letter == "s":
            out += left.pop(0) + b"\0"
        elif letter == "c":
            out += left.pop(0)[:size]
        elif letter in "fd":
            out += struct.pack((">" if order == "big" else "<") + letter, left.pop(0))
        else:
            number = int(left.pop(0)) & ((1 << 8 * size) - 1)
            out += number.to_bytes(size, "big" if order == "big" else "little")
    return (bytes(out),)


def _unpack(form: bytes, data: bytes, start: float = 1) -> tuple[Any, ...]:
    position, found = int(start) - 1, list[Any]()
    if position < 0:
        raise ValueError("offset must be 1 or greater")
    for letter, size, order in _items(form):
        if letter == "s":
            end = data.index(b"\0", position)
            found.append(data[position:end])
            position = end + 1
            continue
        if position + size > len(data):
            raise ValueError("data string too short")
        part = data[position : position + size]
        position += size
        if letter == "c":
            found.append(part)
        elif letter in "fd":
            found += struct.unpack((">" if order == "big" else "<") + letter, part)
        elif letter != "x":
            whole = int.from_bytes(part, "big" if order == "big" else "little", signed=letter.islower())
            found.append(whole)
    return (*found, position + 1)


def _size(form: bytes) -> tuple[int]:
    return (sum(item[1] for item in _items(form)),)


def structs(lua: Any) -> Mapping[bytes, Any]:
    """Return `struct`."""
    wrap = lua.eval(_RAISING)
    return {
        b"pack": wrap(_guarded(_pack)),
        b"unpack": wrap(_guarded(_unpack)),
        b"size": wrap(_guarded(_size)),
    }


def parts_of(value: Any) -> Iterable[tuple[Any, Any]] | None:
    """Return the keys and values of the table that a list or a dict becomes; None of anything else."""
    if is_array(value):
        return enumerate(value, 1)
    return cast("Mapping[Any, Any]", value).items() if isinstance(value, dict) else None


_FIXED = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_TEXTS = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_CONTAINERS = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


def end_of_value(data: bytes, position: int) -> int:
    """Return where the value ends that begins at a position, by MessagePack's first bytes.

    Raises:
        ValueError: It is not whole.
    """
    left = 1
    while left:
        if position >= len(data):
            raise ValueError("Missing bytes in input.")
        position, inside = _over_head(data, position)
        left += inside - 1
    if position > len(data):
        raise ValueError("Missing bytes in input.")
    return position


def _over_head(data: bytes, position: int) -> tuple[int, int]:
    """Return where a value without parts ends, or the head of one with parts, and how many those are."""
    first = data[position]
    position += 1
    if first in _FIXED:
        return position + _FIXED[first], 0
    if first in _TEXTS:
        size = _TEXTS[first]
        return position + size + int.from_bytes(data[position : position + size], "big"), 0
    if first in _CONTAINERS:
        size, each = _CONTAINERS[first]
        return position + size, each * int.from_bytes(data[position : position + size], "big")
    if 0xA0 <= first <= 0xBF:
        return position + (first & 0x1F), 0
    if 0x80 <= first <= 0x9F:
        return position, (first & 0x0F) * (2 if first < 0x90 else 1)
    return position, 0


class _MessagePack:
    """`cmsgpack`, on tables of one interpreter."""

    def __init__(self, lua: Any) -> None:
        self._lua = lua
        self._kind_of = lua.eval(b"type")

    def pack(self, *values: Any) -> tuple[bytes]:
        if not values:
            raise ValueError("bad argument #0 to 'pack' (MessagePack pack needs input.)")
        return (b"".join(msgspec.msgpack.encode(self._plain(value)) for value in values),)

    def unpack(self, data: bytes) -> tuple[Any, ...]:
        """Return all values."""
        values, _ = self._values(data, 0, len(data))
        return tuple(values)

    def unpack_one(self, data: bytes, offset: float = 0) -> tuple[Any, ...]:
        """Return where to go on, -1 at the end, and a value."""
        return self.unpack_limit(data, 1, offset)

    def unpack_limit(self, data: bytes, limit: float, offset: float = 0) -> tuple[Any, ...]:
        """Return where to go on, -1 at the end, and so many values at the most."""
        start, number = int(offset), int(limit)
        if start < 0 or number < 0:
            raise ValueError(f"Invalid request to unpack with offset of {start} and limit of {len(data)}.")
        if start > len(data):
            raise ValueError(f"Start offset {start} greater than input length {len(data)}.")
        values, end = self._values(data, start, number or len(data))
        return (-1 if end == len(data) else end, *values)

    def _values(self, data: bytes, position: int, limit: int) -> tuple[list[Any], int]:
        values: list[Any] = []
        while position < len(data) and len(values) < limit:
            end = end_of_value(data, position)
            values.append(self._table(msgspec.msgpack.decode(data[position:end])))
            position = end
        return values, position

    def _plain(self, value: Any, depth: int = 0) -> Any:
        if isinstance(value, bytes):
            return _text_or_bytes(value)
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if self._kind_of(value) != b"table" or depth > _DEEPEST:
            return None
        items = dict(value.items())
        places = range(1, len(items) + 1)
        if all(place in items for place in places):
            return [self._plain(items[place], depth + 1) for place in places]
        return {self._plain(key, depth + 1): self._plain(part, depth + 1) for key, part in items.items()}

    def _table(self, value: Any) -> Any:
        if isinstance(value, str):
            return value.encode()
        parts = parts_of(value)
        if parts is None:
            return value
        made = self._lua.table()
        for key, part in parts:
            made[self._table(key)] = self._table(part)
        return made


def _text_or_bytes(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def message_pack(lua: Any) -> Mapping[bytes, Any]:
    """Return `cmsgpack`."""
    packer, wrap = _MessagePack(lua), lua.eval(_RAISING)
    functions = (packer.pack, packer.unpack, packer.unpack_one, packer.unpack_limit)
    return {function.__name__.encode(): wrap(_guarded(function)) for function in functions}
