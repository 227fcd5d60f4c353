"""Commands that wait for lists and sorted sets."""

import math
from collections.abc import Callable

from cache_provider.arguments import INT64_MAX
from cache_provider.door.lists import move, pop, read_mpop, side_of
from cache_provider.door.lists import pop_first as pop_first_items
from cache_provider.door.names import name_of
from cache_provider.door.numbers import is_infinite, parse_long_double
from cache_provider.door.payloads import Scores
from cache_provider.door.replies import NULL_ARRAY, Refusal, Reply
from cache_provider.door.session import BlockingWait
from cache_provider.door.sorted_sets import pop_first as pop_first_scores
from cache_provider.door.sorted_sets import pop_scores
from cache_provider.door.sorted_sets import read_mpop as read_zmpop
from cache_provider.door.table import ALL_BUT_LAST, TWO, Arguments, command, counted
from cache_provider.door.view import View
from cache_provider.memory.payload import Items


def timeout_ms(view: View, text: bytes) -> int | None:
    """Return the milliseconds of a time-out in seconds, None for one without end.

    Raises:
        Refusal: It is not a time, or too long.
    """
    seconds = parse_long_double(text)
    if seconds is None and not is_infinite(text):
        raise Refusal("ERR timeout is not a float or out of range")
    milliseconds = -1 if seconds is None else math.ceil(seconds * 1000)
    # What leaves int64 becomes negative there.
    if not 0 <= milliseconds <= INT64_MAX - view.now:
        raise Refusal("ERR timeout is negative")
    return milliseconds or None


def _take(
    view: View,
    keys: Arguments,
    take: Callable[[View, bytes], Reply | None],
    instead: Reply,
    timeout: int | None,
) -> Reply:
    """Take from the first key that has something; wait where none has."""
    for key in keys:
        taken = take(view, key)
        if taken is not None:
            return taken
    return BlockingWait(map(name_of, keys), take, instead, timeout)


def _holds(view: View, key: bytes, kind: type) -> bool:
    """Tell whether a key is of that type. One of another is an error now, and none for who waits already."""
    found = view.entry(name_of(key))
    return found is not None and isinstance(found[0], kind)


def _pop_items(view: View, arguments: Arguments, side: bytes) -> Reply:
    timeout = timeout_ms(view, arguments[-1])

    def take(later: View, key: bytes) -> Reply | None:
        if later is not view and not _holds(later, key, Items):
            return None
        items = later.items(key)
        return None if items is None else [key, *pop(later, key, items, side)]

    return _take(view, arguments[:-1], take, NULL_ARRAY, timeout)


@command("BLPOP", -3, "write noscript blocking", ALL_BUT_LAST)
def blpop(view: View, arguments: Arguments) -> Reply:
    """Take from the left of a list, waiting for one."""
    return _pop_items(view, arguments, b"LEFT")


@command("BRPOP", -3, "write noscript blocking", ALL_BUT_LAST)
def brpop(view: View, arguments: Arguments) -> Reply:
    """Take from the right of a list, waiting for one."""
    return _pop_items(view, arguments, b"RIGHT")


@command("BLMPOP", -5, "write blocking", counted(2))
def blmpop(view: View, arguments: Arguments) -> Reply:
    """Take from the first of several lists that is there, waiting for one."""
    keys, side, count = read_mpop(arguments[1:])
    timeout = timeout_ms(view, arguments[0])

    def take(later: View, key: bytes) -> Reply | None:
        if later is not view and not _holds(later, key, Items):
            return None
        return pop_first_items(later, [key], side, count)

    return _take(view, keys, take, NULL_ARRAY, timeout)


def _move(view: View, source: bytes, target: bytes, sides: tuple[bytes, bytes], timeout: int | None) -> Reply:
    def take(later: View, key: bytes) -> Reply | None:
        if later is not view and not _holds(later, key, Items):
            return None
        return move(later, key, target, *sides)

    return _take(view, [source], take, None, timeout)


@command("BLMOVE", 6, "write denyoom noscript blocking", TWO)
def blmove(view: View, arguments: Arguments) -> Reply:
    """Move an item from one list to another, waiting for one."""
    source, target, out, into, timeout = arguments
    return _move(view, source, target, (side_of(out), side_of(into)), timeout_ms(view, timeout))


@command("BRPOPLPUSH", 4, "write denyoom noscript blocking", TWO)
def brpoplpush(view: View, arguments: Arguments) -> Reply:
    """Move the last item of a list to the start of another, waiting for one."""
    source, target, timeout = arguments
    return _move(view, source, target, (b"RIGHT", b"LEFT"), timeout_ms(view, timeout))


def _pop_scores(view: View, arguments: Arguments, *, highest: bool) -> Reply:
    timeout = timeout_ms(view, arguments[-1])

    def take(later: View, key: bytes) -> Reply | None:
        if later is not view and not _holds(later, key, Scores):
            return None
        scores = later.scores(key)
        return None if scores is None else [key, *pop_scores(later, key, scores, 1, highest=highest)]

    return _take(view, arguments[:-1], take, NULL_ARRAY, timeout)


@command("BZPOPMIN", -3, "write noscript blocking fast", ALL_BUT_LAST)
def bzpopmin(view: View, arguments: Arguments) -> Reply:
    """Take the member with the lowest score, waiting for one."""
    return _pop_scores(view, arguments, highest=False)


@command("BZPOPMAX", -3, "write noscript blocking fast", ALL_BUT_LAST)
def bzpopmax(view: View, arguments: Arguments) -> Reply:
    """Take the member with the highest score, waiting for one."""
    return _pop_scores(view, arguments, highest=True)


@command("BZMPOP", -5, "write blocking", counted(2))
def bzmpop(view: View, arguments: Arguments) -> Reply:
    """Take from the first of several sorted sets that is there, waiting for one."""
    keys, highest, count = read_zmpop(arguments[1:])
    timeout = timeout_ms(view, arguments[0])

    def take(later: View, key: bytes) -> Reply | None:
        if later is not view and not _holds(later, key, Scores):
            return None
        return pop_first_scores(later, [key], count, highest=highest)

    return _take(view, keys, take, NULL_ARRAY, timeout)
