"""Keys of any type: presence, deadlines, names."""

from cache_provider.door.copying import copy_of
from cache_provider.door.encodings import encoding_of, kind_of
from cache_provider.door.expiring import invalid_expiry, moment
from cache_provider.door.names import key_of, name_of
from cache_provider.door.numbers import integer, small
from cache_provider.door.replies import OK, Refusal, Reply, Status, syntax_error
from cache_provider.door.scanning import scan_keys
from cache_provider.door.table import ALL, FIRST, SECOND, TWO, Arguments, command
from cache_provider.door.view import View
from cache_provider.glob import compile_glob
from cache_provider.integers import parse_int64
from cache_provider.interface.expiry import MISSING, nearest_second
from cache_provider.memory.payload import Compound, wire_of

_SHARED = 2**31 - 1
_SHARED_NUMBERS = 10_000


def _remove_all(view: View, arguments: Arguments) -> int:
    removed = 0
    for key in arguments:
        if view.remove(key):
            view.notify("g", "del", key)
            removed += 1
    return removed


@command("DEL", -2, "write", ALL)
def delete(view: View, arguments: Arguments) -> Reply:
    """Remove keys."""
    return _remove_all(view, arguments)


@command("UNLINK", -2, "write fast", ALL)
def unlink(view: View, arguments: Arguments) -> Reply:
    """Remove keys."""
    return _remove_all(view, arguments)


@command("EXISTS", -2, "readonly fast", ALL)
def exists(view: View, arguments: Arguments) -> Reply:
    """Count the keys that are there."""
    return sum(view.exists(key) for key in arguments)


@command("TOUCH", -2, "readonly fast", ALL)
def touch(view: View, arguments: Arguments) -> Reply:
    """Count the keys that are there, and use them."""
    return sum(view.exists(key) for key in arguments)


@command("TYPE", 2, "readonly fast", FIRST)
def type_(view: View, arguments: Arguments) -> Reply:
    """Tell the type of a key."""
    found = view.entry(name_of(arguments[0]))
    return Status(b"none" if found is None else kind_of(found[0]))


def _select_conditions(words: Arguments) -> set[bytes]:
    conditions: set[bytes] = set()
    for word in words:
        condition = word.upper()
        if condition not in (b"NX", b"XX", b"GT", b"LT"):
            raise Refusal(f"ERR Unsupported option {word.decode('utf-8', 'surrogateescape')}")
        conditions.add(condition)
    if b"NX" in conditions and len(conditions) > 1:
        raise Refusal("ERR NX and XX, GT or LT options at the same time are not compatible")
    if {b"GT", b"LT"} <= conditions:
        raise Refusal("ERR GT and LT options at the same time are not compatible")
    return conditions


def _allowed(conditions: set[bytes], old: int | None, new: int) -> bool:
    if b"NX" in conditions:
        return old is None
    if b"XX" in conditions and old is None:
        return False
    if b"GT" in conditions and (old is None or new <= old):
        return False
    return not (b"LT" in conditions and old is not None and new >= old)


def _expire(view: View, arguments: Arguments, unit: int, name: str, *, absolute: bool) -> Reply:
    conditions = _select_conditions(arguments[2:])
    key, number = arguments[0], integer(arguments[1])
    if not -(2**63) <= number * unit < 2**63:
        raise invalid_expiry(name)
    deadline = moment(view, number * unit, absolute=absolute, command=name)
    found = view.entry(name_of(key))
    if found is None or not _allowed(conditions, found[1], deadline):
        return 0
    if deadline <= view.now:
        view.remove(key)
        view.notify("g", "del", key)
        return 1
    view.put(key, found[0], deadline)
    view.notify("g", "expire", key)
    return 1


@command("EXPIRE", -3, "write fast", FIRST)
def expire(view: View, arguments: Arguments) -> Reply:
    """Give a key a ttl in seconds."""
    return _expire(view, arguments, 1000, "expire", absolute=False)


@command("PEXPIRE", -3, "write fast", FIRST)
def pexpire(view: View, arguments: Arguments) -> Reply:
    """Give a key a ttl in milliseconds."""
    return _expire(view, arguments, 1, "pexpire", absolute=False)


@command("EXPIREAT", -3, "write fast", FIRST)
def expireat(view: View, arguments: Arguments) -> Reply:
    """Give a key a deadline in seconds since the epoch."""
    return _expire(view, arguments, 1000, "expireat", absolute=True)


@command("PEXPIREAT", -3, "write fast", FIRST)
def pexpireat(view: View, arguments: Arguments) -> Reply:
    """Give a key a deadline in milliseconds since the epoch."""
    return _expire(view, arguments, 1, "pexpireat", absolute=True)


def _milliseconds(view: View, key: bytes, since: int) -> int:
    found = view.entry(name_of(key))
    if found is None:
        return MISSING
    return -1 if found[1] is None else found[1] - since


def _seconds(view: View, key: bytes, since: int) -> int:
    milliseconds = _milliseconds(view, key, since)
    return milliseconds if milliseconds < 0 else nearest_second(milliseconds)


@command("TTL", 2, "readonly fast", FIRST)
def ttl(view: View, arguments: Arguments) -> Reply:
    """Return the seconds a key has left."""
    return _seconds(view, arguments[0], view.now)


@command("PTTL", 2, "readonly fast", FIRST)
def pttl(view: View, arguments: Arguments) -> Reply:
    """Return the milliseconds a key has left."""
    return _milliseconds(view, arguments[0], view.now)


