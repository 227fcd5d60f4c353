"""Where in the user's code an operation was called."""

import linecache
from inspect import currentframe
from os import pardir
from os.path import relpath
from traceback import walk_tb
from types import CodeType, FrameType
from typing import NamedTuple, TypeAlias

_PACKAGE = __name__.partition(".")[0]
_PASSED_OVER = frozenset({_PACKAGE, "asyncio", "concurrent", "contextlib", "queue", "threading"})


class _Modules(dict[str, bool]):
    """Whether a module is the user's, by its name; every operation asks, so each name is split but once."""

    def __missing__(self, name: str) -> bool:
        is_users = self[name] = name.partition(".")[0] not in _PASSED_OVER
        return is_users


_IS_USERS = _Modules()


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


Spot: TypeAlias = tuple[CodeType, int]
"""The code and the line of a frame."""

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
    return site_at(spot_of(frame, stacklevel))


def spot_of(frame: FrameType | None, stacklevel: int = 1) -> Spot | None:
    """Return what `site_at` makes the site of a stack from; a third of the time."""
    spot = None
    while frame is not None and stacklevel:
        if _IS_USERS[frame.f_globals.get("__name__", "")]:
            spot = frame.f_code, frame.f_lineno
            stacklevel -= 1
        frame = frame.f_back
    return spot


def site_at(spot: Spot | None) -> Site:
    """Return the site of a spot."""
    if spot is None:
        return _NOWHERE
    code, line = spot
    return Site(code.co_filename, line, code.co_name)


def find_raising_site(error: BaseException) -> Site:
    """Return the innermost such line of an error's traceback."""
    sites = [
        Site(frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in walk_tb(error.__traceback__)
        if _IS_USERS[frame.f_globals.get("__name__", "")]
    ]
    return sites[-1] if sites else _NOWHERE
