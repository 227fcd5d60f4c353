"""Bits in strings."""

from collections.abc import Callable
from functools import reduce

from cache_provider.door.numbers import integer
from cache_provider.door.replies import Refusal, Reply, syntax_error
from cache_provider.door.table import FIRST, Arguments, Keys, command
from cache_provider.door.view import View
from cache_provider.integers import parse_int64

_HIGHEST_BIT = 512 * 1024 * 1024 * 8
_BAD_OFFSET = "ERR bit offset is not an integer or out of range"
_OPERATIONS: dict[bytes, Callable[[int, int], int]] = {
    b"AND": lambda left, right: left & right,
    b"OR": lambda left, right: left | right,
    b"XOR": lambda left, right: left ^ right,
}


def _offset(text: bytes, width: int = 0) -> int:
    """Return a bit's place; `#` before it counts in numbers of that width."""
    scale, digits = (width, text[1:]) if width and text[:1] == b"#" else (1, text)
    place = parse_int64(digits)
    if place is None or not 0 <= place * scale < _HIGHEST_BIT:
        raise Refusal(_BAD_OFFSET)
    return place * scale


@command("SETBIT", 4, "write denyoom", FIRST)
def setbit(view: View, arguments: Arguments) -> Reply:
    """Set a bit."""
    key, place = arguments[0], _offset(arguments[1])
    if arguments[2] not in (b"0", b"1"):
        raise Refusal("ERR bit is not an integer or out of range")
    text = bytearray(view.string(key) or b"")
    position, mask = place >> 3, 0x80 >> (place & 7)
    if len(text) <= position:
        text.extend(bytes(position + 1 - len(text)))
    old = int(bool(text[position] & mask))
    text[position] = text[position] | mask if arguments[2] == b"1" else text[position] & ~mask
    view.keep(key, bytes(text))
    view.notify("$", "setbit", key)
    return old


@command("GETBIT", 3, "readonly fast", FIRST)
def getbit(view: View, arguments: Arguments) -> Reply:
    """Return a bit."""
    place = _offset(arguments[1])
    text = view.string(arguments[0]) or b""
    return int(place >> 3 < len(text) and bool(text[place >> 3] & (0x80 >> (place & 7))))


def _unit(words: Arguments) -> bool:
    """Tell whether positions count bits."""
    unit = words[0].upper() if words else b"BYTE"
    if len(words) > 1 or unit not in (b"BYTE", b"BIT"):
        raise syntax_error()
    return unit == b"BIT"


def _bit_range(start: int, end: int, length: int, *, in_bits: bool) -> tuple[int, int]:
    """Return the first bit and that behind the last; the same for an empty range."""
    total = length * 8 if in_bits else length
    first = max(0, total + start) if start < 0 else start
    last = max(0, total + end) if end < 0 else end
    last = min(last, total - 1)
    if first > last:
        return 0, 0
    return (first, last + 1) if in_bits else (first * 8, (last + 1) * 8)


def _bits(text: bytes, first: int, behind: int) -> int:
    """Return the bits of a range as a number."""
    part = int.from_bytes(text[first >> 3 : (behind + 7) >> 3], "big")
    part >>= -behind % 8
    return part & ((1 << (behind - first)) - 1)


@command("BITCOUNT", -2, "readonly", FIRST)
def bitcount(view: View, arguments: Arguments) -> Reply:
    """Count the bits that are set."""
    if len(arguments) == 1:
        return int.from_bytes(view.string(arguments[0]) or b"", "big").bit_count()
    text = view.string(arguments[0])
    if text is None:
        return 0
    if len(arguments) not in (3, 4):
        raise syntax_error()
    start, end = integer(arguments[1]), integer(arguments[2])
    in_bits = _unit(arguments[3:])
    if start < 0 and end < 0 and start > end:
        # BITPOS does not look.
        return 0
    return _bits(text, *_bit_range(start, end, len(text), in_bits=in_bits)).bit_count()


@command("BITPOS", -3, "readonly", FIRST)
def bitpos(view: View, arguments: Arguments) -> Reply:
    """Find the first bit that is, or is not, set."""
    bit = integer(arguments[1])
    if bit not in (0, 1):
        raise Refusal("ERR The bit argument must be 1 or 0.")
    text = view.string(arguments[0])
    if text is None:
        return -1 if bit else 0
    if len(arguments) > 5:
        raise syntax_error()
    start = integer(arguments[2]) if len(arguments) > 2 else 0
    in_bits = _unit(arguments[4:])
    end = integer(arguments[3]) if len(arguments) > 3 else -1
    first, behind = _bit_range(start, end, len(text), in_bits=in_bits)
    if first == behind:
        return -1
    found = _first_bit(text, bit, first, behind)
    if found < 0 and not bit and len(arguments) <= 3:
        return behind
    return found


def _first_bit(text: bytes, bit: int, first: int, behind: int) -> int:
    width = behind - first
    number = _bits(text, first, behind)
    if not bit:
        number ^= (1 << width) - 1
    return behind - number.bit_length() if number else -1


