"""A server whose clock the test moves."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cache_provider.testing.servers import MovableServer, ServerBinary, can_move_time, find_servers, movable
from tests.servers.conftest import IN_CI
from tests.threads import until

MOMENT = datetime(2000, 1, 1, 12, 30, 0, 250_000, tzinfo=UTC)
MOMENT_MS = 946_729_800_250

YEAR = timedelta(days=365)
YEAR_MS = 31_536_000_000


@pytest.fixture
def standing(movable_binary: ServerBinary) -> Iterator[MovableServer]:
    """Return a server whose time stands."""
    with MovableServer(movable_binary, frozen_at=MOMENT) as server:
        yield server


@pytest.fixture
def running(movable_binary: ServerBinary) -> Iterator[MovableServer]:
    """Return a server whose time runs."""
    with MovableServer(movable_binary) as server:
        yield server


@pytest.mark.skipif(not IN_CI, reason="only CI promises libfaketime")
def test_ci_can_move_the_time_of_every_server() -> None:
    """In CI nothing that needs to move time is skipped."""
    assert [can_move_time(binary).missing for binary in find_servers()] == [""] * len(find_servers())


class TestStandingTime:
    """Time that stands is exact to the millisecond."""

    def test_it_starts_where_told(self, standing: MovableServer) -> None:
        """The server's first moment is the test's choice."""
        assert standing.now_ms() == MOMENT_MS

    @pytest.mark.parametrize(
        ("duration", "milliseconds"),
        [
            (0.001, 1),
            (timedelta(milliseconds=999), 999),
            (90, 90_000),
            (40 * YEAR, 40 * YEAR_MS),
            (-0.001, -1),
            (-25 * YEAR, -25 * YEAR_MS),
            (0, 0),
        ],
        ids=str,
    )
    def test_it_is_moved_to_the_millisecond(
        self, standing: MovableServer, duration: timedelta | float, milliseconds: int
    ) -> None:
        """By a millisecond or by decades, forwards or backwards."""
        standing.pass_time(duration)
        assert standing.now_ms() == MOMENT_MS + milliseconds

    def test_the_zone_of_the_machine_does_not_matter(
        self, movable_binary: ServerBinary, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not even in the hour that comes twice when summer time ends."""
        monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        first = datetime(2000, 10, 29, 0, 30, tzinfo=UTC)
        with MovableServer(movable_binary, frozen_at=first) as server:
            before = server.now_ms()
            server.pass_time(3600)
            assert (before, server.now_ms()) == (972_779_400_000, 972_783_000_000)

    def test_many_small_steps_add_up(self, standing: MovableServer) -> None:
        """None is lost, and none is rounded."""
        for _ in range(30):
            standing.pass_time(0.001)
        assert standing.now_ms() == MOMENT_MS + 30

    def test_a_ttl_does_not_run_down(self, standing: MovableServer) -> None:
        """Between two moves no time passes, however long they take."""
        standing.call("SET", "k", "v", "PX", 1000)
        readings = [standing.call("PTTL", "k") for _ in range(100)]
        assert readings == [1000] * 100

    def test_a_ttl_runs_down_by_what_was_passed(self, standing: MovableServer) -> None:
        """A millisecond before the end a millisecond is left."""
        standing.call("SET", "k", "v", "PX", 1000)
        standing.pass_time(0.999)
        assert standing.call("PTTL", "k") == 1

    def test_a_key_expires(self, standing: MovableServer) -> None:
        """A millisecond after the end the key is gone."""
        standing.call("SET", "k", "v", "PX", 1000)
        standing.pass_time(1.001)
        assert standing.call("GET", "k") is None

    def test_the_servers_own_timers_go_on(self, standing: MovableServer) -> None:
        """Only the calendar stands: one of them notices that a background save has ended."""
        standing.call("BGSAVE")
        until(lambda: standing.info("persistence")["rdb_bgsave_in_progress"] == "0")
        assert standing.info("persistence")["rdb_last_bgsave_status"] == "ok"

    def test_a_ttl_grows_when_time_goes_back(self, standing: MovableServer) -> None:
        """A deadline is a moment, for Redis as for the calendar."""
        standing.call("SET", "k", "v", "PX", 1000)
        standing.pass_time(-3600)
        assert standing.call("PTTL", "k") == 3_601_000

    def test_it_does_not_go_back_to_before_1970(self, standing: MovableServer) -> None:
        """Redis knows no such time."""
        with pytest.raises(ValueError, match="must not lead to before 1970"):
            standing.pass_time(-31 * YEAR)

    def test_a_refused_move_moves_nothing(self, standing: MovableServer) -> None:
        """The clock is where it was."""
        with pytest.raises(ValueError, match="before 1970"):
            standing.pass_time(-31 * YEAR)
        assert standing.now_ms() == MOMENT_MS


class TestRunningTime:
    """Time that runs is moved by an offset."""

    def test_it_starts_at_the_real_time(self, movable_binary: ServerBinary) -> None:
        """Until it is moved, it is everybody's."""
        before = time.time_ns() // 1_000_000
        with MovableServer(movable_binary) as server:
            assert before <= server.now_ms() <= time.time_ns() // 1_000_000

    @pytest.mark.parametrize("duration", [-25 * YEAR, -1.5, 0.25, 90, 40 * YEAR], ids=str)
    def test_it_is_moved(self, running: MovableServer, duration: timedelta | float) -> None:
        """The server is ahead of real time, or behind, by what was passed."""
        step = duration if isinstance(duration, timedelta) else timedelta(seconds=duration)
        before = time.time_ns() // 1_000_000
        running.pass_time(duration)
        moved = running.now_ms() - step // timedelta(milliseconds=1)
        assert before <= moved <= time.time_ns() // 1_000_000 + 1

    def test_a_key_expires(self, running: MovableServer) -> None:
        """A ttl of an hour is over at once."""
        running.call("SET", "k", "v", "EX", 3600)
        running.pass_time(3600.001)
        assert running.call("GET", "k") is None


def test_a_restarted_server_keeps_its_time(standing: MovableServer) -> None:
    """A crash does not turn the clock back."""
    standing.pass_time(60)
    standing.kill()
    standing.restart()
    assert standing.now_ms() == MOMENT_MS + 60_000


def test_a_stopped_server_leaves_no_shared_memory(standing: MovableServer) -> None:
    """What libfaketime made for a process goes with it."""
    pid = standing.pid
    standing.stop()
    assert list(Path("/dev/shm").glob(f"*faketime*_{pid}")) == []


class TestCapability:
    """Whether time can be moved is found out by trying."""

    @pytest.fixture(autouse=True)
    def _forget(self) -> Iterator[None]:
        """Try anew, and let others try anew."""
        can_move_time.cache_clear()
        yield
        can_move_time.cache_clear()

    def test_it_is_missing_without_libfaketime(
        self, binary: ServerBinary, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The reason says what to install."""
        monkeypatch.setattr("cache_provider.testing.servers.capabilities.find_libfaketime", str)
        assert can_move_time(binary).missing == "libfaketime is not installed"

    def test_it_is_missing_where_the_server_stays_on_real_time(
        self, binary: ServerBinary, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A library that the loader cannot preload does nothing, and is found out."""
        monkeypatch.setattr(movable, "find_libfaketime", lambda: "/nowhere/libfaketime.so")
        monkeypatch.setattr(movable, "_PATIENCE", 0.05)
        monkeypatch.setattr("cache_provider.testing.servers.capabilities.find_libfaketime", lambda: "found")
        assert "runs on real time: <MovableServer" in can_move_time(binary).missing
