"""Tables that one test goes through from the first row to the last."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def about(row: object) -> Iterator[None]:
    """Let a failure say at which row of the table it happened."""
    try:
        yield
    except BaseException as failure:
        failure.add_note(f"at the row {row!a}")
        raise
