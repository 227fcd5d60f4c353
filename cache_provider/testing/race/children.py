"""Processes that a task forks: they have no other tasks, so nobody could ever give them a turn."""

import os
import sys
from traceback import print_exception

from cache_provider.testing.race.errors import RaceError
from cache_provider.testing.seam import find_site


def refuse_child(pid: int, name: str) -> None:
    """Refuse an operation in a child of the process that searches.

    Args:
        pid: The process that searches.
        name: The operation.

    Raises:
        RaceError: This is another process.
    """
    if os.getpid() != pid:
        raise RaceError(
            f"a process that a task forked called {name} at {find_site()}: a child has a copy of the "
            "cache, and no other task; do in a task of r.spawn what the child does"
        )


def end_child(pid: int, error: BaseException | None) -> None:
    """End a child whose task has come to its end there, with what it raised."""
    if os.getpid() != pid:
        if error is not None:
            print_exception(error)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0 if error is None else 1)
