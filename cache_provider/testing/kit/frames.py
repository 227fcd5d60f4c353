"""The frames of this package in the tracebacks of a test that failed."""

from collections.abc import Iterator
from traceback import walk_tb

_PACKAGE = __name__.partition(".")[0]


def hide_own_frames(error: BaseException) -> None:
    """Have pytest leave this package's frames out, also of what caused the error.

    `--full-trace` shows them.
    """
    for shown in _chain(error):
        for frame, _ in walk_tb(shown.__traceback__):
            if frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
                frame.f_locals["__tracebackhide__"] = True


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
