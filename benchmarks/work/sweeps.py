"""Sweeps of expired entries: what one costs that finds nothing, and whom one that finds a lot holds up."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Generator
from datetime import timedelta
from itertools import repeat

from benchmarks.measure import Effort, Sampler, timed
from benchmarks.roster import SUBJECTS
from benchmarks.row import Pace, Row, Section
from benchmarks.subjects import FLOOR, Store, Subject
from benchmarks.targets import MICROSECONDS, MILLISECONDS, AtMost

SWEEPS = Section(
    name="sweeps",
    title="Sweeps of expired entries",
    note="A stall is the longest time between two writes of another thread during the sweep; the floor's is "
    "that beside a busy thread that touches no store. Noise only adds to it: the calmest round speaks.",
    cast=lambda _effort: SUBJECTS,
)

LONG = timedelta(hours=1)
SHORT = timedelta(milliseconds=200)

HEAD_START = 0.02
"""Seconds the other thread is at work before the sweep begins."""


def _nothing_expired(subject: Subject, effort: Effort) -> Sampler | None:
    store = subject.open()
    sweep = store.sweep
    if sweep is None or not _fill(store, effort.some, LONG):
        return None

    def run(repetitions: int) -> None:
        for _ in repeat(None, repetitions):
            sweep()

    return timed(run, operations=1, target_ns=effort.batch_ns)


def _stalling(switch_interval: float | None) -> Callable[[Subject, Effort], Sampler | None]:
    """Return the preparation of a row of stalls.

    Args:
        switch_interval: Seconds after which threads take turns; None leaves the interpreter's own 5 ms. A
            finer one takes the interpreter's share out of the stall and leaves that of the store's mutex.
    """

    def prepare(subject: Subject, effort: Effort) -> Sampler | None:
        if subject.name == FLOOR:
            return lambda: _stall(subject.open(), _burn, switch_interval)
        if subject.open().sweep is None:
            return None
        return lambda: _stall_of_sweep(subject, effort.many, switch_interval)

    return prepare


def _stall_of_sweep(subject: Subject, entries: int, switch_interval: float | None) -> float:
    store = subject.open()
    sweep = store.sweep
    if sweep is None or not _fill(store, entries, SHORT):
        raise ValueError("cannot be filled with what will expire")
    time.sleep(SHORT.total_seconds() * 1.5)
    swept: list[int] = []
    stall = _stall(store, lambda: swept.append(sweep()), switch_interval)
    if swept != [entries]:
        raise ValueError(f"swept {swept[0]} of {entries} expired entries")
    return stall


def _stall(store: Store, disturb: Callable[[], object], switch_interval: float | None) -> float:
    """Return the longest time in nanoseconds between two of another thread's writes meanwhile."""
    stop = threading.Event()
    longest = 0

    def write() -> None:
        nonlocal longest
        last = time.perf_counter_ns()
        while not stop.is_set():
            store.set("other", "x")
            now = time.perf_counter_ns()
            longest = max(longest, now - last)
            last = now

    thread = threading.Thread(target=write)
    with _switching(switch_interval):
        thread.start()
        time.sleep(HEAD_START)
        disturb()
        stop.set()
        thread.join()
    return longest


@contextlib.contextmanager
def _switching(interval: float | None) -> Generator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual if interval is None else interval)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _burn() -> None:
    """Keep the interpreter busy without touching any store: its switch interval is all that stalls."""
    end = time.perf_counter() + 0.2
    while time.perf_counter() < end:
        sum(range(100))


def _fill(store: Store, entries: int, ttl: timedelta) -> bool:
    if store.mset_with_ttl is None:
        return False
    store.mset_with_ttl({f"user:{n}": "x" for n in range(entries)}, ttl)
    return True


ROWS = (
    Row(
        section=SWEEPS,
        name="sweep-idle",
        title="sweep of {some} with nothing expired",
        prepare=_nothing_expired,
        targets=(AtMost(5, MICROSECONDS),),
        unit=MICROSECONDS,
    ),
    Row(
        section=SWEEPS,
        name="sweep-stall",
        title="longest stall in a sweep of {many} expired, calmest round",
        prepare=_stalling(None),
        targets=(AtMost(2, MILLISECONDS),),
        unit=MILLISECONDS,
        pace=Pace.RARE,
        calmest=True,
    ),
    Row(
        section=SWEEPS,
        name="sweep-mutex",
        title="the same, threads switching every 0.1 ms",
        prepare=_stalling(1e-4),
        unit=MILLISECONDS,
        pace=Pace.RARE,
        calmest=True,
    ),
)
