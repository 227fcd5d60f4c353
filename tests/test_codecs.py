"""Each codec carries what it promises, refuses what would come back changed, and says so."""

import datetime as dt
import enum
import math
import pickle
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache_provider import BytesCodec, Codec, DecodeError, EncodeError, JsonCodec, MsgpackCodec, PickleCodec
from cache_provider.codecs import decode_for, encode_for

JSON, PICKLE, MSGPACK, BYTES = JsonCodec(), PickleCodec(), MsgpackCodec(), BytesCodec()

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def nested(integers: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    """Return JSON values with such integers, at any depth."""
    numbers = integers | st.floats(allow_nan=False, allow_infinity=False)
    return st.recursive(
        st.none() | st.booleans() | numbers | TEXT,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
        max_leaves=15,
    )


VALUES = nested(st.integers())
PACKED_VALUES = nested(st.integers(-(2**63), 2**64 - 1))


def in_tuples(value: object) -> object:
    """Return `value` with a tuple in the place of each list."""
    if isinstance(value, list):
        return tuple(in_tuples(item) for item in cast("list[object]", value))
    if isinstance(value, dict):
        return {key: in_tuples(item) for key, item in cast("dict[str, object]", value).items()}
    return value


def carried(codec: Codec, value: Any) -> str:
    """Return what comes back, by its `repr`: exact types, the sign of zero and the order of fields."""
    return repr(codec.decode(codec.encode(value)))


# Carried


@given(VALUES)
def test_json_hands_back_every_json_value(value: Any) -> None:
    """With the same types, whatever its size and depth."""
    assert carried(JSON, value) == repr(value)


@given(VALUES)
def test_pickle_hands_back_every_json_value(value: Any) -> None:
    """With the same types, whatever its size and depth."""
    assert carried(PICKLE, value) == repr(value)


@given(PACKED_VALUES)
def test_msgpack_hands_back_every_json_value(value: Any) -> None:
    """With the same types, as far as MessagePack has integers."""
    assert carried(MSGPACK, value) == repr(value)


@given(st.binary())
def test_bytes_are_handed_back(data: bytes) -> None:
    """`BytesCodec` adds nothing and takes nothing away."""
    assert BYTES.decode(BYTES.encode(data)) == data


@given(st.binary())
def test_bytes_are_stored_as_they_are(data: bytes) -> None:
    """What another program reads from the server are the caller's bytes."""
    assert BYTES.encode(data) == data


@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=repr)
@given(value=PACKED_VALUES)
def test_tuples_come_back_as_lists(codec: Codec, value: Any) -> None:
    """At any depth: JSON has one kind of array."""
    assert carried(codec, in_tuples(value)) == repr(value)


@given(st.binary(max_size=20))
def test_msgpack_carries_bytes(data: bytes) -> None:
    """Which JSON cannot."""
    assert MSGPACK.decode(MSGPACK.encode([data])) == [data]


class Color(enum.Enum):
    """A name for a value."""

    RED = 1


PICKLED: list[Any] = [
    (1, 2),
    {1, 2},
    frozenset({1}),
    b"bytes",
    2**70,
    math.nan,
    math.inf,
    {1: "one"},
    Decimal("1.50"),
    dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
    dt.timedelta(1),
    uuid.UUID(int=1),
    Color.RED,
    OrderedDict(a=1),
    "lone \ud800",
]


@pytest.mark.parametrize("value", PICKLED, ids=repr)
def test_pickle_carries_what_json_does_not(value: Any) -> None:
    """And hands it back with its type."""
    assert carried(PICKLE, value) == repr(value)


def test_pickle_carries_a_value_that_contains_itself() -> None:
    """The knot is there again in what comes back."""
    value: list[Any] = []
    value.append(value)
    back = PICKLE.decode(PICKLE.encode(value))
    assert back[0] is back


