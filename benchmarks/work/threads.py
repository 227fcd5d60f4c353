"""Many threads at once: whether they cost more together than one alone."""

import threading
import time
from collections.abc import Callable

from benchmarks.measure import Batch, Effort, Sampler, calibrate
from benchmarks.row import Pace, Row
from benchmarks.subjects import Store, Subject
from benchmarks.targets import TIMES, AtMost
from benchmarks.work.values import KEYS, TEXT, reading, writing

THREADS = 8

LONGER = 8
"""Times the usual batch, for each thread: several of the interpreter's switch intervals of 5 ms.

A thread that is done before it is interrupted never meets the others; a quick run shows no convoy.
"""


def aggregate(batch: Batch, repetitions: int, threads: int) -> int:
    """Return the nanoseconds from the first thread's start of work to the last one's end of it.

    Args:
        batch: The work.
        repetitions: How often to do it, over all threads.
        threads: How many threads share the repetitions.
    """
    barrier = threading.Barrier(threads)
    spans: list[tuple[int, int]] = []

    def work() -> None:
        barrier.wait()
        start = time.perf_counter_ns()
        batch(repetitions // threads)
        spans.append((start, time.perf_counter_ns()))

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return max(end for _, end in spans) - min(start for start, _ in spans)


def _slowdown(batch: Batch, effort: Effort) -> Sampler:
    repetitions = calibrate(batch, effort.batch_ns * LONGER) * THREADS
    return lambda: aggregate(batch, repetitions, THREADS) / aggregate(batch, repetitions, 1)


def _reads(store: Store) -> Batch:
    writing(store.set, KEYS, TEXT, None)(1)
    return reading(store.get, KEYS)


def _writes(store: Store) -> Batch:
    return writing(store.set, KEYS, TEXT, None)


def _row(name: str, title: str, batch: Callable[[Store], Batch]) -> Row:
    def prepare(subject: Subject, effort: Effort) -> Sampler:
        return _slowdown(batch(subject.open()), effort)

    return Row(
        name=name, title=title, prepare=prepare, targets=(AtMost(1.2, TIMES),), unit=TIMES, pace=Pace.RARE
    )


ROWS = (
    _row("threads-get", f"get, {THREADS} threads against 1", _reads),
    _row("threads-set", f"set, {THREADS} threads against 1", _writes),
)
