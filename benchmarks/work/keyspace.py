"""Looking for keys: by pattern in a well-filled store, page by page in a huge one."""

import time
from collections.abc import Callable, Iterator
from itertools import islice, repeat
from typing import Any

from benchmarks.measure import Effort, Sampler, timed
from benchmarks.roster import SUBJECTS
from benchmarks.row import Pace, Row, Section
from benchmarks.subjects import Store, Subject
from benchmarks.targets import MICROSECONDS, MILLISECONDS, TIMES, AtMost

KEYSPACE = Section(
    name="keyspace",
    title="Looking for keys",
    note="keys: all that match, by how they begin and by how they end. A scan page has about 100 keys; its "
    "time is that of a walk of 100 pages from the start, shared out.",
    cast=lambda _effort: SUBJECTS,
)

FEW = 10_000

PAGES = 100
"""Pages a walk reads: the whole of a small store, and enough to share out what the first page costs."""

PATIENCE_NS = 250_000_000
"""Where pages are slow, a walk ends early: that they are slow is known by then."""

CHUNK = 10_000


def fill(store: Store, keys: Iterator[str], value: str) -> None:
    """Store `value` under all `keys`, in bulk where the store can."""
    if store.mset is None:
        for key in keys:
            store.set(key, value)
        return
    while chunk := list(islice(keys, CHUNK)):
        store.mset(dict.fromkeys(chunk, value))


def _matching(pattern: str) -> Callable[[Subject, Effort], Sampler | None]:
    def prepare(subject: Subject, effort: Effort) -> Sampler | None:
        store = subject.open()
        keys = store.keys
        if keys is None:
            return None
        # One key in a hundred is of the kind "7", at the front as at the end.
        fill(store, (f"{n % 100}:{n}:{n % 100}" for n in range(effort.some)), "x")

        def run(repetitions: int) -> None:
            for _ in repeat(None, repetitions):
                keys(pattern)

        return timed(run, operations=1, target_ns=effort.batch_ns)

    return prepare


def _page(subject: Subject, _effort: Effort) -> Sampler | None:
    return _walk(subject, FEW)


def _growth(subject: Subject, effort: Effort) -> Sampler | None:
    small, large = _walk(subject, FEW), _walk(subject, effort.many)
    if small is None or large is None:
        return None
    return lambda: large() / small()


def _walk(subject: Subject, entries: int) -> Sampler | None:
    store = subject.open()
    scan = store.scan
    if scan is None:
        return None
    fill(store, (f"user:{n}" for n in range(entries)), "x")
    return lambda: walk(scan)


def walk(scan: Callable[[int], tuple[int, Any]]) -> float:
    """Return the nanoseconds of a page, over a walk from the start."""
    start = time.perf_counter_ns()
    cursor = elapsed = pages = 0
    while pages < PAGES and elapsed < PATIENCE_NS:
        cursor = scan(cursor)[0]
        pages += 1
        elapsed = time.perf_counter_ns() - start
        if cursor == 0:
            break
    return elapsed / pages


ROWS = (
    Row(
        section=KEYSPACE,
        name="keys-front",
        title="keys('7:*') over {some}, 1 % matching",
        prepare=_matching("7:*"),
        targets=(AtMost(15, MILLISECONDS),),
        unit=MILLISECONDS,
    ),
    Row(
        section=KEYSPACE,
        name="keys-end",
        title="keys('*:7') over {some}, 1 % matching",
        prepare=_matching("*:7"),
        targets=(AtMost(15, MILLISECONDS),),
        unit=MILLISECONDS,
    ),
    Row(
        section=KEYSPACE,
        name="scan-page",
        title=f"scan page at {FEW // 1000}k keys",
        prepare=_page,
        unit=MICROSECONDS,
    ),
    Row(
        section=KEYSPACE,
        name="scan-growth",
        title="scan page at {many} against 10k keys",
        prepare=_growth,
        targets=(AtMost(2, TIMES),),
        unit=TIMES,
        pace=Pace.RARE,
    ),
)