@pytest.mark.parametrize("codec", [JSON, PICKLE, MSGPACK], ids=repr)
def test_each_decoding_makes_a_new_value(codec: Codec) -> None:
    """Who changes what was read changes nobody else's."""
    data = codec.encode({"items": [1]})
    assert codec.decode(data)["items"] is not codec.decode(data)["items"]


# Integers


@pytest.mark.parametrize("codec", [JSON, PICKLE, MSGPACK], ids=repr)
@given(number=st.integers(-(2**63), 2**63 - 1))
def test_an_int64_is_stored_as_decimal_text(codec: Codec, number: int) -> None:
    """So that `incr` works on what `set` wrote, and the other way round."""
    assert codec.encode(number) == str(number).encode()


@pytest.mark.parametrize("codec", [JSON, PICKLE, MSGPACK], ids=repr)
@given(number=st.integers(-(2**63), 2**63 - 1))
def test_decimal_text_is_read_as_an_int(codec: Codec, number: int) -> None:
    """Whichever codec or counter wrote it."""
    assert repr(codec.decode(str(number).encode())) == repr(number)


@pytest.mark.parametrize("codec", [JSON, PICKLE, MSGPACK], ids=repr)
@pytest.mark.parametrize("value", [True, False, 5.0, "5"], ids=repr)
def test_only_an_int_is_stored_as_decimal_text(codec: Codec, value: Any) -> None:
    """A boolean, a float and a text of digits stay what they are."""
    assert not codec.encode(value).isdigit()


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1], ids=["2**64", "-2**63 - 1"])
def test_msgpack_refuses_an_int_past_its_own(number: int) -> None:
    """MessagePack ends at 64 bits, and says so instead of rounding."""
    with pytest.raises(EncodeError, match=r"\bint\b"):
        MSGPACK.encode(number)


def test_json_refuses_an_int_longer_than_python_reads() -> None:
    """What could be written but never read again is refused when it is written."""
    with pytest.raises(EncodeError):
        JSON.encode(10**5000)


# Deep values


def in_itself() -> Any:
    """Return a list that contains itself."""
    value: list[Any] = []
    value.append(value)
    return value


def too_deep() -> Any:
    """Return lists in lists, more than any stack holds."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


BOTTOMLESS: list[tuple[Codec, Callable[[], Any]]] = [
    (JSON, in_itself),
    (JSON, too_deep),
    (MSGPACK, in_itself),
    (MSGPACK, too_deep),
    (PICKLE, too_deep),
]
DEEP_BYTES: list[tuple[Codec, bytes]] = [
    (JSON, b"[" * 100_000 + b"]" * 100_000),
    (MSGPACK, b"\x91" * 100_000 + b"\xc0"),
]


@pytest.mark.parametrize(
    ("codec", "make"), BOTTOMLESS, ids=[f"{codec}-{make.__name__}" for codec, make in BOTTOMLESS]
)
def test_a_value_without_bottom_is_refused(codec: Codec, make: Callable[[], Any]) -> None:
    """With the key in the message, and no `RecursionError`."""
    with pytest.raises(EncodeError, match="'the key'"):
        encode_for(codec, "the key", make())


@pytest.mark.parametrize(("codec", "data"), DEEP_BYTES, ids=["JSON", "MessagePack"])
def test_bytes_without_bottom_are_refused(codec: Codec, data: bytes) -> None:
    """With the key in the message, and no `RecursionError`."""
    with pytest.raises(DecodeError, match="'the key'"):
        decode_for(codec, "the key", data)


@pytest.mark.parametrize("codec", [JSON, PICKLE, MSGPACK], ids=repr)
def test_a_value_of_a_hundred_levels_is_carried(codec: Codec) -> None:
    """Only what no program nests is too deep."""
    value: list[Any] = []
    for _ in range(100):
        value = [value]
    assert carried(codec, value) == repr(value)


# Foreign bytes

TRUNCATED = pickle.dumps(["a text"])[:-3]
FOREIGN: dict[Codec, list[bytes]] = {
    JSON: [
        *(b"", b"\xff", b'"\xff"', b"nul", b"NaN", b"Infinity", b"01", b"+1", b"1 2", b"1e400", b"'a'"),
        *(b"{1:2}", b"[1,]", b'"a', b'"\n"', b'"\\ud800"', b"abc", PICKLE.encode([1]), MSGPACK.encode([1])),
    ],
    PICKLE: [
        *(b"", b'"abc"', b"null", b"true", b"1.5", b"[1]", b"{}", b" 5", b"05", b"5 ", TRUNCATED),
        *(b"cno.such.module\nClass\n.", b"9223372036854775808", MSGPACK.encode([1])),
    ],
    MSGPACK: [b"", b'"abc"', b"null", b"1.5", b"[1]", b" 5", b"05", b"\xc1", b"\x92\x01", PICKLE.encode([1])],
}
STRANGERS = [(codec, data) for codec, strangers in FOREIGN.items() for data in strangers]


@pytest.mark.parametrize(("codec", "data"), STRANGERS, ids=repr)
def test_bytes_of_another_codec_are_refused(codec: Codec, data: bytes) -> None:
    """With the key in the message, whatever the decoder beneath raises."""
    with pytest.raises(DecodeError, match="'the key'"):
        decode_for(codec, "the key", data)


# Third parties


class Failing:
    """A codec whose two methods raise whatever they are told to."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def encode(self, value: Any) -> bytes:
        del value
        raise self.error

    def decode(self, data: bytes) -> Any:
        del data
        raise self.error


