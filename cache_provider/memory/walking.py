"""What goes along all keys of a keyspace: scans, counts and sweeps. None holds the mutex for long."""

from collections.abc import Callable, Collection, Iterable
from time import sleep

from cache_provider.memory.entry import entry_of
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.payload import Claim

_PAGES_PER_BREATH = 8
"""How many pages a sweep looks at before it lets other threads run: well below a millisecond's work."""

_BREATH = 1e-6
"""Real seconds; a sleep of 0 often takes the interpreter back before anybody else had it."""


def scan(keyspace: Keyspace, cursor: int, count: int) -> tuple[int, list[str]]:
    """Return the next cursor (0: the end) and the live keys of the next `count` slots."""
    next_cursor, full_keys = keyspace.mutex.run(keyspace.order.walk, cursor, count)
    return next_cursor, [full_key for full_key in full_keys if keyspace.peek(full_key) is not None]


def live_keys(keyspace: Keyspace, select: Callable[[Collection[str]], Iterable[str]] = iter) -> list[str]:
    """Return the live keys that `select` leaves, all as they are at one moment."""
    now = keyspace.clock.now_ms()
    entries = keyspace.copy()
    return [key for key in select(entries) if keyspace.was_live(key, entries[key], now)]


def size(keyspace: Keyspace) -> int:
    """Return the number of live entries at one moment; held locks do not count."""
    now = keyspace.clock.now_ms()
    return sum(
        keyspace.was_live(full_key, stored, now) and type(entry_of(stored)[0]) is not Claim
        for full_key, stored in keyspace.copy().items()
    )


def deadlines(keyspace: Keyspace) -> dict[str, int]:
    """Return when keys expire or expired, in milliseconds; those that never will are left out."""
    return {full_key: entry[1] for full_key, entry in keyspace.snapshot().items() if entry[1] is not None}


def sweep(keyspace: Keyspace) -> int:
    """Remove the expired entries that nobody touched; return how many were removed.

    Works page by page and lets other threads run between, so that none
    waits long. Costs next to nothing while nothing can have expired.
    """
    now = keyspace.clock.now_ms()
    if now < keyspace.order.soonest:
        return 0
    due = keyspace.mutex.run(keyspace.order.due, now)
    removed = 0
    # The last page first, and let go at once: pages that became empty are dropped from the end, and
    # all of a million keys' in one go would hold everybody up for milliseconds.
    while due:
        removed += keyspace.mutex.run(keyspace.sweep_page, due.pop(), now)
        if len(due) % _PAGES_PER_BREATH == 0:
            sleep(_BREATH)
    keyspace.mutex.run(keyspace.order.forget_past)
    return removed
