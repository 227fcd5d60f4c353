"""What a server keeps for one key, and how an operation sees it.

An operation sees an `Entry`: payload, deadline and page. That is also what is
kept, in a tuple, except for scalars that never expire, the most of what is
stored without a ttl: those are kept bare, which takes a quarter less memory and
makes writing a hundred of them one step in C. Code that wants to know whether an
entry that it saw is still there compares what was kept by identity: a bare
scalar that went and came back is the same state again.
"""

from typing import TypeAlias

from cache_provider.memory.order import NOWHERE, Page
from cache_provider.memory.payload import Payload

Entry: TypeAlias = tuple[Payload, int | None, Page]
"""What a key holds, its deadline (milliseconds; None: persistent) and its page. Replaced, never changed."""

Change: TypeAlias = tuple[Payload, int | None]
"""What a key is to hold, and its deadline."""

Stored: TypeAlias = Entry | str | int | float | bytes
"""An entry, or the payload alone of one that is kept bare."""

_KEPT_BARE = (str, int, float, bytes)

BARE: frozenset[type] = frozenset({*_KEPT_BARE, bool})
"""The types of payloads that are kept bare where they never expire."""

ANYTHING: Entry = (None, None, NOWHERE)
"""Stands for any state of a key, where a write is told what it must find."""


def bare_of(payload: Payload) -> Stored | None:
    """Return a payload that is kept bare where it never expires, None for any other."""
    return payload if isinstance(payload, _KEPT_BARE) else None


def stored_of(entry: Entry) -> Stored:
    """Return what is kept of an entry."""
    payload = entry[0]
    return payload if entry[1] is None and isinstance(payload, _KEPT_BARE) else entry


def entry_of(stored: Stored) -> Entry:
    """Return the entry of what is kept; where that is bare, without its page."""
    return stored if isinstance(stored, tuple) else (stored, None, NOWHERE)
