"""Many threads at once: whether they cost more together than one alone."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.batch import reads, writes
from benchmarks.measure import Batch, Effort, Sampler, calibrate
from benchmarks.roster import MINE, SUBJECTS
from benchmarks.row import Pace, Row, Section
from benchmarks.subjects import FLOOR, OURS, Store, Subject
from benchmarks.targets import TIMES, Against, AtMost, Target
from benchmarks.work.values import KEYS, TEXT
from cache_provider.threads import HAS_GIL

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
    note="Real time for one operation, in whichever thread. With the GIL one runs at a time: flat is ideal.",
    cast=lambda _effort: tuple(replace(MINE, name=count, is_alias=True) for count in COUNTS),
    reference="1",
)

PAIR = Section(
    name="threads-pair",
    title="Two threads against one",
    note="The time that two threads take for the work, each on a store of its own or both on one, as a "
    "multiple of what one takes for all of it. With the GIL 1 is ideal, without it a half; but where modules "
    "were not read from bytecode, as with PYTHONDONTWRITEBYTECODE, threads count references to constants.",
    cast=lambda _effort: tuple(each for each in SUBJECTS if each.name in (FLOOR, OURS)),
)

ONE_POINT_SEVEN, ONE_POINT_EIGHT = 0.588, 0.555
"""What two threads take of the time of one where they do 1.7 and 1.8 times as much."""

LONGER = 8
"""Times the usual batch, for each thread: several of the interpreter's switch intervals of 5 ms.

A thread that is done before it is interrupted never meets the others; a quick run shows no convoy.
"""


def aggregate(batches: Sequence[Batch], repetitions: int) -> int:
    """Return the nanoseconds from the first thread's start of work to the last one's end of it.

    Args:
        batches: The work of each thread.
        repetitions: How often to do it, over all threads.
    """
    barrier = threading.Barrier(len(batches))
    spans: list[tuple[int, int]] = []

    def work(batch: Batch) -> None:
        barrier.wait()
        start = time.perf_counter_ns()
        batch(repetitions // len(batches))
        spans.append((start, time.perf_counter_ns()))

    workers = [threading.Thread(target=work, args=(batch,)) for batch in batches]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return max(end for _, end in spans) - min(start for start, _ in spans)


def _slowdown(batches: Sequence[Batch], effort: Effort) -> Sampler:
    repetitions = calibrate(batches[0], effort.batch_ns * LONGER) * len(batches)
    return lambda: aggregate(batches, repetitions) / aggregate(batches[:1], repetitions)


def _getting(store: Store, keys: Sequence[str] = KEYS) -> Batch:
    writes(store, store.set, keys, TEXT, None)(1)
    return reads(store, store.get, keys)


def _setting(store: Store, keys: Sequence[str] = KEYS) -> Batch:
    return writes(store, store.set, keys, TEXT, None)


def _counting(store: Store, keys: Sequence[str] = KEYS) -> Batch:
    if store.incr is None:
        raise ValueError("does not count")
    writes(store, store.set, keys, 1, None)(1)
    return reads(store, store.incr, keys)


def _row(name: str, title: str, batch: Callable[[Store], Batch]) -> Row:
    def prepare(subject: Subject, effort: Effort) -> Sampler | None:
        store = subject.open()
        # Coroutines share one thread.
        return _slowdown([batch(store)] * THREADS, effort) if store.loop is None else None

    return Row(
        section=TOGETHER,
        name=name,
        title=title,
        prepare=prepare,
        targets=(AtMost(1.2, TIMES),),
        unit=TIMES,
        pace=Pace.RARE,
    )


def _pair(name: str, batch: Callable[[Store, Sequence[str]], Batch], *, apart: bool) -> Row:
    def prepare(subject: Subject, effort: Effort) -> Sampler:
        stores = [subject.open(), subject.open()] if apart else [subject.open()] * 2
        # Keys of their own: of objects that threads share they count the references together.
        return _slowdown(
            [batch(store, [f"user:{number:04d}" for number in range(100)]) for store in stores], effort
        )

    targets: tuple[Target, ...] = (AtMost(ONE_POINT_SEVEN, TIMES), AtMost(ONE_POINT_EIGHT, TIMES))
    if not apart:
        # What was asked of reads first, and what can be promised: no worse than a dict with a lock.
        asked = (AtMost(ONE_POINT_SEVEN, TIMES),) if name == "get" else ()
        targets = (*asked, Against(1.1, of_time=False))
    return Row(
        section=PAIR,
        name=f"pair-{name}-{'apart' if apart else 'together'}",
        title=f"{name} by two threads, {'each on a store of its own' if apart else 'both on one store'}",
        prepare=prepare,
        targets=() if HAS_GIL else targets,
        unit=TIMES,
        pace=Pace.RARE,
    )


def _curve(name: str, batch: Callable[[Store], Batch]) -> Row:
    def prepare(subject: Subject, effort: Effort) -> Sampler:
        run = batch(subject.open())
        threads = int(subject.name)
        repetitions = calibrate(run, effort.batch_ns * LONGER) * THREADS
        return lambda: aggregate([run] * threads, repetitions) / (repetitions * len(KEYS))

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
    *(
        _pair(name, batch, apart=apart)
        for name, batch in (("get", _getting), ("set", _setting), ("incr", _counting))
        for apart in (True, False)
    ),
    _curve("get", _getting),
    _curve("set", _setting),
    _curve("incr", _counting),
)
