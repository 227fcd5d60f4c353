"""Putting several entries where readers without the mutex see none of them, or all."""

from collections.abc import Collection, Iterable
from itertools import chain, repeat

from cache_provider.memory.entry import Entry, Stored
from cache_provider.memory.order import NEVER, NOWHERE
from cache_provider.threads import HAS_GIL

_UNDER_WAY: Entry = (None, -NEVER, NOWHERE)
"""Stands under every key before the first new entry does. Expired, it sends anyone who reads it without the
mutex to the mutex, and so behind the write."""


def publish(entries: dict[str, Stored], full_keys: Collection[str], new: Collection[Stored]) -> None:
    """Put entries under several keys; the caller holds the mutex.

    In one call into C, so that no exception from outside comes between. Under the
    GIL such a call is one moment. Without it readers run meanwhile: so what is
    `_UNDER_WAY` is put under all keys first, and who finds something new finds
    nothing old any more.
    """
    pairs: Iterable[tuple[str, Stored]] = zip(full_keys, new, strict=True)
    if not HAS_GIL:
        pairs = chain(zip(full_keys, repeat(_UNDER_WAY), strict=False), pairs)
    # What ended as it is written over might let others run: a claim that is the last to know a thread does.
    old = list(map(entries.get, full_keys))
    entries.update(pairs)
    del old