@command("EXPIRETIME", 2, "readonly fast", FIRST)
def expiretime(view: View, arguments: Arguments) -> Reply:
    """Return the deadline of a key in seconds since the epoch."""
    return _seconds(view, arguments[0], 0)


@command("PEXPIRETIME", 2, "readonly fast", FIRST)
def pexpiretime(view: View, arguments: Arguments) -> Reply:
    """Return the deadline of a key in milliseconds since the epoch."""
    return _milliseconds(view, arguments[0], 0)


@command("PERSIST", 2, "write fast", FIRST)
def persist(view: View, arguments: Arguments) -> Reply:
    """Remove the deadline of a key."""
    found = view.entry(name_of(arguments[0]))
    if found is None or found[1] is None:
        return 0
    view.put(arguments[0], found[0])
    view.notify("g", "persist", arguments[0])
    return 1


@command("KEYS", 2, "readonly")
def keys(view: View, arguments: Arguments) -> Reply:
    """Return the keys that match."""
    return [key_of(name) for name in compile_glob(name_of(arguments[0])).select(view.names())]


@command("RANDOMKEY", 1, "readonly")
def randomkey(view: View, arguments: Arguments) -> Reply:
    """Return some key."""
    del arguments
    name = view.random_name()
    return None if name is None else key_of(name)


@command("SCAN", -2, "readonly")
def scan(view: View, arguments: Arguments) -> Reply:
    """Walk along the keys."""
    return scan_keys(view, arguments)


def _rename(view: View, old: bytes, new: bytes, *, replace: bool) -> int:
    payload, deadline = view.require(old)
    is_there = view.exists(new)
    if is_there and not replace:
        return 0
    if old == new:
        return 1 if replace else 0
    view.remove(old)
    view.put(new, payload, deadline)
    view.notify("g", "rename_from", old)
    view.notify("g", "rename_to", new)
    return 1


@command("RENAME", 3, "write", TWO)
def rename(view: View, arguments: Arguments) -> Reply:
    """Give a key another name."""
    _rename(view, *arguments, replace=True)
    return OK


@command("RENAMENX", 3, "write fast", TWO)
def renamenx(view: View, arguments: Arguments) -> Reply:
    """Give a key another name unless that is taken."""
    return _rename(view, *arguments, replace=False)


def database_index(view: View, text: bytes, refusal: str | None = None) -> int:
    """Return the number of a database.

    Raises:
        Refusal: There is none of that number.
    """
    index = small(text, refusal)
    if not 0 <= index < view.core.databases:
        raise Refusal("ERR DB index is out of range")
    return index


@command("MOVE", 3, "write fast", FIRST)
def move(view: View, arguments: Arguments) -> Reply:
    """Move a key to another database."""
    key, source = arguments[0], view.index
    target = database_index(view, arguments[1])
    if source == target:
        raise Refusal("ERR source and destination objects are the same")
    found = view.entry(name_of(key))
    if found is None:
        return 0
    view.select(target)
    if view.exists(key):
        view.select(source)
        return 0
    view.put(key, *found)
    view.notify("g", "move_to", key)
    view.select(source)
    view.remove(key)
    view.notify("g", "move_from", key)
    return 1


@command("COPY", -3, "write denyoom", TWO)
def copy(view: View, arguments: Arguments) -> Reply:
    """Copy a key."""
    old, new, source = arguments[0], arguments[1], view.index
    target, replace = _copy_options(view, arguments)
    if source == target and old == new:
        raise Refusal("ERR source and destination objects are the same")
    found = view.entry(name_of(old))
    if found is None:
        return 0
    view.select(target)
    try:
        if view.exists(new) and not replace:
            return 0
        view.put(new, copy_of(found[0]), found[1])
        view.notify("g", "copy_to", new)
    finally:
        view.select(source)
    return 1


def _copy_options(view: View, arguments: Arguments) -> tuple[int, bool]:
    target, replace, position = view.index, False, 2
    while position < len(arguments):
        word = arguments[position].upper()
        if word == b"REPLACE":
            replace = True
        elif word == b"DB" and position + 1 < len(arguments):
            position += 1
            target = database_index(view, arguments[position])
        else:
            raise syntax_error()
        position += 1
    return target, replace


@command("OBJECT|ENCODING", 3, "readonly", SECOND)
def object_encoding(view: View, arguments: Arguments) -> Reply:
    """Tell how Redis would keep a key."""
    found = view.entry(name_of(arguments[0]))
    return None if found is None else encoding_of(found[0], view.core.settings)


@command("OBJECT|REFCOUNT", 3, "readonly", SECOND)
def object_refcount(view: View, arguments: Arguments) -> Reply:
    """Tell how often a key is referred to: once, but for a small number, which Redis shares."""
    found = view.entry(name_of(arguments[0]))
    if found is None:
        return None
    number = None if isinstance(found[0], Compound) else parse_int64(wire_of("", found[0]))
    return _SHARED if number is not None and 0 <= number < _SHARED_NUMBERS else 1


@command("OBJECT|IDLETIME", 3, "readonly", SECOND)
def object_idletime(view: View, arguments: Arguments) -> Reply:
    """Tell how long a key was not used: it was just now."""
    return None if view.entry(name_of(arguments[0])) is None else 0


@command("OBJECT|FREQ", 3, "readonly", SECOND)
def object_freq(view: View, arguments: Arguments) -> Reply:
    """Refuse: how often keys are used is not counted."""
    if view.entry(name_of(arguments[0])) is None:
        return None
    raise Refusal(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when "
        "switching between policies at runtime LRU and LFU data will take some time to adjust."
    )
