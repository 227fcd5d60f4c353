"""What servers of other versions do otherwise than Redis 7.0, and so than the door, with the reason."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cache_provider.door.in_process import LocalSession
from cache_provider.door.replies import is_array

LeavesOut = Callable[[LocalSession, list[bytes]], bool]
"""Tells of a client's command that it is not asked: what it left behind would not be the same."""

Accepts = Callable[[bytes, Any, Any], bool]
"""Tells of a command's two replies, the door's and the server's, that they differ only in this."""


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes:
        servers: Which servers differ: the beginnings of their names with their versions.
        what: What they do otherwise, and why.
        leaves_out: What is not asked of them.
        accepts: Which replies count as the same.
    """

    servers: tuple[str, ...]
    what: str
    leaves_out: LeavesOut = lambda _session, _words: False
    accepts: Accepts = lambda _name, _ours, _theirs: False


OLD = ("redis 6.2",)
NEW = ("valkey 8", "valkey 9")
NEWEST = ("valkey 9",)

_SINCE_7 = frozenset(
    {b"LCS", b"SORT_RO", b"EXPIRETIME", b"PEXPIRETIME", b"SINTERCARD", b"ZINTERCARD"}
    | {b"LMPOP", b"BLMPOP", b"ZMPOP", b"BZMPOP"}
)
_EXPIRING = frozenset({b"EXPIRE", b"PEXPIRE", b"EXPIREAT", b"PEXPIREAT"})
_CONTAINERS = frozenset({b"CLIENT", b"COMMAND", b"CONFIG", b"OBJECT", b"PUBSUB"})
_WORDINGS = (
    (rb"unknown command '", rb"unknown command `"),
    (rb"unknown subcommand|wrong number of arguments for '\w+\|", rb"Unknown subcommand or wrong number"),
    (rb"invalid expire time in '", rb"invalid expire time in \w+$"),
    (rb"only \(P\|S\)SUBSCRIBE", rb"only \(P\)SUBSCRIBE"),
    (rb"wrong number of arguments for 'mset", rb"wrong number of arguments for MSET"),
    (rb"decrement would overflow", rb"value is not an integer"),
    (rb"RANK can't be zero", rb"RANK can't be zero"),
)
_LAID_OUT = re.compile(rb"\s.*|[+-]?0x.*", re.IGNORECASE).fullmatch


def _names(*names: bytes) -> LeavesOut:
    return lambda _session, words: words[0].upper() in names


def _has(words: list[bytes], *options: bytes) -> bool:
    return all(option in [word.upper() for word in words[1:]] for option in options)


def _says_otherwise(_name: bytes, ours: Any, theirs: Any) -> bool:
    """Tell whether both are the same error, in the words of 7.0 and in those of 6.2."""
    if ours[0] != b"-" or theirs[0] != b"-":
        return False
    return any(re.search(own, ours[1]) and re.search(other, theirs[1]) for own, other in _WORDINGS)


def _checks_first(_name: bytes, ours: Any, theirs: Any) -> bool:
    """Tell whether a command was refused that found no key at the door, or one of another type."""
    nothing = ((b":", b"0"), (b":", b"-1"), (b"_", b""), (b"$", b"-1"))
    return bool(theirs[0] == b"-" and (ours[0] == b"-" or ours in nothing))


def _same_number(_name: bytes, ours: Any, theirs: Any) -> bool:
    """Tell whether two replies are the same but for how their doubles are spelt."""
    if is_array(ours[1]) and is_array(theirs[1]):
        parts = zip(ours[1], theirs[1], strict=False)
        return len(ours[1]) == len(theirs[1]) and all(_same_number(b"", *pair) for pair in parts)
    return bool(ours == theirs) or (
        ours[0] == theirs[0] and ours[0] in b"$," and _is_near(ours[1], theirs[1])
    )


def _is_near(ours: bytes, theirs: bytes) -> bool:
    try:
        return float(ours) == float(theirs)
    except ValueError:
        return False


DIFFERENCES = (
    Difference(
        OLD,
        "does not know `LCS`, `SORT_RO`, `EXPIRETIME`, `PEXPIRETIME`, `SINTERCARD`, `ZINTERCARD`, `LMPOP`, "
        "`ZMPOP`, `BLMPOP`, `BZMPOP`: they came with 7.0",
        leaves_out=_names(*_SINCE_7),
    ),
    Difference(
        OLD,
        "does not know `NX`, `XX`, `GT`, `LT` of `EXPIRE` and its kin, `BYTE` and `BIT` of `BITCOUNT` and "
        "`BITPOS`, `NX` together with `GET` of `SET`: they came with 7.0",
        leaves_out=lambda _session, words: (
            (words[0].upper() in _EXPIRING and len(words) > 3)
            or (words[0].upper() == b"BITCOUNT" and len(words) > 4)
            or (words[0].upper() == b"BITPOS" and len(words) > 5)
            or (words[0].upper() == b"SET" and _has(words, b"NX", b"GET"))
        ),
    ),
    Difference(
        OLD,
        "answers `ZPOPMIN` and `ZPOPMAX` with a count that is none, or not above zero, "
        "before it looks at the key",
        leaves_out=lambda _session, words: words[0].upper() in (b"ZPOPMIN", b"ZPOPMAX") and len(words) == 3,
    ),
    Difference(OLD, "words some errors differently", accepts=_says_otherwise),
    Difference(
        OLD,
        "looks at subcommands only when it runs them: in a transaction, and while a client listens, not yet",
        leaves_out=lambda session, words: (
            words[0].upper() in _CONTAINERS and (session.queued is not None or bool(session.listening))
        ),
    ),
    Difference(
        NEW,
        "checks the options of `BITCOUNT`, `BITPOS` and `GETEX` before it looks for the key",
        accepts=lambda name, ours, theirs: (
            name in (b"BITCOUNT", b"BITPOS", b"GETEX") and _checks_first(name, ours, theirs)
        ),
    ),
    Difference(
        NEW,
        "has a transaction fail in which `MULTI` or `WATCH` was sent",
        leaves_out=lambda session, words: (
            session.queued is not None and words[0].upper() in (b"MULTI", b"WATCH")
        ),
    ),
    Difference(
        NEW,
        "takes `WITHSCORE` with `ZRANK` and `ZREVRANK`: it came with 7.2",
        leaves_out=lambda _session, words: words[0].upper() in (b"ZRANK", b"ZREVRANK") and len(words) != 3,
    ),
    Difference(
        NEW,
        "takes `BITCOUNT` with a start alone: it came with Valkey 8.0",
        leaves_out=lambda _session, words: words[0].upper() == b"BITCOUNT" and len(words) == 3,
    ),
    Difference(
        NEW, "spells a double as shortly as it can: 0.1, not 0.10000000000000001", accepts=_same_number
    ),
    Difference(
        NEW,
        "sends who publishes to itself in RESP3 the reply first",
        leaves_out=lambda session, words: words[0].upper() == b"PUBLISH" and bool(session.listening),
    ),
    Difference(
        NEW,
        "says of a time-out that is too long that it is out of range, not that it is negative",
        accepts=lambda _name, ours, theirs: (
            ours == (b"-", b"ERR timeout is negative") and theirs == (b"-", b"ERR timeout is out of range")
        ),
    ),
    Difference(
        NEWEST,
        "takes no score in hexadecimal, and none after a blank",
        leaves_out=lambda _session, words: (
            words[0].upper().startswith((b"Z", b"BZ")) and any(map(_LAID_OUT, words[1:]))
        ),
    ),
)


class Version:
    """What is known of one server.

    Args:
        name: The kind of server and its version.
    """

    def __init__(self, name: str) -> None:
        self._differences = [one for one in DIFFERENCES if name.startswith(one.servers)]

    def leaves_out(self, session: LocalSession, words: list[bytes]) -> bool:
        """Tell whether a command is not asked of it."""
        return any(one.leaves_out(session, words) for one in self._differences)

    def accepts(self, name: bytes, ours: Any, theirs: Any) -> bool:
        """Tell whether its reply to a command counts as the same as the door's."""
        return any(one.accepts(name, ours, theirs) for one in self._differences)


def table() -> str:
    """Return the differences in Markdown."""
    titles: dict[tuple[str, ...], str] = {OLD: "Redis 6.2", NEW: "Valkey 8.1 and 9.1", NEWEST: "Valkey 9.1"}
    rows = [f"| {titles[one.servers]} | {one.what} |" for one in DIFFERENCES]
    return "\n".join(["| server | what it does differently |", "|---|---|", *rows])
