"""A server whose clock the test moves: libfaketime stands between the two.

Needs libfaketime: Debian's packages `faketime` and `libfaketime`.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from cache_provider.arguments import Ttl, duration_ms, moment_ms
from cache_provider.testing.servers.binaries import ServerBinary
from cache_provider.testing.servers.certificates import Certificates
from cache_provider.testing.servers.failures import ServerError
from cache_provider.testing.servers.guard import Guard
from cache_provider.testing.servers.patience import wait_until
from cache_provider.testing.servers.process import ServerProcess

_PATIENCE = 5.0
_SLACK_MS = 2

# Shared memory that libfaketime makes for each process and removes only at a proper end.
# What a killed one leaves lets a later process of the same id fail.
_TRACES = ("/dev/shm/faketime_shm_", "/dev/shm/sem.faketime_sem_")  # noqa: S108 - not ours to choose


_LIBRARY = "faketime/libfaketimeMT.so.1"
# The loader itself knows what $LIB is here.
_LIBRARIES = {
    (f"usr/lib/*-linux-*/{_LIBRARY}", f"usr/lib*/{_LIBRARY}"): f"/usr/$LIB/{_LIBRARY}",
    (f"usr/local/lib/{_LIBRARY}",): f"/usr/local/lib/{_LIBRARY}",
}


class MovableServer(ServerProcess):
    """A server whose time runs, or stands still, and is moved by the test.

    Only the server's wall clock is concerned: ttls and all that TIME tells.
    Where time stands, nothing in the server ends by itself that is measured
    on that clock, such as the time-out of a blocking command.

    Args:
        binary: What to run; see `can_move_time`.
        frozen_at: An aware `datetime` at which time stands; without it, it
            starts at the real time and runs.
        tcp, password, certificates, settings: As for `ServerProcess`.
    """

    # Straight to SIGKILL: the server's handler of SIGTERM asks for the time, and if it was just
    # asking for the time anyway, libfaketime's lock is taken and will never be free again.
    stop_patience = 0.0

    def __init__(
        self,
        binary: ServerBinary,
        *,
        frozen_at: datetime | None = None,
        tcp: bool = False,
        password: str | None = None,
        certificates: Certificates | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        # Each reading of the clock reads a file as well: no more rounds of timers than is usual.
        usual = {"hz": "10", **(settings or {})}
        super().__init__(binary, tcp=tcp, password=password, certificates=certificates, settings=usual)
        self._frozen = frozen_at is not None
        self._position = 0 if frozen_at is None else moment_ms("frozen_at", frozen_at)
        self._file: Path | None = None

    def pass_time(self, duration: Ttl) -> None:
        """Move the server's time by `duration`, a `timedelta` or seconds; a negative one goes back.

        Returns once the server's own TIME shows it.

        Raises:
            ServerError: It does not show it.
            TypeError: The duration is neither.
            ValueError: It is not a finite one, or time would stand before 1970.
        """
        milliseconds = duration_ms("duration", duration)
        self._check(milliseconds)
        arrived = self._arrival(milliseconds)
        self._move(milliseconds)
        if not wait_until(arrived, _PATIENCE):
            raise ServerError(f"{self!r} did not follow when its time was moved by {duration!r}\n{self.log}")

    def _check(self, milliseconds: int) -> None:
        if self._frozen and self._position + milliseconds < 0:
            raise ValueError(f"duration must not lead to before 1970: {milliseconds} ms")

    def _move(self, milliseconds: int) -> None:
        self._position += milliseconds
        assert self._file is not None, "made with the guard"
        self._write(self._file)

    def _arrival(self, milliseconds: int) -> Callable[[], bool]:
        """Return how to tell, after the move that is to come, that the server has followed."""
        if self._frozen:
            destination = self._position + milliseconds
            return lambda: self.now_ms() == destination
        before = self._lead()
        return lambda: _differ_by(milliseconds, before, self._lead())

    def _lead(self) -> tuple[float, float]:
        """Return between which bounds the server's clock is ahead of one that nobody moves."""
        asked = time.clock_gettime(time.CLOCK_MONOTONIC) * 1000
        now = self.now_ms()
        answered = time.clock_gettime(time.CLOCK_MONOTONIC) * 1000
        return now - answered, now + 1 - asked

    def _write(self, file: Path) -> None:
        new = file.with_suffix(".new")
        new.write_text(self._standing() if self._frozen else self._running())
        new.replace(file)

    def _standing(self) -> str:
        # A little after the millisecond: libfaketime reads the fraction as a float and cuts it off.
        return f"{self._position // 1000}.{self._position % 1000:03}0001\n"

    def _running(self) -> str:
        seconds, milliseconds = divmod(abs(self._position), 1000)
        return f"{'-' if self._position < 0 else '+'}{seconds}.{milliseconds:03}\n"

    def _make_guard(self) -> Guard:
        guard = Guard(_TRACES)
        self._file = guard.directory / "time"
        self._write(self._file)
        return guard

    def _environment(self) -> dict[str, str]:
        return {
            # libc again, right after it: its malloc goes before jemalloc's, which asks for the time
            # while it starts, in the middle of libfaketime's own start, and would never return.
            "LD_PRELOAD": f"{find_libfaketime()} libc.so.6",
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_FMT": "%s",
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def _differ_by(milliseconds: int, before: tuple[float, float], after: tuple[float, float]) -> bool:
    """Tell whether two values that are known by their bounds can be so far apart."""
    least, most = after[0] - before[1], after[1] - before[0]
    return least - _SLACK_MS <= milliseconds <= most + _SLACK_MS


@cache
def find_libfaketime() -> str:
    """Return what to preload for libfaketime, or "" if it is not installed."""
    for places, path in _LIBRARIES.items():
        if any(any(Path("/").glob(place)) for place in places):
            return path
    return ""
