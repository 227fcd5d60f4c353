"""Adapters with different codecs on one server read each other's bytes, as on a real one."""

import pickle
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache_provider import (
    BytesCodec,
    Codec,
    DecodeError,
    EncodeError,
    InMemoryCacheAdapter,
    JsonCodec,
    MemoryServer,
    MsgpackCodec,
    NotAnIntegerError,
    PickleCodec,
)

JSON, PICKLE, MSGPACK, BYTES = JsonCodec(), PickleCodec(), MsgpackCodec(), BytesCodec()
COUNTING: list[Codec] = [JSON, PICKLE, MSGPACK]

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)

WRITTEN: list[tuple[Codec, Any, bytes]] = [
    (JSON, "abc", b'"abc"'),
    (JSON, "", b'""'),
    (JSON, "caf\u00e9", b'"caf\xc3\xa9"'),
    (JSON, 'a"b\n', b'"a\\"b\\n"'),
    (JSON, 5, b"5"),
    (JSON, -5, b"-5"),
    (JSON, 2**63 - 1, b"9223372036854775807"),
    (JSON, 2**63, b"9223372036854775808"),
    (JSON, True, b"true"),
    (JSON, False, b"false"),
    (JSON, None, b"null"),
    (JSON, 1.5, b"1.5"),
    (JSON, 5.0, b"5.0"),
    (JSON, -0.0, b"-0.0"),
    (JSON, [1, "a", None], b'[1,"a",null]'),
    (JSON, (1, 2), b"[1,2]"),
    (JSON, {"a": {"b": 1.0}}, b'{"a":{"b":1.0}}'),
    (PICKLE, 5, b"5"),
    (PICKLE, True, pickle.dumps(True, 5)),
    (PICKLE, "abc", pickle.dumps("abc", 5)),
    (PICKLE, 2**63, pickle.dumps(2**63, 5)),
    (MSGPACK, 5, b"5"),
    (MSGPACK, "abc", b"\xa3abc"),
    (MSGPACK, None, b"\xc0"),
    (MSGPACK, 1.5, b"\xcb\x3f\xf8\0\0\0\0\0\0"),
    (BYTES, b"raw \xff", b"raw \xff"),
]

READ: list[tuple[bytes, Codec, Any]] = [
    (b"5", JSON, 5),
    (b"5", PICKLE, 5),
    (b"5", MSGPACK, 5),
    (b"-9223372036854775808", PICKLE, -(2**63)),
    (b"9223372036854775808", JSON, 2**63),
    (b"5.0", JSON, 5.0),
    (b'"5"', JSON, "5"),
    (b'"abc"', JSON, "abc"),
    (b'"\\u00e9"', JSON, "\u00e9"),
    (b"null", JSON, None),
    (b"true", JSON, True),
    (b'{ "a" : [ 1 ] }', JSON, {"a": [1]}),
    (b"\xa3abc", MSGPACK, "abc"),
    (pickle.dumps({1}), PICKLE, {1}),
]

UNREADABLE: list[tuple[Codec, Any, Codec]] = [
    (JSON, "abc", PICKLE),
    (JSON, None, PICKLE),
    (JSON, True, PICKLE),
    (JSON, 1.5, PICKLE),
    (JSON, [1], PICKLE),
    (JSON, 2**63, PICKLE),
    (JSON, "abc", MSGPACK),
    (JSON, None, MSGPACK),
    (JSON, 1.5, MSGPACK),
    (PICKLE, "abc", JSON),
    (PICKLE, None, JSON),
    (PICKLE, 1.5, MSGPACK),
    (MSGPACK, "abc", JSON),
    (MSGPACK, "abc", PICKLE),
    (BYTES, b"abc", JSON),
    (BYTES, b"abc", PICKLE),
    (BYTES, b"", JSON),
]

NO_INTEGERS: list[Any] = ["5", "", 5.0, True, None, [5], {"a": 5}, 2**63]
NO_COUNTERS: list[tuple[Codec, Any]] = [
    *((codec, value) for codec in COUNTING for value in NO_INTEGERS),
    *((BYTES, value) for value in (b" 5", b"5 ", b"+5", b"05", b"-0", b"5.0", b"1e3", b"", b"1_000")),
]


