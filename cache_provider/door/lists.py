"""Lists."""

from collections.abc import Iterable

from cache_provider.arguments import INT64_MAX, INT64_MIN
from cache_provider.door.numbers import bounded, integer, positive
from cache_provider.door.ranges import clamp, part_of
from cache_provider.door.replies import (
    NULL_ARRAY,
    OK,
    Refusal,
    Reply,
    no_such_key,
    syntax_error,
    wrong_arity,
)
from cache_provider.door.table import FIRST, TWO, Arguments, command, counted
from cache_provider.door.view import View
from cache_provider.memory.payload import Items

_LEFT, _RIGHT = b"LEFT", b"RIGHT"


def push(view: View, key: bytes, items: Iterable[bytes], side: bytes) -> int:
    """Append to one side of a list, which is made if need be; return its length."""
    found = view.items(key)
    if found is None:
        found = Items()
    (found.extendleft if side == _LEFT else found.extend)(items)
    view.notify("l", "lpush" if side == _LEFT else "rpush", key)
    view.keep(key, found)
    return len(found)


def pop(view: View, key: bytes, items: Items, side: bytes, count: int = 1) -> list[bytes]:
    """Take up to `count` items from one side."""
    take = items.popleft if side == _LEFT else items.pop
    taken = [take() for _ in range(min(count, len(items)))]
    if taken:
        view.notify("l", "lpop" if side == _LEFT else "rpop", key)
        view.keep(key, items)
    return taken


def side_of(text: bytes) -> bytes:
    """Return LEFT or RIGHT.

    Raises:
        Refusal: It says neither.
    """
    side = text.upper()
    if side not in (_LEFT, _RIGHT):
        raise syntax_error()
    return side


@command("LPUSH", -3, "write denyoom fast", FIRST)
def lpush(view: View, arguments: Arguments) -> Reply:
    """Append to the left of a list."""
    return push(view, arguments[0], arguments[1:], _LEFT)


@command("RPUSH", -3, "write denyoom fast", FIRST)
def rpush(view: View, arguments: Arguments) -> Reply:
    """Append to the right of a list."""
    return push(view, arguments[0], arguments[1:], _RIGHT)


@command("LPUSHX", -3, "write denyoom fast", FIRST)
def lpushx(view: View, arguments: Arguments) -> Reply:
    """Append to the left of a list that is there."""
    return 0 if view.items(arguments[0]) is None else push(view, arguments[0], arguments[1:], _LEFT)


@command("RPUSHX", -3, "write denyoom fast", FIRST)
def rpushx(view: View, arguments: Arguments) -> Reply:
    """Append to the right of a list that is there."""
    return 0 if view.items(arguments[0]) is None else push(view, arguments[0], arguments[1:], _RIGHT)


def _pop(view: View, arguments: Arguments, side: bytes, name: str) -> Reply:
    if len(arguments) > 2:
        raise wrong_arity(name)
    count = positive(arguments[1]) if len(arguments) == 2 else None
    items = view.items(arguments[0])
    if items is None:
        return None if count is None else NULL_ARRAY
    taken = pop(view, arguments[0], items, side, 1 if count is None else count)
    return taken[0] if count is None else taken


@command("LPOP", -2, "write fast", FIRST)
def lpop(view: View, arguments: Arguments) -> Reply:
    """Take from the left of a list."""
    return _pop(view, arguments, _LEFT, "lpop")


@command("RPOP", -2, "write fast", FIRST)
def rpop(view: View, arguments: Arguments) -> Reply:
    """Take from the right of a list."""
    return _pop(view, arguments, _RIGHT, "rpop")


@command("LLEN", 2, "readonly fast", FIRST)
def llen(view: View, arguments: Arguments) -> Reply:
    """Return the length of a list."""
    return len(view.items(arguments[0]) or ())


@command("LRANGE", 4, "readonly", FIRST)
def lrange(view: View, arguments: Arguments) -> Reply:
    """Return a part of a list."""
    start, end = integer(arguments[1]), integer(arguments[2])
    items = view.items(arguments[0])
    return [] if items is None else part_of(items, *clamp(start, end, len(items)))


@command("LINDEX", 3, "readonly", FIRST)
def lindex(view: View, arguments: Arguments) -> Reply:
    """Return one item of a list."""
    items = view.items(arguments[0])
    if items is None:
        return None
    index = integer(arguments[1])
    return items[index] if -len(items) <= index < len(items) else None


@command("LSET", 4, "write denyoom", FIRST)
def lset(view: View, arguments: Arguments) -> Reply:
    """Replace one item of a list."""
    key, value = arguments[0], arguments[2]
    items = view.items(key)
    if items is None:
        raise no_such_key()
    index = integer(arguments[1])
    if not -len(items) <= index < len(items):
        raise Refusal("ERR index out of range")
    items[index] = value
    view.notify("l", "lset", key)
    view.keep(key, items)
    return OK


@command("LTRIM", 4, "write", FIRST)
def ltrim(view: View, arguments: Arguments) -> Reply:
    """Keep only a part of a list."""
    key, start, end = arguments[0], integer(arguments[1]), integer(arguments[2])
    items = view.items(key)
    if items is None:
        return OK
    first, behind = clamp(start, end, len(items))
    for _ in range(len(items) - behind):
        items.pop()
    for _ in range(min(first, len(items))):
        items.popleft()
    view.notify("l", "ltrim", key)
    view.keep(key, items)
    return OK


@command("LINSERT", 5, "write denyoom", FIRST)
def linsert(view: View, arguments: Arguments) -> Reply:
    """Insert beside an item of a list."""
    key, where, pivot, value = arguments
    if where.upper() not in (b"BEFORE", b"AFTER"):
        raise syntax_error()
    items = view.items(key)
    if items is None:
        return 0
    try:
        place = items.index(pivot)
    except ValueError:
        return -1
    items.insert(place + (where.upper() == b"AFTER"), value)
    view.notify("l", "linsert", key)
    view.keep(key, items)
    return len(items)


