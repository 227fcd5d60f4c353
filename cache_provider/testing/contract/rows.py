"""Tables that one test goes through from the first row to the last."""

from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def about(row: object) -> Generator[None]:
    """Let a failure say at which row of the table it happened."""
    try:
        yield
    except BaseException as failure:
        failure.add_note(f"at the row {row!a}")
        raise
