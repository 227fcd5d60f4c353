"""The rows, in the order in which they are measured and shown."""

from benchmarks.row import Row
from benchmarks.work import (
    door,
    explorer,
    fixtures,
    growth,
    keyspace,
    locks,
    memory,
    redis,
    shared,
    starts,
    sweeps,
    threads,
    values,
)

ROWS: tuple[Row, ...] = (
    *values.ROWS,
    *locks.ROWS,
    *shared.ROWS,
    *threads.ROWS,
    *keyspace.ROWS,
    *growth.ROWS,
    *sweeps.ROWS,
    *memory.ROWS,
    *starts.ROWS,
    *explorer.ROWS,
    *fixtures.ROWS,
    *redis.ROWS,
    *door.ROWS,
)