@command("BITOP", -4, "write denyoom", Keys(2, -1, 1))
def bitop(view: View, arguments: Arguments) -> Reply:
    """Combine the bits of several values."""
    operation, target, sources = arguments[0].upper(), arguments[1], arguments[2:]
    if operation not in _OPERATIONS and operation != b"NOT":
        raise syntax_error()
    if operation == b"NOT" and len(sources) != 1:
        raise Refusal("ERR BITOP NOT must be called with a single source key.")
    texts = [view.string(key) or b"" for key in sources]
    length = max(map(len, texts))
    numbers = [int.from_bytes(text.ljust(length, b"\0"), "big") for text in texts]
    if operation == b"NOT":
        result = numbers[0] ^ ((1 << length * 8) - 1)
    else:
        result = reduce(_OPERATIONS[operation], numbers)
    if length:
        view.put(target, result.to_bytes(length, "big"))
        view.notify("$", "set", target)
    elif view.remove(target):
        view.notify("g", "del", target)
    return length


class _BitNumber:
    """A number in the bits of a string: its type and place."""

    def __init__(self, kind: bytes, place: bytes) -> None:
        width = parse_int64(kind[1:])
        self.is_signed = kind[:1] == b"i"
        if kind[:1] not in (b"i", b"u") or width is None or not 1 <= width <= 63 + self.is_signed:
            raise Refusal(
                "ERR Invalid bitfield type. Use something like i16 u8. "
                "Note that u64 is not supported but i64 is."
            )
        self.width = width
        self.place = _offset(place, width)

    @property
    def low(self) -> int:
        """The lowest it can be."""
        return -(1 << (self.width - 1)) if self.is_signed else 0

    @property
    def high(self) -> int:
        """The highest it can be."""
        return (1 << (self.width - self.is_signed)) - 1

    def read(self, text: bytearray) -> int:
        """Return what it is."""
        end = self.place + self.width
        padded = bytes(text[self.place >> 3 : (end + 7) >> 3]).ljust(
            ((end + 7) >> 3) - (self.place >> 3), b"\0"
        )
        number = int.from_bytes(padded, "big") >> (-end % 8)
        number &= (1 << self.width) - 1
        return number - (1 << self.width) if self.is_signed and number > self.high else number

    def write(self, text: bytearray, number: int) -> None:
        """Make it another."""
        end = self.place + self.width
        first, behind = self.place >> 3, (end + 7) >> 3
        if len(text) < behind:
            text.extend(bytes(behind - len(text)))
        shift = -end % 8
        mask = ((1 << self.width) - 1) << shift
        old = int.from_bytes(text[first:behind], "big")
        new = (old & ~mask) | ((number << shift) & mask)
        text[first:behind] = new.to_bytes(behind - first, "big")

    def fit(self, number: int, overflow: bytes) -> int | None:
        """Return a number as it fits; None where it must not overflow and does."""
        if self.low <= number <= self.high:
            return number
        if overflow == b"FAIL":
            return None
        if overflow == b"SAT":
            return self.high if number > self.high else self.low
        number &= (1 << self.width) - 1
        return number - (1 << self.width) if self.is_signed and number > self.high else number


class _BitStep:
    def __init__(self, name: bytes, number: _BitNumber, amount: int, overflow: bytes) -> None:
        self.name, self.number, self.amount, self.overflow = name, number, amount, overflow

    def run(self, text: bytearray) -> int | None:
        """Do it; return what BITFIELD says of it."""
        old = self.number.read(text)
        if self.name == b"GET":
            return old
        new = self.number.fit(self.amount if self.name == b"SET" else old + self.amount, self.overflow)
        if new is None:
            return None
        self.number.write(text, new)
        return old if self.name == b"SET" else new


def _steps(words: Arguments, *, may_write: bool) -> list[_BitStep]:
    steps: list[_BitStep] = []
    overflow, position = b"WRAP", 0
    while position < len(words):
        name, left = words[position].upper(), len(words) - position - 1
        if name == b"OVERFLOW" and left >= 1:
            overflow = words[position + 1].upper()
            if overflow not in (b"WRAP", b"SAT", b"FAIL"):
                raise Refusal("ERR Invalid OVERFLOW type specified")
            position += 2
            continue
        size = {b"GET": 2, b"SET": 3, b"INCRBY": 3}.get(name)
        if size is None or left < size:
            raise syntax_error()
        number = _BitNumber(words[position + 1], words[position + 2])
        if size == 3 and not may_write:
            raise Refusal("ERR BITFIELD_RO only supports the GET subcommand")
        steps.append(_BitStep(name, number, integer(words[position + 3]) if size == 3 else 0, overflow))
        position += size + 1
    return steps


def _bitfield(view: View, arguments: Arguments, *, may_write: bool) -> Reply:
    key = arguments[0]
    steps = _steps(arguments[1:], may_write=may_write)
    text = bytearray(view.string(key) or b"")
    writes = any(step.name != b"GET" for step in steps)
    if writes:
        needed = max(
            (step.number.place + step.number.width + 7) >> 3 for step in steps if step.name != b"GET"
        )
        text.extend(bytes(max(0, needed - len(text))))
    results = [step.run(text) for step in steps]
    if writes:
        view.keep(key, bytes(text))
        view.notify("$", "setbit", key)
    return results


@command("BITFIELD", -2, "write denyoom", FIRST)
def bitfield(view: View, arguments: Arguments) -> Reply:
    """Read and write numbers in the bits of a value."""
    return _bitfield(view, arguments, may_write=True)


@command("BITFIELD_RO", -2, "readonly fast", FIRST)
def bitfield_ro(view: View, arguments: Arguments) -> Reply:
    """Read numbers in the bits of a value."""
    return _bitfield(view, arguments, may_write=False)