def _places(items: Items, value: bytes, count: int) -> list[int]:
    """Return where a value is, at most `abs(count)` places, from the end for a negative count."""
    places = [place for place, item in enumerate(items) if item == value]
    if not count:
        return places
    return places[:count] if count > 0 else places[count:]


@command("LREM", 4, "write", FIRST)
def lrem(view: View, arguments: Arguments) -> Reply:
    """Remove items of a list."""
    key, count, value = arguments[0], integer(arguments[1]), arguments[2]
    items = view.items(key)
    places = [] if items is None else _places(items, value, count)
    if items is None or not places:
        return 0
    gone = set(places)
    kept = [item for place, item in enumerate(items) if place not in gone]
    items.clear()
    items.extend(kept)
    view.notify("l", "lrem", key)
    view.keep(key, items)
    return len(places)


class _PositionOptions:
    def __init__(self, words: Arguments) -> None:
        self.rank, self.longest = 1, 0
        self.count: int | None = None
        for position in range(0, len(words), 2):
            option, value = words[position].upper(), words[position + 1 : position + 2]
            if not value or option not in (b"RANK", b"COUNT", b"MAXLEN"):
                raise syntax_error()
            self._read(option, value[0])

    def _read(self, option: bytes, value: bytes) -> None:
        if option == b"RANK":
            self.rank = integer(value)
            if not self.rank:
                raise Refusal(
                    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... "
                    "or use negative to start from the end of the list"
                )
        elif option == b"COUNT":
            self.count = positive(value, "ERR COUNT can't be negative")
        else:
            self.longest = positive(value, "ERR MAXLEN can't be negative")


@command("LPOS", -3, "readonly", FIRST)
def lpos(view: View, arguments: Arguments) -> Reply:
    """Find items of a list."""
    key, value = arguments[0], arguments[1]
    options = _PositionOptions(arguments[2:])
    items = view.items(key)
    if items is None:
        return None if options.count is None else []
    found = _positions(items, value, options)
    return found if options.count is not None else (found[0] if found else None)


def _positions(items: Items, value: bytes, options: _PositionOptions) -> list[int]:
    wanted = 1 if options.count is None else options.count
    skipped, found = abs(options.rank) - 1, list[int]()
    if options.rank == INT64_MIN:
        # Redis negates it within int64, where it stays what it is: no match is too early, none the last.
        skipped, wanted = 0, 1 if options.count is None else 0
    last = len(items) - 1
    for step, item in enumerate(items if options.rank > 0 else reversed(items)):
        if options.longest and step >= options.longest:
            break
        if item != value:
            continue
        if skipped:
            skipped -= 1
            continue
        found.append(step if options.rank > 0 else last - step)
        if len(found) == wanted:
            break
    return found


def move(view: View, source: bytes, target: bytes, out: bytes, into: bytes) -> bytes | None:
    """Take an item from one list and put it into another; return it, or None where there is none."""
    items = view.items(source)
    if items is None:
        return None
    other = view.items(target)
    taken = items.popleft() if out == _LEFT else items.pop()
    if other is None:
        other = Items()
    (other.appendleft if into == _LEFT else other.append)(taken)
    view.notify("l", "lpush" if into == _LEFT else "rpush", target)
    if source != target:
        view.keep(target, other)
    view.notify("l", "lpop" if out == _LEFT else "rpop", source)
    view.keep(source, items)
    return taken


@command("LMOVE", 5, "write denyoom", TWO)
def lmove(view: View, arguments: Arguments) -> Reply:
    """Move an item from one list to another."""
    source, target, out, into = arguments
    return move(view, source, target, side_of(out), side_of(into))


@command("RPOPLPUSH", 3, "write denyoom", TWO)
def rpoplpush(view: View, arguments: Arguments) -> Reply:
    """Move the last item of a list to the start of another."""
    return move(view, arguments[0], arguments[1], _RIGHT, _LEFT)


@command("LMPOP", -4, "write", counted(1))
def lmpop(view: View, arguments: Arguments) -> Reply:
    """Take from the first of several lists that is there."""
    keys, side, count = read_mpop(arguments)
    popped = pop_first(view, keys, side, count)
    return NULL_ARRAY if popped is None else popped


def read_mpop(arguments: Arguments) -> tuple[Arguments, bytes, int]:
    """Return keys, side and count of LMPOP's arguments."""
    number = read_numkeys(arguments[0])
    if len(arguments) < number + 2:
        raise syntax_error()
    return arguments[1 : number + 1], side_of(arguments[number + 1]), read_count(arguments[number + 2 :])


def read_numkeys(text: bytes) -> int:
    """Return how many keys follow, at least one."""
    number = integer(text, "ERR numkeys should be greater than 0")
    if number <= 0:
        raise Refusal("ERR numkeys should be greater than 0")
    return number


def read_count(words: Arguments) -> int:
    """Return the number behind COUNT, 1 where there is none."""
    if not words:
        return 1
    if len(words) == 1 or words[0].upper() != b"COUNT":
        raise syntax_error()
    count = bounded(words[1], 1, INT64_MAX, "ERR count should be greater than 0")
    if len(words) > 2:
        raise syntax_error()
    return count


def pop_first(view: View, keys: Arguments, side: bytes, count: int) -> Reply | None:
    """Take items from the first list that is there; return its key and them, or None."""
    for key in keys:
        items = view.items(key)
        if items is not None:
            return [key, pop(view, key, items, side, count)]
    return None
