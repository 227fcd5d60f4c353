"""Hashes."""

import random
from typing import TypeVar

from cache_provider.arguments import INT64_MAX
from cache_provider.door.names import key_of, name_of
from cache_provider.door.numbers import in_int64, integer, is_infinite, parse_long_double, ranged
from cache_provider.door.replies import OK, Map, Pairs, Refusal, Reply, not_a_float, syntax_error, wrong_arity
from cache_provider.door.scanning import read_cursor, read_options, select
from cache_provider.door.strings import add_float
from cache_provider.door.table import FIRST, Arguments, command
from cache_provider.door.view import View
from cache_provider.integers import parse_int64
from cache_provider.memory.payload import Fields

T = TypeVar("T")


def _put_fields(view: View, key: bytes, words: Arguments) -> int:
    fields = view.fields(key)
    if fields is None:
        fields = Fields()
    before = len(fields)
    for field, value in zip(words[::2], words[1::2], strict=True):
        fields[name_of(field)] = value
    view.notify("h", "hset", key)
    view.keep(key, fields)
    return len(fields) - before


@command("HSET", -4, "write denyoom fast", FIRST)
def hset(view: View, arguments: Arguments) -> Reply:
    """Set fields of a hash."""
    if len(arguments) % 2 == 0:
        raise wrong_arity("hset")
    return _put_fields(view, arguments[0], arguments[1:])


@command("HMSET", -4, "write denyoom fast", FIRST)
def hmset(view: View, arguments: Arguments) -> Reply:
    """Set fields of a hash; the older HSET."""
    if len(arguments) % 2 == 0:
        raise wrong_arity("hmset")
    _put_fields(view, arguments[0], arguments[1:])
    return OK


@command("HSETNX", 4, "write denyoom fast", FIRST)
def hsetnx(view: View, arguments: Arguments) -> Reply:
    """Set a field of a hash unless it is there."""
    fields = view.fields(arguments[0])
    if fields is not None and name_of(arguments[1]) in fields:
        return 0
    return _put_fields(view, arguments[0], arguments[1:])


@command("HGET", 3, "readonly fast", FIRST)
def hget(view: View, arguments: Arguments) -> Reply:
    """Return a field of a hash."""
    fields = view.fields(arguments[0])
    return None if fields is None else fields.get(name_of(arguments[1]))


@command("HMGET", -3, "readonly fast", FIRST)
def hmget(view: View, arguments: Arguments) -> Reply:
    """Return several fields of a hash."""
    fields = view.fields(arguments[0]) or Fields()
    return [fields.get(name_of(field)) for field in arguments[1:]]


@command("HGETALL", 2, "readonly", FIRST)
def hgetall(view: View, arguments: Arguments) -> Reply:
    """Return a whole hash."""
    return Map(_flat(view.fields(arguments[0]) or Fields()))


def _flat(fields: Fields) -> list[bytes]:
    return [part for name, value in fields.items() for part in (key_of(name), value)]


@command("HKEYS", 2, "readonly", FIRST)
def hkeys(view: View, arguments: Arguments) -> Reply:
    """Return the fields of a hash."""
    return [key_of(name) for name in view.fields(arguments[0]) or ()]


@command("HVALS", 2, "readonly", FIRST)
def hvals(view: View, arguments: Arguments) -> Reply:
    """Return the values of a hash."""
    return list((view.fields(arguments[0]) or Fields()).values())


@command("HLEN", 2, "readonly fast", FIRST)
def hlen(view: View, arguments: Arguments) -> Reply:
    """Count the fields of a hash."""
    return len(view.fields(arguments[0]) or ())


@command("HEXISTS", 3, "readonly fast", FIRST)
def hexists(view: View, arguments: Arguments) -> Reply:
    """Tell whether a field is there."""
    return int(name_of(arguments[1]) in (view.fields(arguments[0]) or ()))


@command("HSTRLEN", 3, "readonly fast", FIRST)
def hstrlen(view: View, arguments: Arguments) -> Reply:
    """Return the length of a field's value."""
    return len((view.fields(arguments[0]) or Fields()).get(name_of(arguments[1]), b""))


