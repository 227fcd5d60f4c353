"""Requests of redis-py, as arguments instead of bytes."""

from collections.abc import Callable, Iterable
from typing import Any

from cache_provider.door.session import Request

Encode = Callable[[Any], Any]


def request_of(encode: Encode, arguments: tuple[Any, ...]) -> Request:
    """Return a command's words; a name of two words, such as CONFIG GET, is taken apart."""
    name = arguments[0]
    encoded = name.encode() if isinstance(name, str) else bytes(name)
    words = encoded.split() if b" " in encoded else [encoded]
    for argument in arguments[1:]:
        if isinstance(argument, bytes):
            words.append(argument)
        else:
            words.append(bytes(encode(argument)))
    return words


def requests_of(encode: Encode, commands: Iterable[tuple[Any, ...]]) -> list[Request]:
    """Return the words of several commands."""
    return [request_of(encode, command) for command in commands]
