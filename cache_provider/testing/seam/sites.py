"""Where in the user's code an operation was called."""

import linecache
from inspect import currentframe
from os import pardir
from os.path import relpath
from traceback import walk_tb
from types import CodeType, FrameType
from typing import NamedTuple

_PACKAGE = __name__.partition(".")[0]
_PASSED_OVER = frozenset({_PACKAGE, "asyncio", "concurrent", "contextlib", "queue", "redis", "threading"})


class _Modules(dict[str, bool]):
    """Whether a module is the user's, by its name; every operation asks, so each name is split but once."""

    def __missing__(self, name: str) -> bool:
        is_users = self[name] = name.partition(".")[0] not in _PASSED_OVER
        return is_users


IS_USERS = _Modules()
"""Tells by the name of a module whether it is the user's."""


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
    """Return the innermost line of the calling stack that is not of this package, asyncio or redis-py.

    Args:
        stacklevel: 2 for the line that called the function of that line, and so
            on; the outermost where there are fewer.
    """
    return site_of(currentframe(), stacklevel)


def site_of(frame: FrameType | None, stacklevel: int = 1) -> Site:
    """Return what `find_site` returns, for any stack."""
    frame = users_frame(frame)
    while frame is not None and stacklevel > 1 and (outer := users_frame(frame.f_back)) is not None:
        frame, stacklevel = outer, stacklevel - 1
    return _NOWHERE if frame is None else site_at(frame.f_code, frame.f_lasti)


def users_frame(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame of a stack, from `frame` on, that is the user's; None without one."""
    while frame is not None and not IS_USERS[frame.f_globals.get("__name__", "")]:
        frame = frame.f_back
    return frame


_LOCKS = frozenset({"redis.lock", "redis.asyncio.lock"})


def lock_step(frame: FrameType | None) -> str | None:
    """Return which step of redis-py's own lock, such as `do_acquire`, a stack is in before the user's."""
    while frame is not None and not IS_USERS[module := frame.f_globals.get("__name__", "")]:
        if module in _LOCKS and frame.f_code.co_name.startswith("do_"):
            return frame.f_code.co_name
        frame = frame.f_back
    return None


def site_at(code: CodeType | None, offset: int) -> Site:
    """Return the site of an instruction; to find its line takes longer than to note its place."""
    if code is None:
        return _NOWHERE
    line = next((line for start, end, line in code.co_lines() if start <= offset < end), None)
    return Site(code.co_filename, line or code.co_firstlineno, code.co_name)


def find_raising_site(error: BaseException) -> Site:
    """Return the innermost such line of an error's traceback."""
    sites = [
        Site(frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in walk_tb(error.__traceback__)
        if IS_USERS[frame.f_globals.get("__name__", "")]
    ]
    return sites[-1] if sites else _NOWHERE
