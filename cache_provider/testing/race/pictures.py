"""What a store holds at one moment, in a form that can be kept and compared."""

from copy import copy
from typing import Any, TypeAlias

from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.payload import Claim, Compound

Picture: TypeAlias = dict[str, object]
"""By full key, in the order in which they were made: what the key holds, and until when."""


def picture_of(keyspace: Keyspace) -> Picture:
    """Return what the store holds now, expired entries included."""
    return {
        full_key: _kept(stored) if isinstance(stored, tuple) else stored
        for full_key, stored in keyspace.entries.items()
    }


def live_picture_of(keyspace: Keyspace, full_keys: frozenset[str] | None, now_ms: int) -> Picture:
    """Return what those of some keys hold that are live, None for all keys; in no order."""
    entries = keyspace.entries
    picture: Picture = {}
    for full_key in entries if full_keys is None else full_keys:
        stored = entries.get(full_key)
        if isinstance(stored, tuple):
            if stored[1] is None or now_ms < stored[1]:
                picture[full_key] = _kept(stored)
        elif stored is not None:
            picture[full_key] = stored
    return picture


def _kept(entry: tuple[Any, int | None, Any]) -> object:
    payload: object = entry[0]
    deadline = entry[1]
    if type(payload) is Claim:
        return payload.token, deadline
    # Lists and hashes are changed in place behind a new entry.
    return (copy(payload) if isinstance(payload, Compound) else payload), deadline


def changed_key(before: Picture, now: Picture) -> str | None:
    """Return which key differs, in words that show no value; None if none does."""
    if before == now:
        return None
    full_key = next(key for key in (*before, *now) if key not in now or before.get(key, now) != now[key])
    if full_key not in now:
        return f"key {full_key!r} is not there"
    return f"key {full_key!r} {'holds something else' if full_key in before else 'is there'}"
