"""Numbers as Redis reads and writes them: int64, doubles, and the long doubles of INCRBYFLOAT."""

import re
from fractions import Fraction

from cache_provider.arguments import INT64_MAX, INT64_MIN
from cache_provider.door.replies import Refusal, not_a_float, not_an_integer
from cache_provider.integers import parse_int64

_DECIMAL = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?").fullmatch
_HEX = re.compile(rb"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][+-]?\d+)?").fullmatch
_INFINITE = re.compile(rb"([+-]?)inf(?:inity)?", re.IGNORECASE).fullmatch

_LONG_DOUBLE_BITS = 64
_LONG_DOUBLE_TOP = 16384


def integer(text: bytes, refusal: str | None = None) -> int:
    """Return the int64 that an argument spells.

    Raises:
        Refusal: It spells none; with the text `refusal` where one is given.
    """
    number = parse_int64(text)
    if number is None:
        raise not_an_integer() if refusal is None else Refusal(refusal)
    return number


def bounded(text: bytes, low: int, high: int, refusal: str | None = None) -> int:
    """Return an integer between two bounds, both included."""
    number = integer(text, refusal)
    if not low <= number <= high:
        raise not_an_integer() if refusal is None else Refusal(refusal)
    return number


def ranged(text: bytes, low: int, high: int) -> int:
    """Return an integer between two bounds, both included; the error names them."""
    integer(text)
    return bounded(text, low, high, f"ERR value is out of range, value must between {low} and {high}")


def small(text: bytes, refusal: str | None = None) -> int:
    """Return an int of C, of 32 bits."""
    return (
        ranged(text, -(2**31), 2**31 - 1) if refusal is None else bounded(text, -(2**31), 2**31 - 1, refusal)
    )


def positive(text: bytes, refusal: str = "ERR value is out of range, must be positive") -> int:
    """Return a number of things, 0 included."""
    return bounded(text, 0, INT64_MAX, refusal)


def in_int64(number: int) -> bool:
    """Tell whether a sum is still an int64."""
    return INT64_MIN <= number <= INT64_MAX


def parse_double(text: bytes) -> float | None:
    """Return the double that `text` spells for C's `strtod`, None for NaN and anything else."""
    if _DECIMAL(text):
        number = float(text)
        is_zero = number == 0 and any(digit in b"123456789" for digit in re.split(rb"[eE]", text)[0])
        return None if number in (float("inf"), float("-inf")) or is_zero else number
    if _HEX(text):
        try:
            return float.fromhex(text.decode())
        except OverflowError:
            return None
    if infinite := _INFINITE(text):
        return float("-inf") if infinite[1] == b"-" else float("inf")
    return None


def double(text: bytes, refusal: str | None = None) -> float:
    """Return the double that an argument spells.

    Raises:
        Refusal: It spells none.
    """
    number = parse_double(text)
    if number is None:
        raise not_a_float() if refusal is None else Refusal(refusal)
    return number


def is_infinite(text: bytes) -> bool:
    """Tell whether a number is spelled infinity."""
    return _INFINITE(text) is not None


def double_text(number: float) -> bytes:
    """Return a double as replies show it."""
    if number in (float("inf"), float("-inf")):
        return b"inf" if number > 0 else b"-inf"
    return b"%.17g" % number


def parse_long_double(text: bytes) -> Fraction | None:
    """Return the number that `text` spells as an x87 long double, None for what is none or not finite."""
    if len(text) >= 5 * 1024:
        return None
    if _DECIMAL(text):
        mantissa, _, exponent = text.lower().partition(b"e")
        if len(exponent) > 6:
            return None if exponent[:1] != b"-" and Fraction(mantissa.decode()) else Fraction(0)
        exact = Fraction(mantissa.decode().rstrip(".")) * Fraction(10) ** int(exponent or 0)
    elif _HEX(text):
        exact = _hex_fraction(text.lower().decode())
    else:
        return None
    rounded = round_long_double(exact)
    return None if abs(rounded) >= 1 << _LONG_DOUBLE_TOP else rounded


def _hex_fraction(text: str) -> Fraction:
    sign = -1 if text[:1] == "-" else 1
    digits, _, exponent = text.lstrip("+-")[2:].partition("p")
    whole, _, part = digits.partition(".")
    return sign * Fraction(int(whole + part or "0", 16), 16 ** len(part)) * Fraction(2) ** int(exponent or 0)


def round_long_double(exact: Fraction) -> Fraction:
    """Return the nearest number with a mantissa of 64 bits, ties to even."""
    if not exact:
        return exact
    shift = abs(exact.numerator).bit_length() - exact.denominator.bit_length() - _LONG_DOUBLE_BITS
    scale = Fraction(2) ** shift
    if abs(exact) / scale >= 1 << _LONG_DOUBLE_BITS:
        scale *= 2
    return round(exact / scale) * scale


def is_finite_long_double(number: Fraction) -> bool:
    """Tell whether a sum is still a long double."""
    return abs(number) < 1 << _LONG_DOUBLE_TOP


def long_double_text(number: Fraction) -> bytes:
    """Return a long double for people: up to 17 decimals, no trailing zeros."""
    scaled = round(abs(number) * 10**17)
    whole, part = divmod(scaled, 10**17)
    text = f"{whole}.{part:017d}".rstrip("0").rstrip(".")
    return f"-{text}".encode() if number < 0 and text != "0" else text.encode()
