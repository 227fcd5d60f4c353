"""What is a legal argument: one place says it, for every provider.

Each check raises `TypeError` for a wrong type and `ValueError` for a wrong
value, naming the argument and the value, before anything has been touched.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, cast

Ttl: TypeAlias = timedelta | float
"""A relative duration: a `timedelta`, or seconds as `int` or `float`."""

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1

USUAL_TTLS: dict[timedelta | int, int] = {timedelta(seconds=10): 10_000}
"""Some ttls seen before, in milliseconds: a program uses few, and looking one up is a tenth of converting it.

The lease of a lock that names none is among them from the start, however many others come before it.
All are below a century.
"""

_MOST_USUAL = 256
CENTURY_MS = 100 * 366 * 86_400_000
"""No deadline sooner than this from today leaves int64."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def check_text(name: str, value: object) -> str:
    """Return `value` if it is a `str` that UTF-8 can carry, as Redis needs it."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {_typed(value)}")
    if not value.isascii():
        _check_utf8(name, value)
    return value


def check_name(name: str, value: object) -> str:
    """Return `value` if it is a `str` that can name something on a Redis: a key, a field, a lock, a pattern.

    Bytes that are not UTF-8, which others may have written, stand in it as Python
    shows them (`surrogateescape`). Other lone surrogates are refused, and such
    as stand for bytes that are UTF-8 after all: they never came from a Redis.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {_typed(value)}")
    if not value.isascii():
        _check_octets(name, value)
    return value


def octets_of(text: str) -> bytes:
    """Return the bytes of a name as a Redis knows it."""
    return text.encode(errors="surrogateescape")


def text_of(octets: bytes) -> str:
    """Return the name that bytes of a Redis are."""
    return octets.decode(errors="surrogateescape")


def check_key(key: object) -> str:
    """Return `key` if it is a legal key; the empty string is one."""
    return check_name("key", key)


def check_keys(keys: object) -> list[str]:
    """Return the keys of any iterable except a bare `str`, each once, in their order."""
    if isinstance(keys, (str, bytes)) or not isinstance(keys, Iterable):
        raise TypeError(f"keys must be an iterable of str, not {_typed(keys)}")
    asked = list(cast("Iterable[str]", keys))
    _check_each_key(asked)
    # Most lists name nothing twice, which is seen in a third of the time that mending them takes.
    return asked if len(set(asked)) == len(asked) else list(dict.fromkeys(asked))


def check_mapping(mapping: object) -> dict[str, object]:
    """Return a copy of `mapping`, which nobody else changes, if it maps legal keys to values."""
    if not isinstance(mapping, Mapping):
        raise TypeError(f"mapping must be a mapping of keys to values, not {_typed(mapping)}")
    copy = dict(cast("Mapping[str, object]", mapping))
    _check_each_key(copy)
    return copy


def check_integer(name: str, value: object, *, minimum: int = INT64_MIN) -> int:
    """Return `value` if it is an `int`, no `bool`, from `minimum` to the end of int64."""
    if type(value) is not int and (isinstance(value, bool) or not isinstance(value, int)):
        raise TypeError(f"{name} must be an int, not {_typed(value)}")
    if not minimum <= value <= INT64_MAX:
        raise ValueError(f"{name} must be between {minimum} and {INT64_MAX}, not {_shown(value)}")
    return value


