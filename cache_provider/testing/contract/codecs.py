"""What a value is allowed to be: kept as it is, or refused; never turned into something else."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from cache_provider.codecs import BytesCodec, Codec, JsonCodec, MsgpackCodec, PickleCodec
from cache_provider.errors import EncodeError
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.harness import Cache, Harness
from cache_provider.testing.contract.rows import about
from cache_provider.testing.contract.terms import Terms
from cache_provider.testing.contract.writes import WITH_VALUE, Write

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)


class Point(NamedTuple):
    """A tuple with names."""

    x: int
    y: int


class Colour(StrEnum):
    """A text of an enumeration."""

    RED = "red"


class Level(IntEnum):
    """A number of an enumeration."""

    LOW = 1


class Plain(Enum):
    """A member of an enumeration."""

    ONE = 1


@dataclass
class Account:
    """Something of the caller's own."""

    owner: str


class Text(str):
    """More than a `str`."""

    __slots__ = ()


class Number(int):
    """More than an `int`."""


class Ratio(float):
    """More than a `float`."""


class Rows(list[int]):
    """More than a `list`."""


class Labels(dict[str, int]):
    """More than a `dict`."""


def looped() -> list[Any]:
    """Return a list that holds itself."""
    loop: list[Any] = []
    loop.append(loop)
    return loop


def deep() -> list[Any]:
    """Return a list too deep for any codec."""
    nest: list[Any] = []
    for _ in range(100_000):
        nest = [nest]
    return nest


KEPT: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    INT64_MAX,
    INT64_MIN,
    INT64_MAX + 1,
    INT64_MIN - 1,
    2**64,
    10**30,
    0.0,
    -0.0,
    1.0,
    0.1,
    1e22,
    1.7976931348623157e308,
    5e-324,
    "",
    "text",
    "5",
    "null",
    '"',
    "a\nb\x00c",
    "é",
    "\U0001f600",
    "\u2028",
    [],
    {},
    [1, [2, [3, []]]],
    [None, True, 1, 1.0, "1"],
    {"": 1},
    {"1": 1},
    {"b": 1, "a": 2},
    {"é": {"日本": [{}]}},
    {"id": 2**70, "ids": [2**70]},
]

AS_LISTS: list[tuple[Any, Any]] = [
    ((), []),
    ((1, 2), [1, 2]),
    (((1,), (2,)), [[1], [2]]),
    ({"pair": (1, "a")}, {"pair": [1, "a"]}),
]

REFUSED: list[tuple[str, Any, str]] = [
    ("set", {1, 2}, "set"),
    ("frozenset", frozenset({1}), "frozenset"),
    ("bytes", b"raw", "bytes"),
    ("bytearray", bytearray(b"raw"), "bytearray"),
    ("memoryview", memoryview(b"raw"), "memoryview"),
    ("datetime", datetime(2024, 1, 1, tzinfo=UTC), "datetime"),
    ("date", date(2024, 1, 1), "date"),
    ("time", time(12, 0, tzinfo=UTC), "time"),
    ("timedelta", timedelta(seconds=1), "timedelta"),
    ("Decimal", Decimal("1.5"), "Decimal"),
    ("Fraction", Fraction(1, 2), "Fraction"),
    ("complex", 1j, "complex"),
    ("UUID", UUID(int=1), "UUID"),
    ("Enum", Plain.ONE, "Plain"),
    ("StrEnum", Colour.RED, "Colour"),
    ("IntEnum", Level.LOW, "Level"),
    ("dataclass", Account("Ada"), "Account"),
    ("namedtuple", Point(1, 2), "Point"),
    ("OrderedDict", OrderedDict(a=1), "OrderedDict"),
    ("defaultdict", defaultdict(int, a=1), "defaultdict"),
    ("dict subclass", Labels(a=1), "Labels"),
    ("list subclass", Rows([1]), "Rows"),
    ("str subclass", Text("text"), "Text"),
    ("int subclass", Number(5), "Number"),
    ("float subclass", Ratio(0.5), "Ratio"),
    ("object", object(), "object"),
    ("function", looped, "function"),
    ("class", Account, "type"),
    ("range", range(3), "range"),
    ("generator", (number for number in [1]), "generator"),
    ("NaN", float("nan"), "float"),
    ("infinity", float("inf"), "float"),
    ("minus infinity", float("-inf"), "float"),
    ("int as a key", {1: "a"}, "int"),
    ("float as a key", {1.5: "a"}, "float"),
    ("bool as a key", {True: "a"}, "bool"),
    ("None as a key", {None: "a"}, "NoneType"),
    ("tuple as a key", {(1, 2): "a"}, "tuple"),
    ("bytes as a key", {b"a": "a"}, "bytes"),
    ("StrEnum as a key", {Colour.RED: "a"}, "Colour"),
    ("str subclass as a key", {Text("a"): "a"}, "Text"),
    ("lone surrogate", "\ud800", "str"),
    ("lone surrogate as a key", {"\udfff": 1}, "str"),
]

PLACES: dict[str, Callable[[Any], Any]] = {
    "alone": lambda value: value,
    "in a list": lambda value: [1, [value]],
    "in a tuple": lambda value: (1, value),
    "in a dict": lambda value: {"a": {"b": value}},
}

placed = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())


# Integers are text


INTEGER_CODECS: list[Codec] = [JsonCodec(), PickleCodec(), MsgpackCodec()]

integer_codecs = pytest.mark.parametrize("codec", INTEGER_CODECS, ids=repr)


