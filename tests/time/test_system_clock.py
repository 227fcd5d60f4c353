"""The wall clock as the test sees it: freezegun, time-machine and mocks, from every thread."""

import threading
import time
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
import time_machine
from freezegun import freeze_time

from cache_provider import InMemoryCacheAdapter, SystemClock
from cache_provider.clock import monotonic

MOMENT = datetime(2024, 5, 17, 12, 30, 0, 250_000, tzinfo=UTC)
MOMENT_MS = 1_715_949_000_250


def read_in_a_thread(clock: SystemClock) -> int:
    """Read the clock in a thread's target itself: the shallow stack on which freezegun shows real time."""
    readings: list[int] = []
    thread = threading.Thread(target=lambda: readings.append(clock.now_ms()))
    thread.start()
    thread.join()
    return readings[0]


def test_now_is_the_system_time_in_whole_milliseconds() -> None:
    """Without any tool the clock shows the operating system's time."""
    before = time.time_ns() // 1_000_000
    now = SystemClock().now_ms()
    assert before <= now <= time.time_ns() // 1_000_000


class TestFreezegun:
    """freezegun patches time.time, and shows real time to threads whose stack it dislikes."""

    def test_the_main_thread_sees_the_frozen_time(self) -> None:
        """A freeze is exact to the millisecond."""
        with freeze_time(MOMENT):
            assert SystemClock().now_ms() == MOMENT_MS

    def test_a_thread_sees_the_frozen_time(self) -> None:
        """A thread's own target, where time.time() would show real time, sees the freeze as well."""
        with freeze_time(MOMENT):
            assert read_in_a_thread(SystemClock()) == MOMENT_MS

    def test_a_tick_moves_the_clock_exactly(self) -> None:
        """Moving a freeze by 0.1 s moves the clock by 100 ms, without a float's error."""
        with freeze_time(MOMENT) as frozen:
            frozen.tick(timedelta(milliseconds=100))
            assert SystemClock().now_ms() == MOMENT_MS + 100

    def test_tz_offset_does_not_move_the_clock(self) -> None:
        """An offset shifts local time only."""
        with freeze_time(MOMENT, tz_offset=-7):
            assert SystemClock().now_ms() == MOMENT_MS

    def test_a_ticking_freeze_goes_on_from_its_moment(self) -> None:
        """With tick=True time starts at the moment and runs."""
        with freeze_time(MOMENT, tick=True):
            assert 0 <= SystemClock().now_ms() - MOMENT_MS < 60_000

    def test_each_reading_is_one_auto_tick(self) -> None:
        """auto_tick_seconds moves time at each reading, and a reading is one reading."""
        clock = SystemClock()
        with freeze_time(MOMENT, auto_tick_seconds=2):
            # freezegun wakes lazy modules as it begins, and one of them may read the time too.
            began = clock.now_ms()
            assert [clock.now_ms() - began for _ in range(3)] == [2_000, 4_000, 6_000]

    def test_the_innermost_of_nested_freezes_counts(self) -> None:
        """A freeze within a freeze is the time, as for the code under test."""
        with freeze_time("2001-01-01"), freeze_time(MOMENT):
            assert SystemClock().now_ms() == MOMENT_MS

    def test_a_freeze_that_ignores_this_package_is_ignored(self) -> None:
        """ignore=["cache_provider"] asks for real time, and gets it."""
        with freeze_time(MOMENT, ignore=["cache_provider"]):
            now = SystemClock().now_ms()
        assert abs(now - time.time_ns() // 1_000_000) < 60_000

    def test_a_freeze_that_ends_during_a_reading_gives_real_time(self) -> None:
        """Between two looks at the freeze it may be over: then real time is right."""
        from freezegun import api  # noqa: PLC0415 - only this test looks inside

        with freeze_time(MOMENT), mock.patch.object(api, "freeze_factories", []):
            now = SystemClock().now_ms()
        assert abs(now - time.time_ns() // 1_000_000) < 60_000

    def test_a_clock_made_during_a_freeze_shows_real_time_after_it(self) -> None:
        """Nothing of the freeze is kept."""
        with freeze_time(MOMENT):
            clock = SystemClock()
        assert abs(clock.now_ms() - time.time_ns() // 1_000_000) < 60_000


class TestTimeMachine:
    """time-machine moves the C functions themselves."""

    def test_the_main_thread_sees_the_time_travelled_to(self) -> None:
        """A journey is exact to the millisecond."""
        with time_machine.travel(MOMENT, tick=False):
            assert SystemClock().now_ms() == MOMENT_MS

    def test_a_thread_sees_the_time_travelled_to(self) -> None:
        """Threads travel along."""
        with time_machine.travel(MOMENT, tick=False):
            assert read_in_a_thread(SystemClock()) == MOMENT_MS

    def test_a_shift_moves_the_clock_exactly(self) -> None:
        """Shifting by 0.1 s moves the clock by 100 ms."""
        with time_machine.travel(MOMENT, tick=False) as traveller:
            traveller.shift(timedelta(milliseconds=100))
            assert SystemClock().now_ms() == MOMENT_MS + 100


class TestMocks:
    """A patched time.time is the time."""

    def test_a_mocked_time_is_the_time(self) -> None:
        """mock.patch("time.time") reaches the clock."""
        with mock.patch("time.time", return_value=1_000.25):
            assert SystemClock().now_ms() == 1_000_250

    def test_a_thread_sees_a_mocked_time(self) -> None:
        """So it does from a thread."""
        with mock.patch("time.time", return_value=1_000.25):
            assert read_in_a_thread(SystemClock()) == 1_000_250

    @pytest.mark.parametrize("seconds", [0.1, 0.3, 1.1, 1_700_000_000.3])
    def test_a_mocked_time_is_rounded_not_cut(self, seconds: float) -> None:
        """1000.3 * 1000 is a hair below 1000300 in floats; the boundary of a ttl must still be exact."""
        with mock.patch("time.time", return_value=seconds):
            assert SystemClock().now_ms() == round(seconds * 10) * 100


class TestThroughTheCache:
    """What the clock is for: ttls under every tool."""

    @pytest.mark.parametrize(("moved", "expected"), [(29.999, "v"), (30, None)])
    def test_a_key_lives_up_to_its_ttl_under_freezegun(self, moved: float, expected: str | None) -> None:
        """A key set at t with ttl d lives for [t, t+d)."""
        cache = InMemoryCacheAdapter()
        with freeze_time(MOMENT) as frozen:
            cache.set("k", "v", ttl=30)
            frozen.tick(timedelta(seconds=moved))
            assert cache.get("k") == expected

    @pytest.mark.parametrize(("moved", "expected"), [(29.999, "v"), (30, None)])
    def test_a_key_lives_up_to_its_ttl_under_time_machine(self, moved: float, expected: str | None) -> None:
        """A key set at t with ttl d lives for [t, t+d)."""
        cache = InMemoryCacheAdapter()
        with time_machine.travel(MOMENT, tick=False) as traveller:
            cache.set("k", "v", ttl=30)
            traveller.shift(timedelta(seconds=moved))
            assert cache.get("k") == expected

    @pytest.mark.parametrize(("moved", "expected"), [(29.999, "v"), (30, None)])
    def test_a_key_lives_up_to_its_ttl_under_a_mock(self, moved: float, expected: str | None) -> None:
        """A key set at t with ttl d lives for [t, t+d)."""
        cache = InMemoryCacheAdapter()
        with mock.patch("time.time", return_value=1_000.3) as now:
            cache.set("k", "v", ttl=30)
            now.return_value += moved
            assert cache.get("k") == expected


def test_monotonic_runs_under_freezegun() -> None:
    """Real elapsed time is read where freezegun, which stops time.monotonic, does not reach."""
    with freeze_time(MOMENT):
        before = monotonic()
        threading.Event().wait(0.002)
        assert monotonic() - before >= 0.002


def test_monotonic_runs_under_time_machine() -> None:
    """Real elapsed time is read where time-machine does not reach."""
    with time_machine.travel(MOMENT, tick=False):
        before = monotonic()
        threading.Event().wait(0.002)
        assert monotonic() - before >= 0.002
