"""Counters are read as Redis reads them: canonical decimal text of an int64, and nothing else."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cache_provider.integers import parse_int64

REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "a blank in front": b" 5",
    "a blank behind": b"5 ",
    "a newline behind": b"5\n",
    "a NUL behind": b"5\0",
    "a plus sign": b"+5",
    "a leading zero": b"05",
    "a leading zero behind the sign": b"-05",
    "zero twice": b"00",
    "minus zero": b"-0",
    "a minus alone": b"-",
    "two minus signs": b"--5",
    "a minus behind": b"5-",
    "a fraction of nothing": b"5.0",
    "a fraction": b"5.9",
    "an exponent": b"1e3",
    "an underscore": b"1_000",
    "a comma": b"1,000",
    "hexadecimal": b"0x10",
    "Arabic digits": "\u0665".encode(),
    "fullwidth digits": "\uff15".encode(),
    "a superscript": "\u00b2".encode(),
    "a JSON string": b'"5"',
    "a JSON list": b"[5]",
    "a JSON boolean": b"true",
    "null": b"null",
    "infinity": b"inf",
    "a byte that is no text": b"\xff",
    "one past the largest": b"9223372036854775808",
    "one below the smallest": b"-9223372036854775809",
    "twenty digits": b"10000000000000000000",
    "a number of 5000 digits": b"9" * 5000,
}

TAKEN: dict[bytes, int] = {
    b"0": 0,
    b"7": 7,
    b"-7": -7,
    b"10": 10,
    b"9223372036854775807": 2**63 - 1,
    b"-9223372036854775808": -(2**63),
}

INT64 = st.integers(-(2**63), 2**63 - 1)
NEARLY_A_NUMBER = st.from_regex(r"[ +-]?[0-9_]{0,21}[.eE \n]?", fullmatch=True)


def spelled(text: bytes) -> int | None:
    """Return the int64 whose `str` is `text`, or None: the rule, said in another way."""
    try:
        number = int(text)
    except ValueError:
        return None
    return number if b"%d" % number == text and -(2**63) <= number < 2**63 else None


@pytest.mark.parametrize("name", REFUSED)
def test_text_that_is_no_canonical_int64_is_refused(name: str) -> None:
    """What Redis answers "not an integer" to is no integer here."""
    assert parse_int64(REFUSED[name]) is None


@pytest.mark.parametrize("text", TAKEN, ids=bytes.decode)
def test_canonical_text_is_read(text: bytes) -> None:
    """Both ends of int64, zero and both signs are numbers."""
    assert parse_int64(text) == TAKEN[text]


@given(INT64)
def test_what_str_writes_is_read_back(number: int) -> None:
    """Every int64 survives the way through its decimal text."""
    assert parse_int64(str(number).encode()) == number


@given(st.integers(min_value=2**63) | st.integers(max_value=-(2**63) - 1))
@example(2**63)
@example(-(2**63) - 1)
def test_what_str_writes_outside_int64_is_refused(number: int) -> None:
    """A number that Redis cannot hold is no counter."""
    assert parse_int64(str(number).encode()) is None


@given(NEARLY_A_NUMBER.map(str.encode) | st.binary(max_size=22))
def test_nothing_is_read_but_what_str_writes(text: bytes) -> None:
    """Whatever the bytes are, they are the number whose text they are, or none."""
    assert parse_int64(text) == spelled(text)
