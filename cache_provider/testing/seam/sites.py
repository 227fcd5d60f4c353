"""Where in the user's code an operation was called."""

import linecache
from inspect import currentframe
from os import pardir
from os.path import relpath
from traceback import walk_tb
from types import FrameType
from typing import NamedTuple

_PACKAGE = __name__.partition(".")[0]
_PASSED_OVER = frozenset({_PACKAGE, "asyncio", "concurrent", "contextlib", "queue", "threading"})


class Site(NamedTuple):
    """A line of source.

    Attributes:
        path: The file.
        line: The line's number.
        function: The function it stands in.
    """

    path: str
    line: int
    function: str

    @property
    def text(self) -> str:
        """The line itself."""
        return linecache.getline(self.path, self.line).strip()

    def __str__(self) -> str:
        # As pytest shows places: from the working directory, where it is below it.
        path = relpath(self.path)
        return f"{self.path if path.startswith(pardir) else path}:{self.line}"


_NOWHERE = Site("<unknown>", 0, "<unknown>")


def find_site(stacklevel: int = 1) -> Site:
    """Return the innermost line of the calling stack that is neither this package's nor asyncio's.

    Args:
        stacklevel: 2 for the line that called the function of that line, and so
            on; the outermost where there are fewer.
    """
    return site_of(currentframe(), stacklevel)


def site_of(frame: FrameType | None, stacklevel: int = 1) -> Site:
    """Return what `find_site` returns, for any stack."""
    site = _NOWHERE
    while frame is not None and stacklevel:
        if _is_users(frame):
            site = Site(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
            stacklevel -= 1
        frame = frame.f_back
    return site


def find_raising_site(error: BaseException) -> Site:
    """Return the innermost such line of an error's traceback."""
    sites = [
        Site(frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in walk_tb(error.__traceback__)
        if _is_users(frame)
    ]
    return sites[-1] if sites else _NOWHERE


def _is_users(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__", "").partition(".")[0] not in _PASSED_OVER