def check_flag(name: str, value: object) -> bool:
    """Return `value` if it is a `bool`."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be a bool, not {_typed(value)}")
    return value


def check_keep_ttl(keep_ttl: object, ttl: object) -> bool:
    """Return `keep_ttl` if it is a `bool`, and not True together with a ttl."""
    if check_flag("keep_ttl", keep_ttl) and ttl is not None:
        raise ValueError(f"keep_ttl must be False where a ttl is given, not True: ttl is {_shown(ttl)}")
    return bool(keep_ttl)


def check_callable(name: str, value: object) -> None:
    """Refuse what cannot be called."""
    if not callable(value):
        raise TypeError(f"{name} must be callable, not {_typed(value)}")


def check_dict(name: str, value: object) -> None:
    """Refuse what is not a `dict`."""
    if not isinstance(value, dict):
        raise TypeError(f"{name} must be a dict, not {_typed(value)}")


def duration_ms(name: str, duration: object) -> int:
    """Return `duration` in milliseconds, rounded to the nearest, of either sign.

    A positive duration below one millisecond becomes one.
    """
    if isinstance(duration, timedelta):
        # Integers all the way: dividing two timedeltas as floats loses the end of long ones.
        milliseconds = (duration.days * 86_400 + duration.seconds) * 1000 + (
            duration.microseconds + 500
        ) // 1000
        positive = duration.days >= 0 and bool(duration)
    elif isinstance(duration, (int, float)) and not isinstance(duration, bool):
        milliseconds = _seconds_ms(name, duration)
        positive = duration > 0
    else:
        raise TypeError(f"{name} must be a timedelta or seconds as a number, not {_typed(duration)}")
    if not INT64_MIN <= milliseconds <= INT64_MAX:
        raise ValueError(f"{name} leaves the int64 range of milliseconds: {_shown(duration)}")
    return max(milliseconds, 1) if positive else milliseconds


def ttl_ms(name: str, ttl: object) -> int:
    """Return a time to live, which must be positive, in milliseconds."""
    usual = ttl if type(ttl) is timedelta or type(ttl) is int else None
    if usual is not None and usual in USUAL_TTLS:
        return USUAL_TTLS[usual]
    milliseconds = duration_ms(name, ttl)
    if milliseconds <= 0:
        raise ValueError(f"{name} must be positive, not {_shown(ttl)}")
    if usual is not None and milliseconds < CENTURY_MS and len(USUAL_TTLS) < _MOST_USUAL:
        USUAL_TTLS[usual] = milliseconds
    return milliseconds


def deadline_after(name: str, now_ms: int, milliseconds: int) -> int:
    """Return the moment `milliseconds` after `now_ms`, which must fit int64."""
    deadline = now_ms + milliseconds
    if deadline > INT64_MAX:
        raise ValueError(f"{name} leads past the int64 range of milliseconds: {milliseconds} ms from now")
    return deadline


def lock_terms(now_ms: int, timeout: object, blocking_timeout: object) -> tuple[int, int | None]:
    """Return a lock's lease and how long it is waited for (None: without end), in milliseconds."""
    lease_ms = ttl_ms("timeout", timeout)
    deadline_after("timeout", now_ms, lease_ms)
    if blocking_timeout is None:
        return lease_ms, None
    return lease_ms, wait_ms("blocking_timeout", now_ms, blocking_timeout)


def wait_ms(name: str, now_ms: int, timeout: object) -> int:
    """Return how long to wait in milliseconds, of either sign."""
    milliseconds = duration_ms(name, timeout)
    deadline_after(name, now_ms, milliseconds)
    return milliseconds


def moment_ms(name: str, when: object) -> int:
    """Return an aware `datetime` as milliseconds since the epoch, rounded to the nearest."""
    if not isinstance(when, datetime):
        raise TypeError(f"{name} must be an aware datetime, not {_typed(when)}")
    if when.utcoffset() is None:
        raise ValueError(f"{name} must be an aware datetime; {when!r} has no time zone")
    since_epoch = when - EPOCH
    return since_epoch // MILLISECOND + (since_epoch.microseconds % 1000 >= 500)


def _seconds_ms(name: str, seconds: float) -> int:
    if isinstance(seconds, int):
        return seconds * 1000
    milliseconds = seconds * 1000
    if not math.isfinite(milliseconds):
        raise ValueError(f"{name} must be a finite number of milliseconds, not {seconds!r} s")
    return round(milliseconds)


def _check_each_key(keys: Collection[str]) -> None:
    # Nearly all keys are ASCII: seen for all of them at once, a fifth of the time of a loop.
    if not is_ascii(keys):
        for key in keys:
            check_key(key)


def is_ascii(texts: Collection[object]) -> bool:
    """Tell whether all are ASCII strings, or of classes that inherit from `str`."""
    try:
        return "".join(cast("Collection[str]", texts)).isascii()
    except TypeError:
        return False


def _check_utf8(name: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} must be valid Unicode, not {text!r}: {error.reason}") from None


def _check_octets(name: str, text: str) -> None:
    try:
        came_from_a_redis = text_of(octets_of(text)) == text
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} must be valid Unicode, not {text!r}: {error.reason}") from None
    if not came_from_a_redis:
        raise ValueError(f"{name} must be valid Unicode, not {text!r}: its surrogates stand for valid UTF-8")


def _typed(value: object) -> str:
    return f"{type(value).__name__} {_shown(value)}"


def _shown(value: object) -> str:
    """Return a `repr` short enough for a message; a huge int has none at all."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - a broken __repr__ must not hide which argument was wrong
        text = f"<unprintable: {type(error).__name__}>"
    return text if len(text) <= 80 else f"{text[:77]}..."
