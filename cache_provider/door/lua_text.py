"""Scripts as text."""

import re

_LONG = rb"\[(=*)\[.*?\]\1\]"
_HIDDEN = re.compile(
    rb"--"
    + _LONG
    + rb"|--[^\n]*|"
    + _LONG.replace(rb"\1", rb"\2")
    + rb"|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'",
    re.DOTALL,
)
_RETURNED_CALL = re.compile(rb"\breturn\s+((?:redis|bit|cjson|cmsgpack|struct)\s*\.\s*\w+\s*\()")
_GOES_ON = re.compile(rb"\s*(?:[.\[:+\-*/%^<>=~({,\"']|and\b|or\b)")


def without_tail_calls(text: bytes) -> bytes:
    """Put `return redis.call(…)` in brackets, so that an error there still has its line.

    A function of Lua that is called last takes its caller's place; one of C, as Redis' are, does not.
    """
    visible = _HIDDEN.sub(lambda match: re.sub(rb"[^\n]", b"_", match[0]), text)
    pieces: list[bytes] = []
    done = 0
    for match in _RETURNED_CALL.finditer(visible):
        end = _closing(visible, match.end())
        if end and match.start() >= done and not _GOES_ON.match(visible, end):
            pieces += (text[done : match.start(1)], b"(", text[match.start(1) : end], b")")
            done = end
    return b"".join([*pieces, text[done:]])


def _closing(visible: bytes, position: int) -> int:
    """Return what lies behind the bracket that closes the one before `position`, 0 where there is none."""
    depth = 1
    while position < len(visible):
        depth += {0x28: 1, 0x29: -1}.get(visible[position], 0)
        position += 1
        if not depth:
            return position
    return 0
