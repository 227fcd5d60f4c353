"""Lies: commands that do a little less, or a little else, than Redis' do. Each must be found out."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from cache_provider.door.replies import Map, NullArray, Refusal, Reply, is_array
from cache_provider.door.table import COMMANDS, Arguments
from cache_provider.door.view import View

Lie = Callable[[View, Arguments, Callable[[], Reply]], Reply]


def _one_more(_view: View, _arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    reply = tell()
    return reply + 1 if isinstance(reply, int) and reply > 0 else reply


def _as_text(_view: View, _arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    reply = tell()
    return b"%d" % reply if isinstance(reply, int) else reply


def _other_null(_view: View, _arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    reply = tell()
    return None if isinstance(reply, NullArray) else reply


def _drops_ttl(view: View, arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    reply = tell()
    found = view.payload(arguments[0])
    if found is not None:
        view.put(arguments[0], found)
    return reply


def _keeps_ttl(view: View, arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    before = view.deadline(arguments[0])
    reply = tell()
    found = view.payload(arguments[0])
    if before is not None and found is not None:
        view.put(arguments[0], found, before)
    return reply


def _reversed(_view: View, _arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    reply = tell()
    return reply[::-1] if is_array(reply) else reply


def _first_only(_view: View, _arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    reply = tell()
    return type(reply)(reply[:1]) if is_array(reply) and len(reply) > 1 else reply


def _forgives(_view: View, _arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    try:
        return tell()
    except Refusal:
        return 0


def _another_word(_view: View, _arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    try:
        return tell()
    except Refusal as refusal:
        raise Refusal(
            refusal.text.replace("value is not", "value isn't").replace("syntax", "Syntax")
        ) from None


def _flat(_view: View, _arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    reply = tell()
    return list(reply) if isinstance(reply, Map) else reply


def _half(_view: View, _arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    reply = tell()
    return [reply[0]] if is_array(reply) and len(reply) == 2 else reply


def _text_of_double(_view: View, _arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    reply = tell()
    return repr(reply).encode() if isinstance(reply, float) else reply


def _leaves_empty(view: View, arguments: Arguments, tell: Callable[[], Reply]) -> Reply:
    before = view.payload(arguments[0])
    reply = tell()
    if before is not None and not view.exists(arguments[0]):
        view.put(arguments[0], b"")
    return reply


LIES: dict[str, tuple[str, Lie]] = {
    "APPEND counts one more": ("APPEND", _one_more),
    "INCR drops the ttl": ("INCR", _drops_ttl),
    "SETRANGE drops the ttl": ("SETRANGE", _drops_ttl),
    "LPUSH drops the ttl": ("LPUSH", _drops_ttl),
    "HSET drops the ttl": ("HSET", _drops_ttl),
    "GETSET keeps the ttl": ("GETSET", _keeps_ttl),
    "MSET keeps the ttl": ("MSET", _keeps_ttl),
    "STRLEN answers a text": ("STRLEN", _as_text),
    "LPOP mixes up the nulls": ("LPOP", _other_null),
    "LMPOP mixes up the nulls": ("LMPOP", _other_null),
    "EXEC mixes up the nulls": ("EXEC", _other_null),
    "LRANGE turns round": ("LRANGE", _reversed),
    "ZRANGE turns round": ("ZRANGE", _reversed),
    "SMEMBERS shows one": ("SMEMBERS", _first_only),
    "KEYS shows one": ("KEYS", _first_only),
    "HINCRBY forgives": ("HINCRBY", _forgives),
    "SETBIT forgives": ("SETBIT", _forgives),
    "EXPIRE says it otherwise": ("EXPIRE", _another_word),
    "LINSERT says it otherwise": ("LINSERT", _another_word),
    "HGETALL is no map": ("HGETALL", _flat),
    "ZSCORE is no double": ("ZSCORE", _text_of_double),
    "SSCAN forgets the members": ("SSCAN", _half),
    "LREM leaves an empty key": ("LREM", _leaves_empty),
    "SREM leaves an empty key": ("SREM", _leaves_empty),
    "ZADD counts one more": ("ZADD", _one_more),
    "TTL is a second more": ("TTL", _one_more),
}
"""What each does wrong, and the command that does."""


@contextmanager
def told(story: str) -> Generator[str, None, None]:
    """Have a command lie inside the block; yield its name."""
    name, lie = LIES[story]
    honest = COMMANDS[name]

    def run(view: Any, arguments: Arguments) -> Reply:
        return lie(view, arguments, lambda: honest.run(view, arguments))

    COMMANDS[name] = replace(honest, run=run)
    try:
        yield name
    finally:
        COMMANDS[name] = honest
