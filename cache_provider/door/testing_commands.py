"""TEST.…: what the served program is told by tests of any language. Other servers do not know these."""

from functools import partial

from cache_provider.clock import ManualClock
from cache_provider.door.entrance import core_of
from cache_provider.door.mishaps import ServerMishap
from cache_provider.door.numbers import bounded, double
from cache_provider.door.replies import OK, Refusal, Reply, syntax_error
from cache_provider.door.server import flushall
from cache_provider.door.table import Arguments, command
from cache_provider.door.view import View
from cache_provider.memory.server import MemoryServer

_ENDLESS = 2**31
_LONGEST = 1e9


def allow(server: MemoryServer) -> None:
    """Have a server know these commands."""
    core_of(server).is_tested = True


@command("TEST.ADVANCE", 2, "admin noscript")
def advance(view: View, arguments: Arguments) -> Reply:
    """Move the server's clock forward by so many seconds."""
    clock, seconds = view.core.clock, double(arguments[0])
    if not isinstance(clock, ManualClock):
        raise Refusal("ERR the clock is the system's: serve --manual-clock has one that can be moved")
    if not 0 <= seconds <= _LONGEST:
        raise Refusal("ERR seconds must be from 0 to 1e9")
    # Whom this wakes comes for the mutex.
    view.later = (*view.later, partial(clock.advance, seconds))
    return OK


@command("TEST.FAIL", -3, "admin noscript")
def fail(view: View, arguments: Arguments) -> Reply:
    """Have a command fail: TEST.FAIL command (REPLY text | DISCONNECT) [AFTER] [TIMES n]."""
    words = list(arguments)
    name, kind = words[0].upper().decode("latin-1"), words[1].upper()
    text: bytes | None = None
    rest = words[2:]
    if kind == b"REPLY" and rest:
        text, rest = rest[0], rest[1:]
    elif kind != b"DISCONNECT":
        raise syntax_error()
    after = bool(rest) and rest[0].upper() == b"AFTER"
    rest = rest[1:] if after else rest
    times = _ENDLESS
    if rest:
        if len(rest) != 2 or rest[0].upper() != b"TIMES":
            raise syntax_error()
        times = bounded(rest[1], 1, _ENDLESS)
    view.core.mishaps.append(ServerMishap(name, text, after, times))
    return OK


@command("TEST.RESET", 1, "admin noscript")
def reset(view: View, arguments: Arguments) -> Reply:
    """Empty the store and disarm all that TEST.FAIL armed; the clock stays as it is."""
    view.core.mishaps.clear()
    return flushall(view, arguments)
