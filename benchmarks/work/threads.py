"""Many threads at once: whether they cost more together than one alone."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from benchmarks.batch import reads, writes
from benchmarks.measure import Batch, Effort, Sampler, calibrate
from benchmarks.roster import MINE, SUBJECTS
from benchmarks.row import Pace, Row, Section
from benchmarks.subjects import Store, Subject
from benchmarks.targets import TIMES, AtMost
from benchmarks.work.values import KEYS, TEXT

THREADS = 8
COUNTS = ("1", "2", "4", "8")

TOGETHER = Section(
    name="threads",
    title="Many threads against one",
    note="The time that 8 threads take for the work, as a multiple of what one takes for all of it.",
    cast=lambda _effort: SUBJECTS,
)

ONE_BY_ONE = Section(
    name="threads-curve",
    title="One to eight threads on one store of ours",
    note="Real time for one operation, whoever does it. One thread runs at a time: flat is ideal.",
    cast=lambda _effort: tuple(replace(MINE, name=count, is_alias=True) for count in COUNTS),
    reference="1",
)

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


def _getting(store: Store) -> Batch:
    writes(store, store.set, KEYS, TEXT, None)(1)
    return reads(store, store.get, KEYS)


def _setting(store: Store) -> Batch:
    return writes(store, store.set, KEYS, TEXT, None)


def _counting(store: Store) -> Batch:
    if store.incr is None:
        raise ValueError("does not count")
    writes(store, store.set, KEYS, 1, None)(1)
    return reads(store, store.incr, KEYS)


def _row(name: str, title: str, batch: Callable[[Store], Batch]) -> Row:
    def prepare(subject: Subject, effort: Effort) -> Sampler | None:
        store = subject.open()
        # Coroutines share one thread.
        return _slowdown(batch(store), effort) if store.loop is None else None

    return Row(
        section=TOGETHER,
        name=name,
        title=title,
        prepare=prepare,
        targets=(AtMost(1.2, TIMES),),
        unit=TIMES,
        pace=Pace.RARE,
    )


def _curve(name: str, batch: Callable[[Store], Batch]) -> Row:
    def prepare(subject: Subject, effort: Effort) -> Sampler:
        run = batch(subject.open())
        threads = int(subject.name)
        repetitions = calibrate(run, effort.batch_ns * LONGER) * THREADS
        return lambda: aggregate(run, repetitions, threads) / (repetitions * len(KEYS))

    return Row(
        section=ONE_BY_ONE,
        name=f"threads-{name}-curve",
        title=f"{name} by 1 to {THREADS} threads",
        prepare=prepare,
        pace=Pace.RARE,
    )


ROWS = (
    _row("threads-get", f"get, {THREADS} threads against 1", _getting),
    _row("threads-set", f"set, {THREADS} threads against 1", _setting),
    _curve("get", _getting),
    _curve("set", _setting),
    _curve("incr", _counting),
)
