"""Reads, writes and counters on a hundred keys, one at a time and all at once."""

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

from benchmarks.measure import Batch, Effort, Sampler, timed
from benchmarks.row import Row
from benchmarks.subjects import Store, Subject
from benchmarks.targets import MICROSECONDS, Against, AheadOfPeers

KEYS = [f"user:{number:04d}" for number in range(100)]
ABSENT = [f"none:{number:04d}" for number in range(100)]
TEXT = "twenty characters ok"
SMALL_DICT = {"id": 4711, "name": "Ada Lovelace", "email": "ada@example.org", "admin": False}


def reading(get: Callable[[str], object], keys: Sequence[str]) -> Batch:
    """Return a batch of one call with each key; `incr` has the same shape."""

    def run(repetitions: int) -> None:
        for _ in repeat(None, repetitions):
            for key in keys:
                get(key)

    return run


def writing(set_: Callable[..., object], keys: Sequence[str], value: object, ttl: object) -> Batch:
    """Return a batch of one write to each key; without a ttl where the store knows none."""

    def run_with_ttl(repetitions: int) -> None:
        for _ in repeat(None, repetitions):
            for key in keys:
                set_(key, value, ttl)

    def run(repetitions: int) -> None:
        for _ in repeat(None, repetitions):
            for key in keys:
                set_(key, value)

    return run if ttl is None else run_with_ttl


def _single(batch: Batch, effort: Effort) -> Sampler:
    return timed(batch, operations=len(KEYS), target_ns=effort.batch_ns)


def _filled(subject: Subject, *, with_ttl: bool = True) -> Store:
    store = subject.open()
    writing(store.set, KEYS, TEXT, store.ttl if with_ttl else None)(1)
    if store.get(KEYS[0]) not in (TEXT, TEXT.encode()):
        raise ValueError(f"read back {store.get(KEYS[0])!r}")
    return store


def _get_hit(subject: Subject, effort: Effort) -> Sampler:
    return _single(reading(_filled(subject, with_ttl=False).get, KEYS), effort)


def _get_hit_ttl(subject: Subject, effort: Effort) -> Sampler:
    return _single(reading(_filled(subject).get, KEYS), effort)


def _get_miss(subject: Subject, effort: Effort) -> Sampler:
    return _single(reading(_filled(subject).get, ABSENT), effort)


def _set_ttl(subject: Subject, effort: Effort) -> Sampler:
    store = subject.open()
    return _single(writing(store.set, KEYS, TEXT, store.ttl), effort)


def _get_dict(subject: Subject, effort: Effort) -> Sampler:
    store = subject.open()
    get = store.get_dict or store.get
    writing(store.set_dict or store.set, KEYS, SMALL_DICT, store.ttl)(1)
    if get(KEYS[0]) != SMALL_DICT:
        raise ValueError(f"read back {get(KEYS[0])!r}")
    return _single(reading(get, KEYS), effort)


def _set_dict(subject: Subject, effort: Effort) -> Sampler:
    store = subject.open()
    return _single(writing(store.set_dict or store.set, KEYS, SMALL_DICT, store.ttl), effort)


def _incr(subject: Subject, effort: Effort) -> Sampler | None:
    store = subject.open()
    if store.incr is None:
        return None
    # Not every peer counts from nothing.
    writing(store.set, KEYS, 1, None)(1)
    return _single(reading(store.incr, KEYS), effort)


def _bulk(operation: Callable[[Any], object], argument: object, effort: Effort) -> Sampler:
    def run(repetitions: int) -> None:
        for _ in repeat(None, repetitions):
            operation(argument)

    return timed(run, operations=1, target_ns=effort.batch_ns)


def _mget(subject: Subject, effort: Effort) -> Sampler | None:
    store = _filled(subject)
    if store.mget is None:
        return None
    return _bulk(store.mget, KEYS, effort)


def _mset(subject: Subject, effort: Effort) -> Sampler | None:
    store = subject.open()
    if store.mset is None:
        return None
    return _bulk(store.mset, dict.fromkeys(KEYS, TEXT), effort)


ROWS = (
    Row(
        name="get-hit",
        title="get hit, 20-char str",
        prepare=_get_hit,
        targets=(Against(1.4), AheadOfPeers()),
    ),
    Row(
        name="get-hit-ttl",
        title="get hit with ttl, 20-char str",
        prepare=_get_hit_ttl,
        targets=(Against(1.4), AheadOfPeers()),
    ),
    Row(name="get-miss", title="get miss", prepare=_get_miss, targets=(Against(1.0),)),
    Row(name="set-ttl", title="set with ttl, 20-char str", prepare=_set_ttl, targets=(Against(3.0),)),
    Row(
        name="get-dict",
        title="get a small dict with ttl",
        prepare=_get_dict,
        targets=(Against(1.0, "upstream"),),
    ),
    Row(
        name="set-dict",
        title="set a small dict with ttl",
        prepare=_set_dict,
        targets=(Against(1.0, "upstream"),),
    ),
    Row(name="incr", title="incr", prepare=_incr, targets=(Against(1.5),)),
    Row(name="mget", title="mget 100", prepare=_mget, targets=(Against(2.5),), unit=MICROSECONDS),
    Row(name="mset", title="mset 100", prepare=_mset, targets=(Against(8.0),), unit=MICROSECONDS),
)