@command("HDEL", -3, "write fast", FIRST)
def hdel(view: View, arguments: Arguments) -> Reply:
    """Remove fields of a hash."""
    key = arguments[0]
    fields = view.fields(key)
    if fields is None:
        return 0
    removed = sum(fields.pop(name_of(field), None) is not None for field in arguments[1:])
    if removed:
        view.notify("h", "hdel", key)
        view.keep(key, fields)
    return removed


@command("HINCRBY", 4, "write denyoom fast", FIRST)
def hincrby(view: View, arguments: Arguments) -> Reply:
    """Add to a field."""
    key, field, amount = arguments[0], arguments[1], integer(arguments[2])
    fields = view.fields(key)
    old = None if fields is None else fields.get(name_of(field))
    number = 0 if old is None else parse_int64(old)
    if number is None:
        raise Refusal("ERR hash value is not an integer")
    if not in_int64(number + amount):
        raise Refusal("ERR increment or decrement would overflow")
    return _put_number(view, key, fields, field, number + amount)


def _put_number(view: View, key: bytes, fields: Fields | None, field: bytes, number: int) -> int:
    if fields is None:
        fields = Fields()
    fields[name_of(field)] = b"%d" % number
    view.notify("h", "hincrby", key)
    view.keep(key, fields)
    return number


@command("HINCRBYFLOAT", 4, "write denyoom fast", FIRST)
def hincrbyfloat(view: View, arguments: Arguments) -> Reply:
    """Add a fraction to a field."""
    key, field, amount = arguments
    if is_infinite(amount):
        raise Refusal("ERR value is NaN or Infinity")
    if parse_long_double(amount) is None:
        raise not_a_float()
    fields = view.fields(key)
    old = None if fields is None else fields.get(name_of(field))
    text = add_float(b"0" if old is None else old, amount, _not_a_float)
    if fields is None:
        fields = Fields()
    fields[name_of(field)] = text
    view.notify("h", "hincrbyfloat", key)
    view.keep(key, fields)
    return text


def _not_a_float() -> Refusal:
    return Refusal("ERR hash value is not a float")


@command("HRANDFIELD", -2, "readonly", FIRST)
def hrandfield(view: View, arguments: Arguments) -> Reply:
    """Return some fields."""
    key, with_values = arguments[0], len(arguments) == 3
    if len(arguments) == 1:
        fields = view.fields(key)
        return key_of(random.choice(list(fields))) if fields else None  # noqa: S311 - no secret
    count = random_count(arguments[1:], b"WITHVALUES")
    fields = view.fields(key) or Fields()
    chosen = draw(list(fields), count)
    if not with_values:
        return [key_of(name) for name in chosen]
    return Pairs([part for name in chosen for part in (key_of(name), fields[name])])


def random_count(words: Arguments, option: bytes) -> int:
    """Return how many members are asked for, negative where they may come several times."""
    count = ranged(words[0], -INT64_MAX, INT64_MAX)
    if len(words) > 2 or (len(words) == 2 and words[1].upper() != option):
        raise syntax_error()
    if len(words) == 2 and not -(INT64_MAX // 2) <= count <= INT64_MAX // 2:
        raise Refusal("ERR value is out of range")
    return count


def draw(names: list[T], count: int) -> list[T]:
    """Return some names, each once; any of them several times for a negative count."""
    if not names or not count:
        return []
    if count < 0:
        return random.choices(names, k=-count)  # noqa: S311 - no secret
    return names if count >= len(names) else random.sample(names, count)


@command("HSCAN", -3, "readonly", FIRST)
def hscan(view: View, arguments: Arguments) -> Reply:
    """Walk along a hash."""
    read_cursor(arguments[1])
    fields = view.fields(arguments[0]) or Fields()
    pattern = read_options(arguments[2:], takes_type=False).pattern if fields else None
    chosen = select(map(key_of, fields), pattern)
    return [b"0", [part for field in chosen for part in (field, fields[name_of(field)])]]
