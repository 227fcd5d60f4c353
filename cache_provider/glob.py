r"""Redis' match patterns, compiled once (`KEYS`, `SCAN MATCH`).

Redis matches bytes with its own rules, not `fnmatch`'s: `?` is one byte, `]`
always closes a class, a range swaps its ends, `!` negates nothing, and `\`
escapes. Each pattern becomes one regular expression over the key's bytes.
"""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

_SPECIAL = frozenset("*?[\\")
_NEVER = "(?!)"
_ANY_BYTE = "."


def escape(text: str) -> str:
    r"""Return a pattern that matches exactly `text`.

    >>> escape("a[1]*:")
    'a\\[1]\\*:'
    """
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in text)


def is_only_stars(pattern: str) -> bool:
    """Tell whether a pattern matches every key, the empty one too.

    Redis' own `KEYS` takes `**` for more than `*` in one place only: the empty key.
    """
    return bool(pattern) and not pattern.strip("*")


class Glob:
    """A compiled pattern.

    Matching is by bytes of UTF-8, case-sensitive. Class ranges with non-ASCII ends are
    not promised (Redis compares signed bytes on some platforms).

    Args:
        pattern: A pattern in Redis' syntax.
    """

    def __init__(self, pattern: str) -> None:
        octets = _octets(pattern)
        self._matches_all = is_only_stars(pattern)
        # What every match starts and ends with: asking a `str` turns most keys away in a third of the
        # time that the expression takes to refuse them.
        self._head = _literal_head(octets)
        self._tail = _literal_tail(octets)
        self._match = re.compile(_translate(octets), re.DOTALL).fullmatch

    def matches(self, key: str) -> bool:
        """Tell whether `key` matches."""
        return bool(self.select([key]))

    def select(self, keys: Collection[str]) -> list[str]:
        """Return the keys that match, in their order."""
        if self._matches_all:
            return list(keys)
        if not "".join(keys).isascii():
            return [key for key in keys if self._match(key if key.isascii() else _octets(key))]
        head, tail = self._head, self._tail
        if head:
            keys = [key for key in keys if key.startswith(head)]
        if tail:
            keys = [key for key in keys if key.endswith(tail)]
        return list(filter(self._match, keys))


@lru_cache(maxsize=256)
def compile_glob(pattern: str) -> Glob:
    """Return the compiled form of `pattern`, from a small cache."""
    return Glob(pattern)


def _octets(text: str) -> str:
    """Return the bytes of `text` as characters, so that one `.` is one byte."""
    return text.encode(errors="surrogateescape").decode("latin-1")


def _literal_head(octets: str) -> str:
    for position, char in enumerate(octets):
        if char in _SPECIAL:
            return octets[:position]
    return octets


def _literal_tail(octets: str) -> str:
    """Return what stands behind the last star, where nothing before it could change its meaning."""
    before, star, tail = octets.rpartition("*")
    is_plain = star and _SPECIAL.isdisjoint(tail) and not _SPECIAL.difference("*").intersection(before)
    return tail if is_plain else ""


def _translate(octets: str) -> str:
    """Return the expression; each run up to the next star is an atomic group.

    Taking the first place where a run fits is always right when a star follows,
    and not going back keeps `a*a*a*a*b` from taking exponential time.
    """
    runs: list[list[str]] = [[]]
    for atom in _atoms(octets):
        if atom == "*":
            runs.append([])
        else:
            runs[-1].append(atom)
    head, *rest = ("".join(run) for run in runs)
    if not rest:
        return head
    *middle, tail = rest
    return head + "".join(f"(?>.*?{run})" for run in middle if run) + f".*{tail}"


def _atoms(octets: str) -> Iterator[str]:
    """Yield one expression for each byte-matching element, and `*` for a star."""
    position = 0
    while position < len(octets):
        char = octets[position]
        position += 1
        if char == "*":
            yield "*"
        elif char == "?":
            yield _ANY_BYTE
        elif char == "[":
            atom, position = _class(octets, position)
            yield atom
        else:
            if char == "\\" and position < len(octets):
                char = octets[position]
                position += 1
            yield re.escape(char)


def _class(octets: str, position: int) -> tuple[str, int]:
    """Read a class whose `[` lies before `position`; return its expression and what follows.

    An unclosed class acts as closed; an empty one matches nothing, negated any byte.
    """
    negated = octets.startswith("^", position)
    if negated:
        position += 1
    members: list[str] = []
    while position < len(octets) and octets[position] != "]":
        member, position = _member(octets, position)
        members.append(member)
    closed = position + 1
    if not members:
        return (_ANY_BYTE if negated else _NEVER), closed
    return f"[{'^' if negated else ''}{''.join(members)}]", closed


def _member(octets: str, position: int) -> tuple[str, int]:
    """Read one byte or one range of a class. A range takes whatever byte ends it, a `]` too."""
    if octets[position] == "\\" and position + 1 < len(octets):
        return re.escape(octets[position + 1]), position + 2
    if octets[position + 1 : position + 2] == "-" and position + 2 < len(octets):
        low, high = sorted((octets[position], octets[position + 2]))
        return f"{re.escape(low)}-{re.escape(high)}", position + 3
    return re.escape(octets[position]), position + 1
