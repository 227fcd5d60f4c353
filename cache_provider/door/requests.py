"""Requests of redis-py, as arguments instead of bytes."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import import_module
from typing import Any

from cache_provider.door.session import Request

_USUAL: Any = import_module("redis.connection").Encoder
"""redis-py's own encoder, which no module shows to type checkers."""

_AS_IT_IS: dict[type, Callable[[Any], bytes]] = {bytes: bytes}
_AS_USUAL: dict[type, Callable[[Any], bytes]] = {**_AS_IT_IS, str: str.encode, int: b"%d".__mod__}
"""What redis-py's own encoder makes of the types that are mostly given; it looks for all others before."""


def request_of(encoder: Any, arguments: tuple[object, ...]) -> Request:
    """Return a command's words; a name of two words, such as CONFIG GET, is taken apart.

    Args:
        encoder: redis-py's, or one of its user's.
        arguments: Name and arguments as redis-py has them.
    """
    name: Any = arguments[0]
    words = list(_spelled(name) if type(name) is str else _split(bytes(name)))
    is_usual = type(encoder) is _USUAL and encoder.encoding == "utf-8" and encoder.encoding_errors == "strict"
    known = _AS_USUAL if is_usual else _AS_IT_IS
    for argument in arguments[1:]:
        encode = known.get(type(argument))
        words.append(bytes(encoder.encode(argument)) if encode is None else encode(argument))
    return words


@lru_cache(maxsize=512)
def _spelled(name: str) -> Request:
    return _split(name.encode())


def _split(name: bytes) -> Request:
    return name.split() if b" " in name else [name]


def requests_of(encoder: Any, commands: Iterable[tuple[Any, ...]]) -> list[Request]:
    """Return the words of several commands."""
    return [request_of(encoder, command) for command in commands]
