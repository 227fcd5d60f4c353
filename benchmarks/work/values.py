"""Reads, writes and counters on a hundred keys, one at a time and all at once."""

from collections.abc import Callable
from typing import Any

from benchmarks.batch import reads, single, writes
from benchmarks.measure import Batch, Effort, Sampler, timed
from benchmarks.roster import SUBJECTS
from benchmarks.row import Row, Section
from benchmarks.subjects import Store, Subject
from benchmarks.targets import MICROSECONDS, Against, AheadOfPeers

KEYS = [f"user:{number:04d}" for number in range(100)]
ABSENT = [f"none:{number:04d}" for number in range(100)]
TEXT = "twenty characters ok"
SMALL_DICT = {"id": 4711, "name": "Ada Lovelace", "email": "ada@example.org", "admin": False}


VALUES = Section(
    name="values",
    title="Values and counters",
    note="A hundred keys, one at a time and, for mget and mset, all at once. Time for one call.",
    cast=lambda _effort: SUBJECTS,
)


def filled(subject: Subject, *, with_ttl: bool = True) -> Store:
    """Return a store that holds the text under all keys."""
    store = subject.open()
    writes(store, store.set, KEYS, TEXT, store.ttl if with_ttl else None)(1)
    found = store.done(store.get(KEYS[0]))
    # Bytes, JSON and wrapped in a dict, whatever the subject stores.
    if TEXT not in str(found):
        raise ValueError(f"read back {found!r}")
    return store


def _single(batch: Batch, effort: Effort) -> Sampler:
    return timed(batch, operations=len(KEYS), target_ns=effort.batch_ns)


def get_hit(subject: Subject, effort: Effort) -> Sampler:
    """Read what has no ttl."""
    store = filled(subject, with_ttl=False)
    return _single(reads(store, store.get, KEYS), effort)


def _get_hit_ttl(subject: Subject, effort: Effort) -> Sampler:
    store = filled(subject)
    return _single(reads(store, store.get, KEYS), effort)


def get_miss(subject: Subject, effort: Effort) -> Sampler:
    """Read what is not there."""
    store = filled(subject)
    return _single(reads(store, store.get, ABSENT), effort)


def set_ttl(subject: Subject, effort: Effort) -> Sampler:
    """Write with a ttl, where there are any."""
    store = subject.open()
    return _single(writes(store, store.set, KEYS, TEXT, store.ttl), effort)


def _get_dict(subject: Subject, effort: Effort) -> Sampler:
    store = subject.open()
    get = store.get_dict or store.get
    writes(store, store.set_dict or store.set, KEYS, SMALL_DICT, store.ttl)(1)
    found = store.done(get(KEYS[0]))
    if found != SMALL_DICT:
        raise ValueError(f"read back {found!r}")
    return _single(reads(store, get, KEYS), effort)


def _set_dict(subject: Subject, effort: Effort) -> Sampler:
    store = subject.open()
    return _single(writes(store, store.set_dict or store.set, KEYS, SMALL_DICT, store.ttl), effort)


def incr(subject: Subject, effort: Effort) -> Sampler | None:
    """Count."""
    store = subject.open()
    if store.incr is None:
        return None
    if store.is_local:
        # Not every peer counts from nothing.
        writes(store, store.set, KEYS, 1, None)(1)
    return _single(reads(store, store.incr, KEYS), effort)


def _bulk(store: Store, operation: Callable[[Any], object], argument: object, effort: Effort) -> Sampler:
    return timed(single(store, operation, argument), operations=1, target_ns=effort.batch_ns)


def mget(subject: Subject, effort: Effort) -> Sampler | None:
    """Read all keys in one call."""
    store = filled(subject)
    return None if store.mget is None else _bulk(store, store.mget, KEYS, effort)


def mset(subject: Subject, effort: Effort) -> Sampler | None:
    """Write all keys in one call."""
    store = subject.open()
    return None if store.mset is None else _bulk(store, store.mset, dict.fromkeys(KEYS, TEXT), effort)


ROWS = (
    Row(
        section=VALUES,
        name="get-hit",
        title="get hit, 20-char str",
        prepare=get_hit,
        targets=(Against(1.4), AheadOfPeers()),
    ),
    Row(
        section=VALUES,
        name="get-hit-ttl",
        title="get hit with ttl, 20-char str",
        prepare=_get_hit_ttl,
        targets=(Against(1.4), AheadOfPeers()),
    ),
    Row(section=VALUES, name="get-miss", title="get miss", prepare=get_miss, targets=(Against(1.0),)),
    Row(
        section=VALUES,
        name="set-ttl",
        title="set with ttl, 20-char str",
        prepare=set_ttl,
        targets=(Against(3.0),),
    ),
    Row(
        section=VALUES,
        name="get-dict",
        title="get a small dict with ttl",
        prepare=_get_dict,
        targets=(Against(1.0, "upstream"),),
    ),
    Row(
        section=VALUES,
        name="set-dict",
        title="set a small dict with ttl",
        prepare=_set_dict,
        targets=(Against(1.0, "upstream"),),
    ),
    Row(section=VALUES, name="incr", title="incr", prepare=incr, targets=(Against(1.5),)),
    Row(
        section=VALUES,
        name="mget",
        title="mget 100",
        prepare=mget,
        targets=(Against(2.5),),
        unit=MICROSECONDS,
    ),
    Row(
        section=VALUES,
        name="mset",
        title="mset 100",
        prepare=mset,
        targets=(Against(8.0),),
        unit=MICROSECONDS,
    ),
)
