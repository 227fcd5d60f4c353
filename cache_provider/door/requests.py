"""Requests of redis-py, as arguments instead of bytes."""

from collections.abc import Callable, Iterable
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
    is_usual = type(encoder) is _USUAL and encoder.encoding == "utf-8" and encoder.encoding_errors == "strict"
    known = _AS_USUAL if is_usual else _AS_IT_IS
    try:
        words = [known[type(argument)](argument) for argument in arguments]
    except KeyError:
        words = _encoded(encoder, *arguments)
    return words if b" " not in words[0] else words[0].split() + words[1:]


def _encoded(encoder: Any, name: Any, *arguments: object) -> Request:
    return [
        name.encode() if isinstance(name, str) else bytes(name),
        *(bytes(encoder.encode(argument)) for argument in arguments),
    ]


def requests_of(encoder: Any, commands: Iterable[tuple[Any, ...]]) -> list[Request]:
    """Return the words of several commands."""
    return [request_of(encoder, command) for command in commands]
