"""What a server keeps for one key, and how an operation sees it.

An operation sees an `Entry`: payload, deadline and page. That is also what is
kept, in a tuple, except for scalars that never expire, the most of what is
stored without a ttl: those are kept bare, which takes 80 bytes less and makes
writing a hundred of them one step in C. Whoever wants to know whether an entry
that it saw is still there compares what was kept by identity: a bare scalar
that went and came back is the same state again.
"""

from typing import TypeAlias

from cache_provider.memory.order import NOWHERE, Page
from cache_provider.memory.payload import Payload

Entry: TypeAlias = tuple[Payload, int | None, Page]
"""What a key holds, its deadline (milliseconds; None: persistent) and its page. Replaced, never changed."""

Stored: TypeAlias = Entry | str | int | float | bytes
"""An entry, or the payload alone of one that is kept bare."""

BARE: frozenset[type] = frozenset({str, int, float, bool, bytes})
"""The types of payloads that are kept bare where they never expire."""

ANYTHING: Entry = (None, None, NOWHERE)
"""Stands for any state of a key, where a write is told what it must find."""


def bare_of(payload: Payload) -> Stored | None:
    """Return a payload that is kept bare where it never expires, None for any other."""
    return payload if isinstance(payload, (str, int, float, bytes)) else None


def stored_of(entry: Entry) -> Stored:
    """Return what is kept of an entry."""
    bare = None if entry[1] is not None else bare_of(entry[0])
    return entry if bare is None else bare


def entry_of(stored: Stored) -> Entry:
    """Return the entry of what is kept; where that is bare, without its page."""
    return stored if isinstance(stored, tuple) else (stored, None, NOWHERE)
