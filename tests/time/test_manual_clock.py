"""A clock that the test moves."""

from datetime import UTC, datetime, timedelta

import pytest

from cache_provider import InMemoryCacheAdapter, ManualClock

START = datetime(2024, 5, 17, 12, 30, tzinfo=UTC)


def test_it_starts_at_the_same_moment_every_time() -> None:
    """Without a start, two runs of a test see the same time."""
    assert ManualClock().now() == datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("start", [START, START.timestamp(), int(START.timestamp())])
def test_it_starts_where_told(start: datetime | float) -> None:
    """A start is an aware datetime or seconds since the epoch."""
    assert ManualClock(start).now() == START


@pytest.mark.parametrize("duration", [timedelta(milliseconds=1500), 1.5])
def test_advance_moves_it_forward(duration: timedelta | float) -> None:
    """A duration is a timedelta or seconds."""
    clock = ManualClock(START)
    clock.advance(duration)
    assert clock.now() == START + timedelta(seconds=1.5)


@pytest.mark.parametrize("when", [START, START.timestamp()])
def test_set_moves_it_anywhere(when: datetime | float) -> None:
    """A moment is an aware datetime or seconds since the epoch, in the past too."""
    clock = ManualClock(START + timedelta(days=1))
    clock.set(when)
    assert clock.now() == START


def test_advance_refuses_to_go_back() -> None:
    """A slip of sign in a test does not turn time around unnoticed."""
    with pytest.raises(ValueError, match="duration must not be negative, not -1"):
        ManualClock().advance(-1)


def test_it_stands_still_by_itself() -> None:
    """Reading it does not move it."""
    clock = ManualClock(START)
    assert clock.now_ms() == clock.now_ms() == int(START.timestamp()) * 1000


def test_a_key_is_gone_at_exactly_its_ttl() -> None:
    """At t+d a key set at t with ttl d is gone."""
    clock = ManualClock()
    cache = InMemoryCacheAdapter(clock=clock)
    cache.set("k", "v", ttl=30)
    clock.advance(30)
    assert cache.get("k") is None


def test_a_key_is_there_a_millisecond_before() -> None:
    """Until t+d it lives."""
    clock = ManualClock()
    cache = InMemoryCacheAdapter(clock=clock)
    cache.set("k", "v", ttl=30)
    clock.advance(29.999)
    assert cache.get("k") == "v"


def test_its_repr_shows_its_time() -> None:
    """A failing test prints a clock one can read."""
    assert repr(ManualClock(START)) == "ManualClock('2024-05-17T12:30:00+00:00')"


def test_its_repr_survives_the_end_of_the_calendar() -> None:
    """A test that jumps past the year 9999 still prints."""
    clock = ManualClock(0)
    clock.advance(timedelta.max)
    assert repr(clock) == f"ManualClock({clock.now_ms() / 1000})"


def test_it_does_not_leave_int64() -> None:
    """A deadline must fit int64 milliseconds, and so must the time."""
    clock = ManualClock(9_000_000_000_000_000)
    with pytest.raises(ValueError, match="duration leads past the int64 range"):
        clock.advance(9_000_000_000_000_000)
