"""Locks: what an uncontended one costs, and how soon the next in line has it."""

import random
import statistics
import threading
import time
from itertools import repeat

from benchmarks.measure import Effort, Sampler, timed
from benchmarks.roster import SUBJECTS
from benchmarks.row import Pace, Row, Section
from benchmarks.subjects import LockHandle, Locks, Subject
from benchmarks.targets import MICROSECONDS, Against, AtMost

NAME = "checkout"

LOCKS = Section(
    name="locks",
    title="Locks",
    note="lock: make a handle, acquire, release, nobody else about. hand-off: from the call of one thread's "
    "release to the return of another's acquire, the lock held for 1 to 11 ms before.",
    cast=lambda _effort: SUBJECTS,
)

HOLDS_MS = (1.0, 11.0)
"""How long the lock is held while another thread waits: a short critical section.

From long enough for the other to be waiting, over one whole pause of those who look every 10 ms.
"""

IN_A_ROW = 11
"""Hand-offs of one sample: the first finds everything cold after the other subjects' pauses."""


def acquire_release(subject: Subject, effort: Effort) -> Sampler | None:
    """Take a free lock and give it back."""
    return _taken(subject.open().lock, effort)


def fenced(subject: Subject, effort: Effort) -> Sampler | None:
    """Take a free fenced lock and give it back."""
    return _taken(subject.open().fenced_lock, effort)


def renewed(subject: Subject, effort: Effort) -> Sampler | None:
    """Take a free lock whose lease is renewed, and give it back before that is due."""
    return _taken(subject.open().renewed_lock, effort)


def _taken(lock: Locks | None, effort: Effort) -> Sampler | None:
    if lock is None:
        return None
    _check_reusable(lock)

    def run(repetitions: int) -> None:
        for _ in repeat(None, repetitions):
            handle = lock(NAME)
            handle.acquire()
            handle.release()

    return timed(run, operations=1, target_ns=effort.batch_ns)


def hand_off(subject: Subject, _effort: Effort) -> Sampler | None:
    """Give a lock to a thread that waits for it."""
    store = subject.open()
    lock = store.waiting_lock or store.lock
    if lock is None:
        return None
    holds = _holds(IN_A_ROW)
    return lambda: statistics.median(_one_hand_off(lock, hold) for hold in holds)


def _one_hand_off(lock: Locks, hold: float) -> int:
    """Return the nanoseconds from the call of one thread's release to the return of the other's acquire."""
    holder, waiter = lock(NAME), lock(NAME)
    about_to_wait = threading.Event()
    acquired: list[int] = []

    def wait() -> None:
        about_to_wait.set()
        waiter.acquire()
        acquired.append(time.perf_counter_ns())
        waiter.release()

    _claim(holder)
    thread = threading.Thread(target=wait)
    thread.start()
    about_to_wait.wait()
    time.sleep(hold)
    released = time.perf_counter_ns()
    holder.release()
    thread.join()
    if acquired[0] < released:
        raise ValueError("the second thread did not wait for the first one's release")
    return acquired[0] - released


def _holds(count: int) -> list[float]:
    """Return how many seconds to keep the other waiting each time, in a mixed order.

    Evenly spread: a constant would meet those who poll always at the same moment of their pause.
    """
    shortest, longest = HOLDS_MS
    holds = [(shortest + (longest - shortest) * number / count) / 1000 for number in range(count)]
    random.Random(0).shuffle(holds)
    return holds


def _claim(handle: LockHandle) -> None:
    if handle.acquire() is False:
        raise ValueError("a free lock was refused")


def _check_reusable(lock: Locks) -> None:
    """Raise unless a lock can be taken, given back and taken again: a fast no-op would win the row."""
    for _ in range(2):
        handle = lock(NAME)
        _claim(handle)
        handle.release()


ROWS = (
    Row(
        section=LOCKS,
        name="lock",
        title="lock acquire + release, new handle",
        prepare=acquire_release,
        targets=(Against(2.0),),
    ),
    Row(section=LOCKS, name="lock-fenced", title="the same, fenced", prepare=fenced),
    Row(section=LOCKS, name="lock-renewed", title="the same, renewed", prepare=renewed),
    Row(
        section=LOCKS,
        name="hand-off",
        title="hand-off of a contended lock",
        prepare=hand_off,
        targets=(AtMost(50, MICROSECONDS), Against(4.5)),
        unit=MICROSECONDS,
        pace=Pace.RARE,
    ),
)
