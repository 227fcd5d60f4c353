"""What operations are called with: few keys and values, so that they meet, and every edge there is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests.side_by_side.sides import GRID

Strategy: TypeAlias = st.SearchStrategy[Any]

# Seen through the prefixes "", "a" and "a[1]*:", some of these are the same full
# key, and some are what a prefix would match were it a pattern.
KEYS = [
    "", "k", "list", "hash", "lock", "é\n", "*", "\\", "a1:k", "a[1]*:k", "[1]*:k", "a[1]*:lock",
    "singleflight:lock:k",
]  # fmt: skip


def mostly(usual: Sequence[Any], rest: Sequence[Any]) -> Strategy:
    """Return one of the usual ones four times out of five: what is never met again finds nothing."""
    return st.sampled_from([*list(usual) * max(1, 4 * len(rest) // len(usual)), *rest])


VALUE_KEY = mostly(["k"], KEYS)
LIST_KEY = mostly(["list"], KEYS)
HASH_KEY = mostly(["hash"], KEYS)
LOCK_KEY = mostly(["lock"], KEYS)
ANY_KEY = mostly(["k", "k", "k", "list", "hash", "lock"], KEYS)
FIELD = st.sampled_from(["", "f", "g", "é"])

_ALIKE = [
    1, 1.0, True, "1", b"1", None, "", 0, False,
    {"f": 1}, {"f": 1.0}, {"f": True}, {"f": None}, {"f": {"g": [1]}}, {"f": {"g": [1.0]}}, {},
    [1], (1,), [True], [],
]  # fmt: skip
INT64_END = 2**63
_EDGES = [INT64_END - 1, -INT64_END, INT64_END - 2, INT64_END, -INT64_END - 1, 2**64, 2**53 + 1]
_TEXTS = ["5", " 5", "+5", "05", "-0", "5.0", "1e3", "1_000", "\u0665", "é", "\n", "\0", "a[1]*:"]
_WIRES = [b"", b"5", b"05", b"-0", b"\xff", b'"x"', b"[1", b'{"f":1}', b"null"]
_REFUSED = ["\ud800", {1: 2}, {"f": {1}}, float("nan"), float("-inf"), datetime(2030, 1, 1, tzinfo=UTC)]
_NESTED: Strategy = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(width=32) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(FIELD, inner, max_size=2),
    max_leaves=4,
)

SMALL = mostly([1, True, "1", {"f": 1}, {"f": True}, [1]], _ALIKE)
VALUE = st.one_of(
    SMALL,
    SMALL,
    SMALL,
    SMALL,
    st.sampled_from([*_EDGES, -0.0, 5.9, 1e300, *_TEXTS]),
    st.sampled_from([*_WIRES, *_REFUSED]),
    _NESTED,
)
RECORD = mostly([{"f": 1}, {"f": True}], [{}, {"f": 1.0}, {"f": None, "g": [1]}, {"f": {1}}, {"\ud800": 1}])
INTEGER = mostly([1, 0, -1, 2, -2, -3], [*_EDGES, -INT64_END + 1])

FAR = 9 * 10**15 + GRID // 2
"""Seconds, as a ttl: int64 milliseconds are not left yet, but floats no longer tell them apart."""


LIFETIME = mostly(
    [GRID // 2, GRID / 2, GRID + GRID // 2, timedelta(seconds=GRID + GRID // 2)],
    [2.5 * GRID, 3.5 * GRID, FAR],
)
TTL = st.sampled_from([True, False]).flatmap(lambda named: LIFETIME if named else st.none())
NO_LIFETIME = st.sampled_from([0, 0.0, -0.5, -1, -1e-9, timedelta(0), timedelta(-1), -FAR])

_PROMISED = (
    "*", "**", "", "k", "?", "??", "a*", "[!k]", "[^k]", "[^a]", "[k", "[j-]", "[l-j]*", "[]k]", r"\k", "\\",
    "[!k]*", "[^k]*", r"a\[1\]\*:*", "a[1]*:*", "??\n", "*/*", "{k,list}", "K",
)  # fmt: skip
_LETTERS = "kk[]^-\\**??!"
_TEXT_PATTERN = st.text(_LETTERS, max_size=5)
PATTERN = st.one_of(st.just("*"), st.sampled_from(_PROMISED), _TEXT_PATTERN)
SOME_PATTERN = st.one_of(st.sampled_from(_PROMISED), _TEXT_PATTERN)
"""Seldom one for everything."""

BULK = st.lists(ANY_KEY, max_size=4)
