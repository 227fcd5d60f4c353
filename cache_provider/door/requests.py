"""Requests of redis-py, as arguments instead of bytes."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from cache_provider.door.session import Request

_USUAL: Any = import_module("redis.connection").Encoder
"""redis-py's own encoder, which no module shows to type checkers."""


def request_of(encoder: Any, arguments: tuple[Any, ...]) -> Request:
    """Return a command's words; a name of two words, such as CONFIG GET, is taken apart.

    Args:
        encoder: redis-py's, or one of its user's.
        arguments: Name and arguments as redis-py has them.
    """
    name = arguments[0]
    encoded = name.encode() if isinstance(name, str) else bytes(name)
    words = encoded.split() if b" " in encoded else [encoded]
    is_usual = type(encoder) is _USUAL
    for argument in arguments[1:]:
        if type(argument) is bytes:
            words.append(argument)
        elif type(argument) is str and is_usual:
            # What redis-py's own does, which looks for all other types before.
            words.append(argument.encode(encoder.encoding, encoder.encoding_errors))
        else:
            words.append(bytes(encoder.encode(argument)))
    return words


def requests_of(encoder: Any, commands: Iterable[tuple[Any, ...]]) -> list[Request]:
    """Return the words of several commands."""
    return [request_of(encoder, command) for command in commands]
