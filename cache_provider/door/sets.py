"""Sets."""

import random

from cache_provider.arguments import INT64_MAX
from cache_provider.door.lists import read_numkeys
from cache_provider.door.numbers import positive, ranged
from cache_provider.door.payloads import Members
from cache_provider.door.replies import Refusal, Reply, Unordered, syntax_error
from cache_provider.door.scanning import read_cursor, read_options, select
from cache_provider.door.table import ALL, FIRST, TWO, Arguments, command, counted
from cache_provider.door.view import View


@command("SADD", -3, "write denyoom fast", FIRST)
def sadd(view: View, arguments: Arguments) -> Reply:
    """Add members to a set."""
    key = arguments[0]
    members = view.members(key)
    if members is None:
        members = Members()
    added = sum([members.add(member) for member in arguments[1:]])
    if added:
        view.notify("s", "sadd", key)
        view.keep(key, members)
    return added


def _remove(view: View, key: bytes, members: Members, gone: Arguments, event: str) -> int:
    removed = sum([members.discard(member) for member in gone])
    if removed:
        view.notify("s", event, key)
        view.keep(key, members)
    return removed


@command("SREM", -3, "write fast", FIRST)
def srem(view: View, arguments: Arguments) -> Reply:
    """Remove members of a set."""
    members = view.members(arguments[0])
    return 0 if members is None else _remove(view, arguments[0], members, arguments[1:], "srem")


@command("SMOVE", 4, "write fast", TWO)
def smove(view: View, arguments: Arguments) -> Reply:
    """Move a member from one set to another."""
    source, target, member = arguments
    members = view.members(source)
    if members is None:
        return 0
    others = view.members(target)
    if member not in members:
        return 0
    if source == target:
        return 1
    _remove(view, source, members, [member], "srem")
    if others is None:
        others = Members()
    if others.add(member):
        view.notify("s", "sadd", target)
        view.keep(target, others)
    return 1


@command("SISMEMBER", 3, "readonly fast", FIRST)
def sismember(view: View, arguments: Arguments) -> Reply:
    """Tell whether a member is in a set."""
    return int(arguments[1] in (view.members(arguments[0]) or ()))


@command("SMISMEMBER", -3, "readonly fast", FIRST)
def smismember(view: View, arguments: Arguments) -> Reply:
    """Tell for several members whether they are in a set."""
    members = view.members(arguments[0]) or ()
    return [int(member in members) for member in arguments[1:]]


@command("SCARD", 2, "readonly fast", FIRST)
def scard(view: View, arguments: Arguments) -> Reply:
    """Count the members of a set."""
    return len(view.members(arguments[0]) or ())


@command("SMEMBERS", 2, "readonly", FIRST)
def smembers(view: View, arguments: Arguments) -> Reply:
    """Return a whole set."""
    return Unordered(view.members(arguments[0]) or ())


@command("SPOP", -2, "write fast", FIRST)
def spop(view: View, arguments: Arguments) -> Reply:
    """Take some members of a set."""
    key = arguments[0]
    if len(arguments) > 2:
        raise syntax_error()
    count = positive(arguments[1]) if len(arguments) == 2 else None
    members = view.members(key)
    if members is None:
        return None if count is None else Unordered()
    chosen = [members.random()] if count is None else _distinct(members, count)
    _remove(view, key, members, chosen, "spop")
    return chosen[0] if count is None else Unordered(chosen)


def _distinct(members: Members, count: int) -> list[bytes]:
    return list(members) if count >= len(members) else random.sample(members.places, count)


@command("SRANDMEMBER", -2, "readonly", FIRST)
def srandmember(view: View, arguments: Arguments) -> Reply:
    """Return some members of a set."""
    if len(arguments) > 2:
        raise syntax_error()
    if len(arguments) == 1:
        members = view.members(arguments[0])
        return None if members is None else members.random()
    count = ranged(arguments[1], -INT64_MAX, INT64_MAX)
    members = view.members(arguments[0])
    if members is None or not count:
        return []
    if count < 0:
        return random.choices(members.places, k=-count)  # noqa: S311 - no secret
    return _distinct(members, count)


@command("SSCAN", -3, "readonly", FIRST)
def sscan(view: View, arguments: Arguments) -> Reply:
    """Walk along a set."""
    read_cursor(arguments[1])
    members = view.members(arguments[0])
    pattern = None if members is None else read_options(arguments[2:], takes_type=False).pattern
    return [b"0", select(members or (), pattern)]


def _sets(view: View, keys: Arguments) -> list[Members]:
    return [view.members(key) or Members() for key in keys]


def _intersection(view: View, keys: Arguments) -> list[bytes]:
    sets = sorted(_sets(view, keys), key=len)
    smallest, *others = sets
    return [member for member in smallest if all(member in other for other in others)]


def _union(view: View, keys: Arguments) -> list[bytes]:
    return list(dict.fromkeys(member for members in _sets(view, keys) for member in members))


def _difference(view: View, keys: Arguments) -> list[bytes]:
    first, *others = _sets(view, keys)
    return [member for member in first if not any(member in other for other in others)]


@command("SINTER", -2, "readonly", ALL)
def sinter(view: View, arguments: Arguments) -> Reply:
    """Return what is in all of several sets."""
    return Unordered(_intersection(view, arguments))


@command("SUNION", -2, "readonly", ALL)
def sunion(view: View, arguments: Arguments) -> Reply:
    """Return what is in any of several sets."""
    return Unordered(_union(view, arguments))


@command("SDIFF", -2, "readonly", ALL)
def sdiff(view: View, arguments: Arguments) -> Reply:
    """Return what is in the first of several sets only."""
    return Unordered(_difference(view, arguments))


@command("SINTERSTORE", -3, "write denyoom", ALL)
def sinterstore(view: View, arguments: Arguments) -> Reply:
    """Keep what is in all of several sets."""
    return view.replace(arguments[0], Members(_intersection(view, arguments[1:])), "sinterstore", "s")


@command("SUNIONSTORE", -3, "write denyoom", ALL)
def sunionstore(view: View, arguments: Arguments) -> Reply:
    """Keep what is in any of several sets."""
    return view.replace(arguments[0], Members(_union(view, arguments[1:])), "sunionstore", "s")


@command("SDIFFSTORE", -3, "write denyoom", ALL)
def sdiffstore(view: View, arguments: Arguments) -> Reply:
    """Keep what is in the first of several sets only."""
    return view.replace(arguments[0], Members(_difference(view, arguments[1:])), "sdiffstore", "s")


@command("SINTERCARD", -3, "readonly", counted(1))
def sintercard(view: View, arguments: Arguments) -> Reply:
    """Count what is in all of several sets."""
    keys, limit = read_intercard(arguments)
    found = len(_intersection(view, keys))
    return min(found, limit) if limit else found


def read_intercard(arguments: Arguments) -> tuple[Arguments, int]:
    """Return keys and limit (0: none) of SINTERCARD's arguments, and of ZINTERCARD's."""
    number = read_numkeys(arguments[0])
    if number > len(arguments) - 1:
        raise Refusal("ERR Number of keys can't be greater than number of args")
    words, limit = arguments[number + 1 :], 0
    for position in range(0, len(words), 2):
        if words[position].upper() != b"LIMIT" or position + 1 >= len(words):
            raise syntax_error()
        limit = positive(words[position + 1], "ERR LIMIT can't be negative")
    return arguments[1 : number + 1], limit
