"""Memory: what a store adds to the objects its caller already has."""

import tracemalloc

from benchmarks.batch import loop
from benchmarks.measure import Effort, Sampler
from benchmarks.roster import SUBJECTS
from benchmarks.row import Pace, Row, Section
from benchmarks.subjects import Subject
from benchmarks.targets import BYTES, AtMost

MEMORY = Section(
    name="memory",
    title="Memory",
    note="Bytes that tracemalloc counts for an entry of this process, over the caller's own keys and values.",
    cast=lambda _effort: SUBJECTS,
)


def per_entry(subject: Subject, effort: Effort) -> Sampler | None:
    """Fill a store."""
    # The caller's own keys and values are there before the tracing starts, so they are not counted.
    pairs = [(f"user:{n:08d}", f"{n:020d}") for n in range(effort.some)]

    def sample() -> float:
        store = subject.open()
        call = "set(key, value)" if store.ttl is None else "set(key, value, ttl)"
        fill = loop(store, call, "key, value in pairs", set=store.set, pairs=pairs, ttl=store.ttl)
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            fill(1)
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        return (after - before) / len(pairs)

    return sample if subject.open().is_local else None


ROWS = (
    Row(
        section=MEMORY,
        name="memory",
        title="memory per 20-char entry, {some}",
        prepare=per_entry,
        targets=(AtMost(190, BYTES),),
        unit=BYTES,
        pace=Pace.ONCE,
    ),
)