class CodecContract(Contract):
    """What a value is allowed to be: kept as it is, or refused; never turned into something else."""

    def test_a_value_comes_back_as_it_is(self, provider: Cache) -> None:
        """What JSON carries comes back equal, of the same type, in the same order, at any depth."""
        for value in KEPT:
            with about(value):
                provider.set("key", value)
                assert repr(provider.get("key")) == repr(value)

    def test_a_list_item_comes_back_as_it_is(self, provider: Cache) -> None:
        """A pushed item comes back equal and of the same type."""
        for value in KEPT:
            with about(value):
                provider.push_limit("key", value, 1)
                assert repr(provider.list_range("key", 0, -1)) == repr([value])

    def test_a_hash_field_comes_back_as_it_is(self, provider: Cache) -> None:
        """A hash field comes back equal and of the same type."""
        for value in KEPT:
            with about(value):
                provider.hset("key", "field", value)
                assert repr(provider.hgetall("key")) == repr({"field": value})

    def test_a_tuple_comes_back_as_a_list(self, provider: Cache) -> None:
        """A tuple is a JSON array, which reads as a list, at any depth."""
        for value, as_list in AS_LISTS:
            with about(value):
                provider.set("key", value)
                assert repr(provider.get("key")) == repr(as_list)

    @placed
    def test_a_value_that_would_not_come_back_is_refused(
        self, provider: Cache, place: Callable[[Any], Any]
    ) -> None:
        """What JSON cannot carry is an `EncodeError` that names the key and the type at fault."""
        for name, value, kind in REFUSED:
            message = rf"(?s)(?=.*'the key')(?=.*\b{kind}\b)"
            with about(name), pytest.raises(EncodeError, match=message):
                provider.set("the key", place(value))

    @placed
    def test_a_refused_value_leaves_the_old_one(self, provider: Cache, place: Callable[[Any], Any]) -> None:
        """A write that is refused changes nothing."""
        provider.set("key", "old")
        for name, value, kind in REFUSED:
            with about(name):
                with pytest.raises(EncodeError, match=kind):
                    provider.set("key", place(value))
                assert provider.get("key") == "old"

    @pytest.mark.parametrize("make", [looped, deep])
    def test_a_value_that_has_no_end_is_refused(self, provider: Cache, make: Callable[[], Any]) -> None:
        """A value in itself, or nested without measure, is an `EncodeError` that names the key."""
        with pytest.raises(EncodeError, match=r"(?=.*'the key')(?=.*\blist\b)"):
            provider.set("the key", make())

    @pytest.mark.parametrize("write", WITH_VALUE, ids=str)
    def test_every_write_refuses_what_the_codec_cannot_carry(self, provider: Cache, write: Write) -> None:
        """Each operation that writes a value raises `EncodeError`, naming key and type."""
        write.prepare(provider)
        with pytest.raises(EncodeError, match=r"(?=.*'key')(?=.*\bset\b)"):
            write.call(provider, {1, 2})

    @pytest.mark.parametrize("write", WITH_VALUE, ids=str)
    def test_every_refused_write_changes_nothing(self, provider: Cache, write: Write) -> None:
        """After an `EncodeError` the key holds what it held before."""
        write.prepare(provider)
        before = write.read(provider)
        with pytest.raises(EncodeError, match="set"):
            write.call(provider, {1, 2})
        assert write.read(provider) == before

    @integer_codecs
    def test_an_int64_is_stored_as_decimal_text(self, harness: Harness, raw: Cache, codec: Codec) -> None:
        """Every codec but `BytesCodec` writes an int64 as its canonical decimal text."""
        cache = harness.connect(Terms(codec=codec))
        for number in [0, 7, -7, INT64_MAX, INT64_MIN]:
            with about(number):
                cache.set("key", number)
                assert raw.get("key") == str(number).encode()

    @integer_codecs
    def test_incr_works_on_what_set_wrote(self, harness: Harness, codec: Codec) -> None:
        """A number that was set is a counter, under every codec but `BytesCodec`."""
        cache = harness.connect(Terms(codec=codec))
        cache.set("key", 41)
        assert cache.incr("key") == 42

    @integer_codecs
    def test_what_incr_wrote_reads_as_an_int(self, harness: Harness, codec: Codec) -> None:
        """A counter reads as an `int`, under every codec but `BytesCodec`."""
        cache = harness.connect(Terms(codec=codec))
        cache.incr("key", 42)
        assert repr(cache.get("key")) == "42"

    def test_what_incr_wrote_reads_as_bytes_through_the_bytes_codec(self, raw: Cache) -> None:
        """`BytesCodec` shows a counter as the text it is."""
        raw.incr("key", 42)
        assert raw.get("key") == b"42"

    @pytest.mark.parametrize("value", [b"", b"raw", b"\x00\xff"])
    def test_the_bytes_codec_keeps_bytes(self, raw: Cache, value: bytes) -> None:
        """`BytesCodec` passes bytes through."""
        raw.set("key", value)
        assert raw.get("key") == value

    @pytest.mark.parametrize("value", [5, "text", None, bytearray(b"raw")], ids=repr)
    def test_the_bytes_codec_takes_bytes_only(self, harness: Harness, value: Any) -> None:
        """`BytesCodec` refuses everything else, integers too."""
        with pytest.raises(EncodeError, match=rf"(?=.*'key').*\b{type(value).__name__}\b"):
            harness.connect(Terms(codec=BytesCodec())).set("key", value)
