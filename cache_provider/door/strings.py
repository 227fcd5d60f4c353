"""Strings and counters."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cache_provider.arguments import INT64_MIN
from cache_provider.door.expiring import UNITS, duration, moment, option_deadline
from cache_provider.door.lcs import longest_common_subsequence
from cache_provider.door.names import name_of
from cache_provider.door.numbers import (
    in_int64,
    integer,
    is_finite_long_double,
    is_infinite,
    long_double_text,
    parse_long_double,
    round_long_double,
)
from cache_provider.door.replies import OK, Map, Refusal, Reply, not_a_float, syntax_error
from cache_provider.door.table import ALL, EVERY_OTHER, FIRST, TWO, Arguments, command
from cache_provider.door.view import View

LONGEST = 512 * 1024 * 1024
_TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"


@command("GET", 2, "readonly fast", FIRST)
def get(view: View, arguments: Arguments) -> Reply:
    """Return the value of a key."""
    return view.string(arguments[0])


@dataclass(frozen=True, slots=True)
class _SetOptions:
    """What stands behind key and value of SET.

    Attributes:
        only: NX, XX or nothing.
        get: Whether the old value is asked for.
        keep: Whether the old ttl stays.
        milliseconds: The new ttl, or the moment at which it ends; None for neither.
        absolute: Whether it is a moment.
    """

    only: bytes
    get: bool
    keep: bool
    milliseconds: int | None
    absolute: bool


# Programs spell them in few ways, and a number of seconds is one of a few mostly.
@lru_cache(maxsize=1024)
def _set_options(*words: bytes) -> _SetOptions:
    only = b""
    get = keep = False
    timed: tuple[bytes, bytes] | None = None
    position = 0
    while position < len(words):
        word = words[position].upper()
        following = words[position + 1] if position + 1 < len(words) else None
        if word in (b"NX", b"XX") and only in (b"", word):
            only = word
        elif word == b"GET":
            get = True
        elif word == b"KEEPTTL" and timed is None:
            keep = True
        elif word in UNITS and following is not None and not keep and timed is None:
            timed = (word, following)
            position += 1
        else:
            raise syntax_error()
        position += 1
    milliseconds, absolute = (None, False) if timed is None else duration(*timed, "set")
    return _SetOptions(only, get, keep, milliseconds, absolute)


@command("SET", -3, "write denyoom", FIRST)
def set_(view: View, arguments: Arguments) -> Reply:
    """Set a key to a value."""
    key, value, *words = arguments
    if not words:
        view.put(key, value)
        view.notify("$", "set", key)
        return OK
    options = _set_options(*words)
    deadline = options.milliseconds
    if deadline is not None:
        deadline = moment(view, deadline, absolute=options.absolute, command="set")
    old = view.string(key) if options.get else None
    name = name_of(key)
    found = view.entry(name)
    if options.only and (found is None) == (options.only == b"XX"):
        return old
    if options.keep and found is not None:
        deadline = found[1]
    # One that is over already is written all the same, as clients that watch the key find.
    view.put_anew(name, found, value, deadline)
    view.notify("$", "set", key)
    if options.milliseconds is not None:
        view.notify("g", "expire", key)
    return old if options.get else OK


@command("SETNX", 3, "write denyoom fast", FIRST)
def setnx(view: View, arguments: Arguments) -> Reply:
    """Set a key to a value unless it is there."""
    if view.exists(arguments[0]):
        return 0
    view.put(arguments[0], arguments[1])
    view.notify("$", "set", arguments[0])
    return 1


def _set_with(view: View, arguments: Arguments, option: bytes, name: str) -> Reply:
    deadline = option_deadline(view, option, arguments[1], name)
    view.put(arguments[0], arguments[2], deadline)
    view.notify("$", "set", arguments[0])
    view.notify("g", "expire", arguments[0])
    return OK


@command("SETEX", 4, "write denyoom", FIRST)
def setex(view: View, arguments: Arguments) -> Reply:
    """Set a key to a value, with a ttl in seconds."""
    return _set_with(view, arguments, b"EX", "setex")


@command("PSETEX", 4, "write denyoom", FIRST)
def psetex(view: View, arguments: Arguments) -> Reply:
    """Set a key to a value, with a ttl in milliseconds."""
    return _set_with(view, arguments, b"PX", "psetex")


@command("GETSET", 3, "write denyoom fast", FIRST)
def getset(view: View, arguments: Arguments) -> Reply:
    """Set a key to a value; return the old one."""
    old = view.string(arguments[0])
    view.put(arguments[0], arguments[1])
    view.notify("$", "set", arguments[0])
    return old


@command("GETDEL", 2, "write fast", FIRST)
def getdel(view: View, arguments: Arguments) -> Reply:
    """Return the value of a key and remove it."""
    old = view.string(arguments[0])
    if old is not None:
        view.remove(arguments[0])
        view.notify("g", "del", arguments[0])
    return old


@command("GETEX", -2, "write fast", FIRST)
def getex(view: View, arguments: Arguments) -> Reply:
    """Return the value of a key and change its ttl."""
    key, words = arguments[0], arguments[1:]
    option = words[0].upper() if words else b""
    if words and not ((option in UNITS and len(words) == 2) or (option == b"PERSIST" and len(words) == 1)):
        raise syntax_error()
    old = view.string(key)
    if old is None:
        return None
    deadline = option_deadline(view, option, words[1], "getex") if option in UNITS else None
    if deadline is not None and deadline <= view.now:
        view.remove(key)
        view.notify("g", "del", key)
    elif deadline is not None:
        view.put(key, view.payload(key), deadline)
        view.notify("g", "expire", key)
    elif option and view.deadline(key) is not None:
        view.put(key, view.payload(key))
        view.notify("g", "persist", key)
    return old


@command("STRLEN", 2, "readonly fast", FIRST)
def strlen(view: View, arguments: Arguments) -> Reply:
    """Return the length of a value."""
    return len(view.string(arguments[0]) or b"")


@command("APPEND", 3, "write denyoom fast", FIRST)
def append(view: View, arguments: Arguments) -> Reply:
    """Append to a value."""
    key, more = arguments
    whole = (view.string(key) or b"") + more
    _check_length(len(whole))
    view.keep(key, whole)
    view.notify("$", "append", key)
    return len(whole)


def _check_length(length: int) -> None:
    if length > LONGEST:
        raise Refusal(_TOO_LONG)


@command("SETRANGE", 4, "write denyoom", FIRST)
def setrange(view: View, arguments: Arguments) -> Reply:
    """Overwrite a part of a value."""
    key, offset_text, part = arguments
    offset = integer(offset_text)
    if offset < 0:
        raise Refusal("ERR offset is out of range")
    old = view.string(key) or b""
    if not part:
        return len(old)
    _check_length(offset + len(part))
    whole = old[:offset].ljust(offset, b"\0") + part + old[offset + len(part) :]
    view.keep(key, whole)
    view.notify("$", "setrange", key)
    return len(whole)


def _getrange(view: View, arguments: Arguments) -> Reply:
    start, end = integer(arguments[1]), integer(arguments[2])
    text = view.string(arguments[0]) or b""
    if start < 0 and end < 0 and start > end:
        return b""
    first = max(0, start if start >= 0 else len(text) + start)
    last = max(0, end if end >= 0 else len(text) + end)
    return text[first : last + 1]


@command("GETRANGE", 4, "readonly", FIRST)
def getrange(view: View, arguments: Arguments) -> Reply:
    """Return a part of a value."""
    return _getrange(view, arguments)


@command("SUBSTR", 4, "readonly", FIRST)
def substr(view: View, arguments: Arguments) -> Reply:
    """Return a part of a value; the older name of GETRANGE."""
    return _getrange(view, arguments)


@command("MGET", -2, "readonly fast", ALL)
def mget(view: View, arguments: Arguments) -> Reply:
    """Return the values of several keys."""
    return [_value_or_none(view, key) for key in arguments]


def _value_or_none(view: View, key: bytes) -> bytes | None:
    try:
        return view.string(key)
    except Refusal:
        return None


def _mset(view: View, arguments: Arguments) -> None:
    for key, value in zip(arguments[::2], arguments[1::2], strict=True):
        view.put(key, value)
        view.notify("$", "set", key)


def _check_even(arguments: Arguments, name: str) -> None:
    if len(arguments) % 2:
        raise Refusal(f"ERR wrong number of arguments for '{name}' command")


@command("MSET", -3, "write denyoom", EVERY_OTHER)
def mset(view: View, arguments: Arguments) -> Reply:
    """Set several keys."""
    _check_even(arguments, "mset")
    _mset(view, arguments)
    return OK


@command("MSETNX", -3, "write denyoom", EVERY_OTHER)
def msetnx(view: View, arguments: Arguments) -> Reply:
    """Set several keys unless one of them is there."""
    _check_even(arguments, "msetnx")
    if any(view.exists(key) for key in arguments[::2]):
        return 0
    _mset(view, arguments)
    return 1


def _count(view: View, key: bytes, amount: int) -> Reply:
    name = name_of(key)
    found = view.entry(name)
    payload = 0 if found is None else found[0]
    number = payload if type(payload) is int else integer(view.string(key) or b"")
    total = number + amount
    if not in_int64(total):
        raise Refusal("ERR increment or decrement would overflow")
    view.keep_over(name, found, total)
    view.notify("$", "incrby", key)
    return total


@command("INCR", 2, "write denyoom fast", FIRST)
def incr(view: View, arguments: Arguments) -> Reply:
    """Add 1 to a counter."""
    return _count(view, arguments[0], 1)


@command("DECR", 2, "write denyoom fast", FIRST)
def decr(view: View, arguments: Arguments) -> Reply:
    """Subtract 1 from a counter."""
    return _count(view, arguments[0], -1)


@command("INCRBY", 3, "write denyoom fast", FIRST)
def incrby(view: View, arguments: Arguments) -> Reply:
    """Add to a counter."""
    return _count(view, arguments[0], integer(arguments[1]))


@command("DECRBY", 3, "write denyoom fast", FIRST)
def decrby(view: View, arguments: Arguments) -> Reply:
    """Subtract from a counter."""
    amount = integer(arguments[1])
    if amount == INT64_MIN:
        raise Refusal("ERR decrement would overflow")
    return _count(view, arguments[0], -amount)


def add_float(old: bytes, amount: bytes, refusal: Callable[[], Refusal]) -> bytes:
    """Return the text of the sum of two numbers, as INCRBYFLOAT writes it.

    Raises:
        Refusal: One of them is none (of the old one: `refusal`), or the sum is not finite.
    """
    start, more = parse_long_double(old), parse_long_double(amount)
    if start is None and not is_infinite(old):
        raise refusal()
    if more is None and not is_infinite(amount):
        raise not_a_float()
    if start is None or more is None:
        raise Refusal("ERR increment would produce NaN or Infinity")
    total = round_long_double(start + more)
    if not is_finite_long_double(total):
        raise Refusal("ERR increment would produce NaN or Infinity")
    return long_double_text(total)


@command("INCRBYFLOAT", 3, "write denyoom fast", FIRST)
def incrbyfloat(view: View, arguments: Arguments) -> Reply:
    """Add a fraction to a number."""
    key, amount = arguments
    old = view.string(key)
    text = add_float(b"0" if old is None else old, amount, not_a_float)
    view.keep(key, text)
    view.notify("$", "incrbyfloat", key)
    return text


@command("LCS", -3, "readonly", TWO)
def lcs(view: View, arguments: Arguments) -> Reply:
    """Find the longest common subsequence of two values."""
    texts = _lcs_texts(view, arguments)
    with_length = with_index = with_match_length = False
    shortest = 0
    position = 2
    while position < len(arguments):
        word = arguments[position].upper()
        if word == b"LEN":
            with_length = True
        elif word == b"IDX":
            with_index = True
        elif word == b"WITHMATCHLEN":
            with_match_length = True
        elif word == b"MINMATCHLEN" and position + 1 < len(arguments):
            shortest = max(0, integer(arguments[position + 1]))
            position += 1
        else:
            raise syntax_error()
        position += 1
    if with_index and with_length:
        raise Refusal("ERR If you want both the length and indexes, please just use IDX.")
    common, matches = longest_common_subsequence(*texts)
    if with_length:
        return len(common)
    if not with_index:
        return common
    ranges: list[Reply] = [
        [list(match[0]), list(match[1]), *([match[2]] if with_match_length else [])]
        for match in matches
        if match[2] >= shortest
    ]
    return Map([b"matches", ranges, b"len", len(common)])


def _lcs_texts(view: View, arguments: Arguments) -> tuple[bytes, bytes]:
    try:
        return view.string(arguments[0]) or b"", view.string(arguments[1]) or b""
    except Refusal as refusal:
        raise Refusal("ERR The specified keys must contain string values") from refusal