class Rot1:
    """A third party's codec: two methods, no base class."""

    def encode(self, value: Any) -> bytes:
        return bytes((byte + 1) % 256 for byte in str(value).encode())

    def decode(self, data: bytes) -> Any:
        return bytes((byte - 1) % 256 for byte in data).decode()


def clients(*codecs: Codec) -> list[InMemoryCacheAdapter]:
    """Return an adapter for each codec, all on one server and under one prefix."""
    server = MemoryServer()
    return [InMemoryCacheAdapter(server=server, codec=codec) for codec in codecs]


@pytest.mark.parametrize(("codec", "value", "wire"), WRITTEN, ids=repr)
def test_a_value_is_on_the_wire_what_its_codec_makes_of_it(codec: Codec, value: Any, wire: bytes) -> None:
    """Another client of the server sees these bytes, byte for byte."""
    writer, reader = clients(codec, BYTES)
    writer.set("key", value)
    assert reader.get("key") == wire


@pytest.mark.parametrize("codec", COUNTING, ids=repr)
@given(value=VALUES)
def test_every_value_is_on_the_wire_as_encoded(codec: Codec, value: Any) -> None:
    """However the double keeps it inside."""
    writer, reader = clients(codec, BYTES)
    writer.set("key", value)
    assert reader.get("key") == codec.encode(value)


@pytest.mark.parametrize("codec", COUNTING, ids=repr)
@given(value=VALUES)
def test_every_value_is_read_from_the_wire(codec: Codec, value: Any) -> None:
    """What another client wrote with the same codec is the same value, of the same types."""
    writer, reader = clients(BYTES, codec)
    writer.set("key", codec.encode(value))
    assert repr(reader.get("key")) == repr(value)


@pytest.mark.parametrize("codec", COUNTING, ids=repr)
@pytest.mark.parametrize("value", [(1, 2), (1, (2, "a")), {"a": ("b",)}, ()], ids=repr)
def test_a_writer_reads_what_other_readers_read(codec: Codec, value: Any) -> None:
    """Not the object that it stored, however near that would be: a tuple may be a list by then."""
    (writer,) = clients(codec)
    writer.set("key", value)
    assert repr(writer.get("key")) == repr(codec.decode(codec.encode(value)))


@pytest.mark.parametrize(("wire", "codec", "value"), READ, ids=repr)
def test_bytes_are_read_as_the_codec_reads_them(wire: bytes, codec: Codec, value: Any) -> None:
    """Whoever wrote them."""
    writer, reader = clients(BYTES, codec)
    writer.set("key", wire)
    assert repr(reader.get("key")) == repr(value)


@pytest.mark.parametrize(("codec", "value", "other"), UNREADABLE, ids=repr)
def test_bytes_of_another_codec_are_an_error(codec: Codec, value: Any, other: Codec) -> None:
    """Naming the key, as the caller knows it."""
    writer, reader = clients(codec, other)
    writer.set("key", value)
    with pytest.raises(DecodeError, match="key 'key'"):
        reader.get("key")


# Counters


@pytest.mark.parametrize(("one", "other"), list(product(COUNTING, COUNTING)), ids=repr)
def test_a_counter_of_one_codec_counts_in_another(one: Codec, other: Codec) -> None:
    """Set by one, raised by the other, read by the first."""
    setter, counter = clients(one, other)
    setter.set("n", 5)
    counter.incr("n")
    assert setter.get("n") == 6


@pytest.mark.parametrize("codec", COUNTING, ids=repr)
def test_a_counter_is_decimal_text_on_the_wire(codec: Codec) -> None:
    """Created by `incr`, not by `set`."""
    counter, reader = clients(codec, BYTES)
    counter.incr("n", 6)
    assert reader.get("n") == b"6"


@pytest.mark.parametrize("codec", COUNTING, ids=repr)
def test_decimal_text_is_a_counter(codec: Codec) -> None:
    """Written as bytes by another client."""
    writer, counter = clients(BYTES, codec)
    writer.set("n", b"5")
    assert counter.incr("n") == 6


@pytest.mark.parametrize("codec", COUNTING, ids=repr)
def test_a_client_of_bytes_counts(codec: Codec) -> None:
    """A counter needs no codec."""
    writer, counter = clients(codec, BYTES)
    writer.set("n", 5)
    assert counter.incr("n") == 6


