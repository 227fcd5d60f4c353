"""The rows of the table, in the order in which it shows them."""

from benchmarks.row import Row
from benchmarks.work import imports, keyspace, locks, memory, sweeps, threads, values

ROWS: tuple[Row, ...] = (
    *values.ROWS,
    *locks.ROWS,
    *threads.ROWS,
    *keyspace.ROWS,
    *sweeps.ROWS,
    *memory.ROWS,
    *imports.ROWS,
)
