"""What a command answers, before it is known in which protocol.

Plain Python values where they say it all: bytes, int, None, float, bool and
lists. The classes here are what the two protocols write in different ways.
"""

from typing import Any, TypeAlias, TypeGuard

Reply: TypeAlias = Any
"""bytes: a bulk string; int; None: a null; float: a double; bool; list: an array; a class of this module."""


class Status(bytes):
    """A simple string, such as OK."""

    __slots__ = ()


class Verbatim(bytes):
    """A text for people; RESP3 says so."""

    __slots__ = ()


class Map(list[Reply]):
    """Keys and values in turn: a map in RESP3, a flat array in RESP2."""

    __slots__ = ()


class Pairs(list[Reply]):
    """Members and their values in turn: pairs in RESP3, a flat array in RESP2."""

    __slots__ = ()


class Unordered(list[Reply]):
    """A set in RESP3, an array in RESP2."""

    __slots__ = ()


class Push(list[Reply]):
    """What nobody asked for just now: a message of pub/sub. An array in RESP2."""

    __slots__ = ()


class NullArray:
    """The other null of RESP2."""

    __slots__ = ()


class BigNumber(bytes):
    """Digits of any number: RESP3 tells them from a string."""

    __slots__ = ()


class Attribute(list[Reply]):
    """What is said about the reply that follows, keys and values in turn; only RESP3 has it."""

    __slots__ = ()


class Several(list[Reply]):
    """Several replies to one command, as SUBSCRIBE gives."""

    __slots__ = ()


class Refusal(Exception):  # noqa: N818 - Redis' "error reply"; nothing of it reaches a caller as an exception
    """An error reply; its text begins with Redis' code."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    @property
    def wire(self) -> bytes:
        """The text as it is sent: an error is one line."""
        return self.text.encode("utf-8", "surrogateescape").replace(b"\r", b" ").replace(b"\n", b" ")


OK = Status(b"OK")
QUEUED = Status(b"QUEUED")
PONG = Status(b"PONG")
NULL_ARRAY = NullArray()

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"


def is_array(reply: Reply) -> TypeGuard[list[Reply]]:
    """Tell whether a reply has parts."""
    return isinstance(reply, list)


def wrong_type() -> Refusal:
    """Return the error for a key of another type."""
    return Refusal(WRONG_TYPE)


def syntax_error() -> Refusal:
    """Return the error for options that make no sense."""
    return Refusal("ERR syntax error")


def not_an_integer() -> Refusal:
    """Return the error for what should be an int64."""
    return Refusal("ERR value is not an integer or out of range")


def not_a_float() -> Refusal:
    """Return the error for what should be a number."""
    return Refusal("ERR value is not a valid float")


def no_such_key() -> Refusal:
    """Return the error for a key that must exist."""
    return Refusal("ERR no such key")


def wrong_arity(name: str) -> Refusal:
    """Return the error for too few or too many arguments."""
    return Refusal(f"ERR wrong number of arguments for '{name}' command")


def shown(text: bytes, limit: int = 128) -> str:
    """Return bytes for an error's text, cut as C's %.128s cuts them."""
    return text[:limit].partition(b"\0")[0].decode("utf-8", "surrogateescape")
