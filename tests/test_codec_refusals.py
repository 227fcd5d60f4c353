"""What a codec cannot hand back as it was, it refuses: with the key, the type and the way to it."""

import datetime as dt
import enum
import math
import re
import threading
import uuid
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from cache_provider import (
    BytesCodec,
    Codec,
    EncodeError,
    InMemoryCacheAdapter,
    JsonCodec,
    MsgpackCodec,
    PickleCodec,
)
from cache_provider.codecs import encode_for

JSON, PICKLE, MSGPACK, BYTES = JsonCodec(), PickleCodec(), MsgpackCodec(), BytesCodec()
NOON = dt.datetime(2030, 1, 1, 12, tzinfo=dt.UTC)


class Color(enum.Enum):
    """A name for a value."""

    RED = "red"


class Level(enum.IntEnum):
    """A name for a number."""

    LOW = 1


class Word(enum.StrEnum):
    """A name for a text."""

    HELLO = "hello"


class Text(str):
    """A `str` of a class of its own."""

    __slots__ = ()


class Number(int):
    """An `int` of a class of its own."""


class Real(float):
    """A `float` of a class of its own."""


class Items(list[int]):
    """A `list` of a class of its own."""


class Fields(dict[str, int]):
    """A `dict` of a class of its own."""


class Point(NamedTuple):
    """A tuple with names."""

    x: int


@dataclass
class Record:
    """A dataclass."""

    x: int


@dataclass(frozen=True)
class Refused:
    """A value that is refused, the offending type as the message spells it, and the way to it."""

    value: Any
    kind: str
    path: str = ""


EVERYWHERE: dict[str, Refused] = {
    "NaN": Refused(math.nan, "float"),
    "infinity": Refused(math.inf, "float"),
    "minus infinity": Refused(-math.inf, "float"),
    "a bytearray": Refused(bytearray(b"a"), "bytearray"),
    "a memoryview": Refused(memoryview(b"a"), "memoryview"),
    "a set": Refused({1}, "set"),
    "a frozenset": Refused(frozenset({1}), "frozenset"),
    "a deque": Refused(deque([1]), "deque"),
    "a range": Refused(range(3), "range"),
    "a generator": Refused((x for x in "ab"), "generator"),
    "a datetime": Refused(NOON, "datetime"),
    "a date": Refused(NOON.date(), "date"),
    "a time": Refused(NOON.time(), "time"),
    "a timedelta": Refused(dt.timedelta(1), "timedelta"),
    "a Decimal": Refused(Decimal("1.5"), "Decimal"),
    "a Fraction": Refused(Fraction(1, 3), "Fraction"),
    "a complex": Refused(1j, "complex"),
    "a UUID": Refused(uuid.UUID(int=1), "UUID"),
    "an Enum": Refused(Color.RED, "Color"),
    "an IntEnum": Refused(Level.LOW, "Level"),
    "a StrEnum": Refused(Word.HELLO, "Word"),
    "a dataclass": Refused(Record(1), "Record"),
    "a named tuple": Refused(Point(1), "Point"),
    "an OrderedDict": Refused(OrderedDict(a=1), "OrderedDict"),
    "a defaultdict": Refused(defaultdict(int, a=1), "defaultdict"),
    "a str subclass": Refused(Text("a"), "Text"),
    "an int subclass": Refused(Number(1), "Number"),
    "a float subclass": Refused(Real(1), "Real"),
    "a list subclass": Refused(Items([1]), "Items"),
    "a dict subclass": Refused(Fields(a=1), "Fields"),
    "an object": Refused(object(), "object"),
    "a namespace": Refused(SimpleNamespace(a=1), "SimpleNamespace"),
    "a function": Refused(len, "builtin_function_or_method"),
    "a class": Refused(int, "type"),
    "an exception": Refused(KeyError("a"), "KeyError"),
    "an ellipsis": Refused(..., "ellipsis"),
    "an int as a key": Refused({1: "a"}, "int"),
    "a boolean as a key": Refused({True: "a"}, "bool"),
    "a float as a key": Refused({1.5: "a"}, "float"),
    "None as a key": Refused({None: "a"}, "NoneType"),
    "a tuple as a key": Refused({(1, 2): "a"}, "tuple"),
    "bytes as a key": Refused({b"a": "a"}, "bytes"),
    "a str subclass as a key": Refused({Text("a"): "a"}, "Text"),
    "a set in a list": Refused([0, {1}], "set", "$[1]"),
    "a set in a tuple": Refused((0, {1}), "set", "$[1]"),
    "a set in a dict": Refused({"a": 0, "b": {1}}, "set", "$.b"),
    "NaN in a list": Refused([[math.nan]], "float", "$[0][0]"),
    "a date deep inside": Refused({"a": [1, {"b": {"c": NOON}}]}, "datetime", "$.a[1].b.c"),
    "an int as a key deep inside": Refused({"a": [{1: "b"}]}, "int", "$.a[0]"),
    "a lone surrogate": Refused("lone \ud800", "str"),
    "a lone surrogate in a key": Refused({"lone \ud800": 1}, "str"),
    "a lone surrogate deep inside": Refused({"a": [0, "lone \ud800"]}, "str", "$.a[1]"),
}
BY_CODEC: dict[Codec, dict[str, Refused]] = {
    JSON: {
        **EVERYWHERE,
        "bytes": Refused(b"a", "bytes"),
        "bytes in a list": Refused([b"a"], "bytes", "$[0]"),
    },
    MSGPACK: EVERYWHERE,
    BYTES: {
        "an int": Refused(5, "int"),
        "a boolean": Refused(True, "bool"),
        "None": Refused(None, "NoneType"),
        "a text": Refused("5", "str"),
        "a float": Refused(5.0, "float"),
        "a list": Refused([b"a"], "list"),
        "a bytearray": Refused(bytearray(b"a"), "bytearray"),
        "a memoryview": Refused(memoryview(b"a"), "memoryview"),
    },
    PICKLE: {
        "a lambda": Refused(lambda: None, "function"),
        "a generator": Refused((x for x in "ab"), "generator"),
        "a mutex": Refused(threading.Lock(), "lock"),
        "a mutex in a list": Refused([threading.Lock()], "lock"),
        "a local class": Refused(type("Local", (), {}), "type"),
    },
}
TABLE = [(codec, name) for codec, values in BY_CODEC.items() for name in values]
PATHS = [(codec, name) for codec, name in TABLE if BY_CODEC[codec][name].path]

