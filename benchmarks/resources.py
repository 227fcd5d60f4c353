"""What subjects opened for a row: servers, connections, event loops. All of it ends with the row."""

from collections.abc import Callable
from contextlib import ExitStack

_opened = ExitStack()


def close_later(close: Callable[[], object]) -> None:
    """Have `close` called when the row that is being measured is done, the last one first."""
    _opened.callback(close)


def close_all() -> None:
    """Close what was opened since the last call."""
    _opened.pop_all().close()