@pytest.mark.parametrize(("codec", "value"), NO_COUNTERS, ids=repr)
def test_what_is_no_decimal_text_on_the_wire_is_no_counter(codec: Codec, value: Any) -> None:
    """Under every codec, as Redis looks at the bytes alone."""
    writer, counter = clients(codec, JSON)
    writer.set("n", value)
    with pytest.raises(NotAnIntegerError, match="'n'"):
        counter.incr("n")


# Other operations


def test_a_stored_none_exists_for_every_codec() -> None:
    """None has bytes, too."""
    writer, reader = clients(JSON, PICKLE)
    writer.set("key", None)
    assert reader.exists("key")


def test_items_of_a_list_are_wire_values() -> None:
    """Each is encoded by itself."""
    writer, reader = clients(JSON, BYTES)
    for value in ("a", 5, None):
        writer.push_limit("list", value, 3)
    assert reader.list_range("list", 0, -1) == [b'"a"', b"5", b"null"]


def test_fields_of_a_hash_are_wire_values() -> None:
    """Each is encoded by itself."""
    writer, reader = clients(JSON, BYTES)
    writer.hset("hash", "a", "text")
    assert reader.hgetall("hash") == {"a": b'"text"'}


def test_what_is_expected_is_compared_as_the_reader_decodes_it() -> None:
    """A client of bytes compares bytes."""
    writer, other = clients(JSON, BYTES)
    writer.set("key", 5)
    assert other.compare_and_set("key", b"5", b"6")


def test_a_lock_is_its_token_on_the_wire() -> None:
    """As `SET NX` with the token leaves it."""
    owner, reader = clients(JSON, BYTES)
    lock = owner.get_lock("lock")
    lock.acquire()
    assert reader.get("lock") == str(lock.holder()).encode()


# Third parties


def test_two_methods_make_a_codec() -> None:
    """Nothing of the package has to be inherited."""
    (cache,) = clients(Rot1())
    cache.set("key", "HAL")
    assert cache.get("key") == "HAL"


def test_a_third_partys_bytes_are_on_the_wire() -> None:
    """Even of a value that other codecs would be spared to encode."""
    writer, reader = clients(Rot1(), BYTES)
    writer.set("key", "HAL")
    assert reader.get("key") == b"IBM"


class Picky(Rot1):
    """A codec that fails on what it does not like, in its own way."""

    def encode(self, value: Any) -> bytes:
        return bytes([{"a": 1}[value]])

    def decode(self, data: bytes) -> Any:
        return {b"\x02": "b"}[data]


WRITES: dict[str, dict[str, Any]] = {
    "set": {"value": "x"},
    "setnx": {"value": "x"},
    "push_limit": {"value": "x", "max_len": 3},
    "hset": {"field": "f", "value": "x"},
    "compare_and_set": {"expected": 1, "new_value": "x"},
}


@pytest.mark.parametrize("method", WRITES)
def test_a_codecs_own_error_on_writing_is_an_encode_error(method: str) -> None:
    """From every operation that writes, naming the key."""
    (cache,) = clients(Picky())
    with pytest.raises(EncodeError, match="key 'key'"):
        getattr(cache, method)("key", **WRITES[method])


def test_a_codecs_own_error_in_mset_is_an_encode_error() -> None:
    """Naming the key whose value was refused."""
    (cache,) = clients(Picky())
    with pytest.raises(EncodeError, match="key 'bad'"):
        cache.mset({"good": "a", "bad": "x"})


READS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "get": ("value", ("key",)),
    "mget": ("value", (["key"],)),
    "get_or_set": ("value", ("key", str)),
    "compare_and_set": ("value", ("key", "a", "a")),
    "compare_and_delete": ("value", ("key", "a")),
    "list_range": ("list", ("key", 0, -1)),
    "hget": ("hash", ("key", "field")),
    "hgetall": ("hash", ("key",)),
}


@pytest.mark.parametrize("method", READS)
def test_a_codecs_own_error_on_reading_is_a_decode_error(method: str) -> None:
    """From every operation that decodes, naming the key."""
    (cache,) = clients(Picky())
    kind, arguments = READS[method]
    if kind == "value":
        cache.set("key", "a")
    elif kind == "list":
        cache.push_limit("key", "a", 3)
    else:
        cache.hset("key", "field", "a")
    with pytest.raises(DecodeError, match="key 'key'"):
        getattr(cache, method)(*arguments)