EVERY_REFUSAL = pytest.mark.parametrize(("codec", "name"), TABLE, ids=str)


def refusal(codec: Codec, name: str) -> str:
    """Return the message with which the value is refused."""
    with pytest.raises(EncodeError) as caught:
        encode_for(codec, "the key", BY_CODEC[codec][name].value)
    return str(caught.value)


@EVERY_REFUSAL
def test_a_refusal_names_the_key(codec: Codec, name: str) -> None:
    """Among a thousand writes the message says which one it was."""
    assert "'the key'" in refusal(codec, name)


@EVERY_REFUSAL
def test_a_refusal_names_the_offending_type(codec: Codec, name: str) -> None:
    """The type of the part that cannot be carried, not only that of the whole."""
    assert re.search(rf"\b{BY_CODEC[codec][name].kind}\b", refusal(codec, name))


@pytest.mark.parametrize(("codec", "name"), PATHS, ids=str)
def test_a_refusal_shows_the_way_to_the_part(codec: Codec, name: str) -> None:
    """In a large value nobody has to search for it."""
    assert f"(at {BY_CODEC[codec][name].path})" in refusal(codec, name)


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        (NOON, "store its isoformat()"),
        ({"born": NOON.date()}, "store its isoformat()"),
        ([{1, 2}], "store a list"),
        (Decimal("1.5"), "store str() of it"),
        (b"text", "decode() it if it is text"),
        (Color.RED, "convert it first"),
        ({1: "a"}, "convert it first"),
    ],
)
def test_a_refusal_says_what_to_do(value: object, remedy: str) -> None:
    """A conversion, or another codec."""
    with pytest.raises(EncodeError, match=f"; {re.escape(remedy)}, or choose a codec that carries it$"):
        encode_for(JSON, "the key", value)


@EVERY_REFUSAL
def test_a_codec_used_by_itself_refuses_the_same(codec: Codec, name: str) -> None:
    """A codec keeps its promise without an adapter around it."""
    with pytest.raises(EncodeError):
        codec.encode(BY_CODEC[codec][name].value)


@EVERY_REFUSAL
def test_a_refused_value_leaves_the_old_one(codec: Codec, name: str) -> None:
    """The key holds after the refusal what it held before."""
    cache = InMemoryCacheAdapter(codec=codec)
    cache.set("the key", b"old" if codec is BYTES else "old")
    with pytest.raises(EncodeError):
        cache.set("the key", BY_CODEC[codec][name].value)
    assert cache.get("the key") == (b"old" if codec is BYTES else "old")