class Answering:
    """A codec that encodes everything to the same object."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def encode(self, value: Any) -> bytes:
        del value
        return cast("bytes", self.answer)

    def decode(self, data: bytes) -> Any:
        return data


@dataclass
class OddError(Exception):
    """An error of somebody's own."""

    number: int


ERRORS = [
    *(KeyError("a"), ZeroDivisionError(), TypeError("odd"), ValueError("odd"), RecursionError(), OddError(7)),
    *(StopIteration(), AssertionError("odd"), MemoryError(), OSError(2, "odd"), DecodeError("odd")),
]
ANSWERS = [None, "text", 5, True, bytearray(b"a"), memoryview(b"a"), [b"a"]]

EVERY_FAILURE = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


@EVERY_FAILURE
def test_whatever_a_codec_raises_on_writing_is_an_encode_error(error: Exception) -> None:
    """Naming the key."""
    with pytest.raises(EncodeError, match="'the key'"):
        encode_for(Failing(error), "the key", 1)


@EVERY_FAILURE
def test_whatever_a_codec_raises_on_reading_is_a_decode_error(error: Exception) -> None:
    """Naming the key."""
    with pytest.raises(DecodeError, match="'the key'"):
        decode_for(Failing(error), "the key", b"1")


@EVERY_FAILURE
def test_the_codecs_own_error_is_the_cause(error: Exception) -> None:
    """Whoever wrote the codec sees where it failed."""
    with pytest.raises(EncodeError) as caught:
        encode_for(Failing(error), "the key", 1)
    assert caught.value.__cause__ is error


def test_an_interrupt_in_a_codec_stays_an_interrupt() -> None:
    """Only failures become errors of the cache."""
    with pytest.raises(KeyboardInterrupt):
        encode_for(Failing(KeyboardInterrupt()), "the key", 1)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_a_codec_that_answers_no_bytes_is_refused(answer: Any) -> None:
    """With the key and what it answered instead in the message."""
    with pytest.raises(EncodeError, match=rf"'the key'.*\b{type(answer).__name__}\b"):
        encode_for(Answering(answer), "the key", 1)


class Silent:
    """Cannot be pickled, and does not say why."""

    def __reduce__(self) -> str:
        raise ValueError


def test_a_refusal_without_a_reason_names_the_error() -> None:
    """Not an empty end."""
    with pytest.raises(EncodeError, match=r"cannot carry Silent: ValueError$"):
        PickleCodec().encode(Silent())
