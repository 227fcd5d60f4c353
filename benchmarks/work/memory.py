"""Memory: what a store adds to the objects its caller already has."""

import tracemalloc

from benchmarks.measure import Effort, Sampler
from benchmarks.row import Pace, Row
from benchmarks.subjects import Subject
from benchmarks.targets import BYTES, AtMost


def _per_entry(subject: Subject, effort: Effort) -> Sampler:
    # The caller's own keys and values are there before the tracing starts, so they are not counted.
    keys = [f"user:{n:08d}" for n in range(effort.some)]
    values = [f"{n:020d}" for n in range(effort.some)]

    def sample() -> float:
        store = subject.open()
        set_, ttl = store.set, store.ttl
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for key, value in zip(keys, values, strict=True):
                if ttl is None:
                    set_(key, value)
                else:
                    set_(key, value, ttl)
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        return (after - before) / len(keys)

    return sample


ROWS = (
    Row(
        name="memory",
        title="memory per 20-char entry with ttl, {some}",
        prepare=_per_entry,
        targets=(AtMost(190, BYTES),),
        unit=BYTES,
        pace=Pace.ONCE,
    ),
)
