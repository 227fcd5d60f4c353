"""What a store holds at one moment, in a form that can be kept and compared."""

from collections.abc import Iterator
from copy import copy
from typing import Any, TypeAlias

from cache_provider.door.core import Core
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.payload import Claim, Compound
from cache_provider.memory.walking import deadlines

Picture: TypeAlias = dict[str, object]
"""By full key, in the order in which they were made: what the key holds, and until when."""

_DATABASE = "\ud800 database"
"""No key can begin like that."""


def in_database(index: int, name: str) -> str:
    """Return a key as pictures name it: one of another database than the providers' with its number."""
    return name if not index else f"{_DATABASE} {index} {name}"


def _databases(keyspace: Keyspace) -> Iterator[tuple[int, Keyspace]]:
    """Yield the databases that clients have used, that of the providers first."""
    yield 0, keyspace
    core = keyspace.door
    if isinstance(core, Core):
        yield from ((index, core.database(index)) for index in core.used_databases() if index)


def picture_of(keyspace: Keyspace) -> Picture:
    """Return what the store holds now, expired entries included."""
    return {
        in_database(index, name): _kept(stored) if isinstance(stored, tuple) else stored
        for index, database in _databases(keyspace)
        for name, stored in database.entries.items()
    }


def deadlines_of(keyspace: Keyspace) -> dict[str, int]:
    """Return when each key expires that does, in milliseconds."""
    return {
        in_database(index, name): deadline
        for index, database in _databases(keyspace)
        for name, deadline in deadlines(database).items()
    }


def live_picture_of(keyspace: Keyspace, full_keys: frozenset[str] | None, now_ms: int) -> Picture:
    """Return what those of some keys hold that are live, None for all keys; in no order."""
    picture: Picture = {}
    for index, database in _databases(keyspace):
        for name, stored in database.entries.items():
            full_key = in_database(index, name)
            if full_keys is not None and full_key not in full_keys:
                continue
            if not isinstance(stored, tuple):
                picture[full_key] = stored
            elif stored[1] is None or now_ms < stored[1]:
                picture[full_key] = _kept(stored)
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
