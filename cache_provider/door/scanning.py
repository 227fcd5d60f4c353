"""SCAN and its family.

A key that stays is found by SCAN exactly once. The others answer all at once:
what a key holds is walked at one moment, so nothing can be missed or come twice.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cache_provider.door.encodings import kind_of
from cache_provider.door.names import key_of, name_of
from cache_provider.door.numbers import integer
from cache_provider.door.replies import Refusal, Reply, syntax_error
from cache_provider.door.table import Arguments
from cache_provider.door.view import View
from cache_provider.glob import compile_glob

_DEFAULT_COUNT = 10
_UINT64 = 2**64
_CURSOR = re.compile(rb"(?:[+-]?\d+)?").fullmatch


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What stands behind the cursor."""

    pattern: bytes | None
    count: int
    kind: bytes | None


def read_cursor(text: bytes) -> int:
    """Return a cursor's number.

    Raises:
        Refusal: It is none.
    """
    if not _CURSOR(text) or abs(int(text or b"0")) >= _UINT64:
        raise Refusal("ERR invalid cursor")
    return int(text or b"0") % _UINT64


def read_options(words: Arguments, *, takes_type: bool) -> ScanOptions:
    """Return the options of one of the family."""
    pattern, count, kind = None, _DEFAULT_COUNT, None
    for position in range(0, len(words), 2):
        option = words[position].upper()
        if position + 1 >= len(words):
            raise syntax_error()
        value = words[position + 1]
        if option == b"COUNT":
            count = integer(value)
            if count < 1:
                raise syntax_error()
        elif option == b"MATCH":
            pattern = value
        elif option == b"TYPE" and takes_type:
            kind = value
        else:
            raise syntax_error()
    return ScanOptions(pattern, count, kind)


def scan_keys(view: View, arguments: Arguments) -> Reply:
    """Answer SCAN."""
    cursor = read_cursor(arguments[0])
    options = read_options(arguments[1:], takes_type=True)
    next_cursor, names = view.scan(cursor, options.count)
    if options.pattern is not None:
        names = compile_glob(name_of(options.pattern)).select(names)
    if options.kind is not None:
        names = [name for name in names if _is_of_kind(view, name, options.kind)]
    return [b"%d" % next_cursor, [key_of(name) for name in names]]


def _is_of_kind(view: View, name: str, kind: bytes) -> bool:
    found = view.entry(name)
    return found is not None and kind_of(found[0]) == kind.lower()


def select(members: Iterable[bytes], pattern: bytes | None) -> list[bytes]:
    """Return those that match."""
    if pattern is None:
        return list(members)
    return [
        key_of(name)
        for name in compile_glob(name_of(pattern)).select([name_of(member) for member in members])
    ]
