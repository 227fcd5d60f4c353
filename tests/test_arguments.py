"""Durations and moments become integer milliseconds, rounded to the nearest."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cache_provider.arguments import (
    EPOCH,
    INT64_MAX,
    INT64_MIN,
    check_keys,
    deadline_after,
    duration_ms,
    moment_ms,
    ttl_ms,
)

MICROSECOND = timedelta(microseconds=1)
HALF = Fraction(1, 2)

DURATIONS: list[tuple[timedelta | float, int]] = [
    (1, 1_000),
    (1.0, 1_000),
    (1.9, 1_900),
    (0.25, 250),
    (90.0004, 90_000),
    (90.0006, 90_001),
    (0, 0),
    (-0.0, 0),
    (0.001, 1),
    (-1, -1_000),
    (-1.9, -1_900),
    (-0.0004, 0),
    (-0.0006, -1),
    (timedelta(seconds=1, microseconds=499), 1_000),
    (timedelta(seconds=1, microseconds=501), 1_001),
    (timedelta(microseconds=-499), 0),
    (timedelta(microseconds=-501), -1),
    (timedelta(days=-1), -86_400_000),
    (timedelta(0), 0),
    (timedelta.max, 86_400_000_000_000_000),
    (timedelta.min, -86_399_999_913_600_000),
]

SHORTEST: dict[str, timedelta | float] = {
    "a microsecond": MICROSECOND,
    "just below half a millisecond": timedelta(microseconds=499),
    "half a millisecond": 0.0005,
    "a nanosecond": 1e-9,
    "the smallest float there is": 5e-324,
}

LONGEST: dict[str, tuple[float, int]] = {
    "the last whole second": (INT64_MAX // 1000, INT64_MAX // 1000 * 1000),
    "the first whole second": (-(INT64_MAX // 1000), -(INT64_MAX // 1000 * 1000)),
    "a float near the end": (9e15, 9 * 10**18),
    "a float near the beginning": (-9e15, -9 * 10**18),
}

TOO_LONG: dict[str, float] = {
    "a second past the end": INT64_MAX // 1000 + 1,
    "a second before the beginning": -(INT64_MAX // 1000) - 1,
    "the first float past the end": 9.223372036854776e15,
    "a huge float": 1e300,
    "a float whose milliseconds overflow": 1e308,
    "a huge int": 10**5000,
}

MOMENTS: dict[str, int] = {
    "1970-01-01T00:00:00+00:00": 0,
    "1970-01-01T00:00:00.000499+00:00": 0,
    "1970-01-01T00:00:00.000501+00:00": 1,
    "1970-01-01T00:00:00.999501+00:00": 1_000,
    "1969-12-31T23:59:59.999501+00:00": 0,
    "1969-12-31T23:59:59.999499+00:00": -1,
    "1969-12-31T23:59:59.999000+00:00": -1,
    "1969-12-31T23:59:59+00:00": -1_000,
    "1970-01-01T02:00:00+02:00": 0,
    "1970-01-01T00:00:00+02:00": -7_200_000,
    "2000-01-01T00:00:00+00:00": 946_684_800_000,
    "2000-01-01T05:45:00.000600+05:45": 946_684_800_001,
    "0001-01-01T00:00:00+00:00": -62_135_596_800_000,
    "9999-12-31T23:59:59.999999+00:00": 253_402_300_800_000,
}

LONG = st.timedeltas(timedelta(days=-(10**6)), timedelta(days=10**6))
ZONES = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)


# Durations


@pytest.mark.parametrize(("duration", "milliseconds"), DURATIONS, ids=repr)
def test_a_duration_is_rounded_to_the_nearest_millisecond(
    duration: timedelta | float, milliseconds: int
) -> None:
    """Of either sign, as `timedelta` and as seconds."""
    assert duration_ms("ttl", duration) == milliseconds


@pytest.mark.parametrize("name", SHORTEST)
def test_a_positive_duration_is_never_rounded_to_nothing(name: str) -> None:
    """A ttl that somebody asked for is at least one millisecond."""
    assert duration_ms("ttl", SHORTEST[name]) == 1


@pytest.mark.parametrize("name", LONGEST)
def test_a_duration_may_go_to_the_ends_of_int64(name: str) -> None:
    """Nothing is lost on the way there."""
    duration, milliseconds = LONGEST[name]
    assert duration_ms("ttl", duration) == milliseconds


@pytest.mark.parametrize("name", TOO_LONG)
def test_a_duration_past_int64_is_refused(name: str) -> None:
    """No wrap-around, no silent cut."""
    with pytest.raises(ValueError, match=r"^ttl "):
        duration_ms("ttl", TOO_LONG[name])


@given(LONG.filter(lambda duration: not timedelta(0) < duration < timedelta(milliseconds=1)))
@example(timedelta.max)
@example(timedelta.min)
def test_a_timedelta_is_never_more_than_half_a_millisecond_off(duration: timedelta) -> None:
    """However long it is: no float stands in between."""
    exact = Fraction(duration // MICROSECOND, 1000)
    assert abs(duration_ms("ttl", duration) - exact) <= HALF


@given(st.floats(-1e9, 1e9).filter(lambda seconds: not 0 < seconds < 0.001))
def test_a_float_is_never_more_than_half_a_millisecond_off(seconds: float) -> None:
    """Up to thirty years, where a float still tells microseconds apart."""
    exact = Fraction(seconds) * 1000
    assert abs(duration_ms("ttl", seconds) - exact) <= HALF + Fraction(1, 1000)


@given(st.integers(INT64_MIN // 1000 + 1, INT64_MAX // 1000))
def test_whole_seconds_are_exact(seconds: int) -> None:
    """An int never passes through a float."""
    assert duration_ms("ttl", seconds) == seconds * 1000


@given(st.integers(-(10**12), 10**12))
def test_whole_milliseconds_are_exact(milliseconds: int) -> None:
    """A `timedelta` of whole milliseconds is not rounded at all."""
    assert duration_ms("ttl", timedelta(milliseconds=milliseconds)) == milliseconds


@given(LONG, LONG)
def test_a_longer_duration_is_never_shorter_in_milliseconds(one: timedelta, other: timedelta) -> None:
    """Rounding keeps the order."""
    shorter, longer = sorted((one, other))
    assert duration_ms("ttl", shorter) <= duration_ms("ttl", longer)


@pytest.mark.parametrize("ttl", [0, -1, -1e-9, timedelta(0), -MICROSECOND], ids=repr)
def test_a_ttl_must_be_positive(ttl: timedelta | float) -> None:
    """Zero and below are refused, not taken for "at once" or "for ever"."""
    with pytest.raises(ValueError, match=r"^ttl must be positive"):
        ttl_ms("ttl", ttl)


# Deadlines


def test_a_deadline_may_be_the_last_millisecond_of_int64() -> None:
    """The end itself is legal."""
    assert deadline_after("ttl", INT64_MAX - 5, 5) == INT64_MAX


def test_a_deadline_behind_the_last_millisecond_of_int64_is_refused() -> None:
    """One millisecond further is not."""
    with pytest.raises(ValueError, match=r"^ttl "):
        deadline_after("ttl", INT64_MAX - 5, 6)


# Moments


@pytest.mark.parametrize("text", MOMENTS)
def test_a_moment_is_rounded_to_the_nearest_millisecond(text: str) -> None:
    """Before the epoch as after it, in every time zone."""
    assert moment_ms("when", datetime.fromisoformat(text)) == MOMENTS[text]


@given(st.datetimes(timezones=ZONES))
def test_a_moment_is_never_more_than_half_a_millisecond_off(moment: datetime) -> None:
    """From the year 1 to the year 9999, in every time zone."""
    exact = Fraction((moment - EPOCH) // MICROSECOND, 1000)
    assert abs(moment_ms("when", moment) - exact) <= HALF


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_a_later_moment_is_never_earlier_in_milliseconds(one: datetime, other: datetime) -> None:
    """Rounding keeps the order, across the epoch too."""
    earlier, later = sorted((one, other))
    assert moment_ms("when", earlier) <= moment_ms("when", later)


# Keys


def test_keys_keep_the_order_of_their_first_mention() -> None:
    """A duplicate counts once, where it stood first."""
    assert check_keys(iter(["b", "a", "b", "c", "a"])) == ["b", "a", "c"]
