"""Growth: what an operation costs in a store of a thousand keys, and in one of a million."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from benchmarks.batch import loop, reads, writes
from benchmarks.measure import Batch, Effort, Sampler, timed
from benchmarks.roster import MINE
from benchmarks.row import Pace, Row, Section, count
from benchmarks.subjects import Store, Subject
from benchmarks.targets import Flat
from benchmarks.work.keyspace import walk
from benchmarks.work.values import TEXT

HOT = 100
"""Keys that are used, spread over the whole store: the others are only there."""

LONG = timedelta(hours=1)


def _cast(effort: Effort) -> tuple[Subject, ...]:
    return tuple(replace(MINE, name=count(entries), is_alias=True) for entries in effort.sizes)


GROWTH = Section(
    name="growth",
    title="One store of ours as it grows",
    note="Time for one operation on a hundred keys spread over a store of so many, each with a ttl; for "
    "keys, time for each key in the store. That a large store is rarely in the processor's caches is in it.",
    cast=_cast,
    reference="1k",
)


def _entries(subject: Subject, effort: Effort) -> int:
    return next(entries for entries in effort.sizes if count(entries) == subject.name)


def _grown(subject: Subject, effort: Effort) -> tuple[Store, list[str]]:
    """Return a filled store and its hot keys, whose values are integers."""
    store, entries = subject.open(), _entries(subject, effort)
    if store.mset_with_ttl is None:
        raise ValueError("cannot be filled")
    names = [f"user:{number}" for number in range(entries)]
    store.mset_with_ttl(dict.fromkeys(names, TEXT), LONG)
    hot = names[:: entries // HOT]
    store.mset_with_ttl(dict.fromkeys(hot, 1), LONG)
    return store, hot


def _row(name: str, title: str, batch: Callable[[Store, list[str]], Batch], operations: int = HOT) -> Row:
    def prepare(subject: Subject, effort: Effort) -> Sampler:
        store, hot = _grown(subject, effort)
        return timed(batch(store, hot), operations=operations, target_ns=effort.batch_ns)

    return Row(section=GROWTH, name=f"growth-{name}", title=title, prepare=prepare, targets=(Flat(2),))


def _get(store: Store, hot: list[str]) -> Batch:
    return reads(store, store.get, hot)


def _set(store: Store, hot: list[str]) -> Batch:
    return writes(store, store.set, hot, TEXT, LONG)


def _incr(store: Store, hot: list[str]) -> Batch:
    if store.incr is None:
        raise ValueError("does not count")
    return reads(store, store.incr, hot)


def _sweep(store: Store, _hot: list[str]) -> Batch:
    return loop(store, "sweep()", "_ in (None,)", sweep=store.sweep)


def _scan(subject: Subject, effort: Effort) -> Sampler:
    scan = _grown(subject, effort)[0].scan
    if scan is None:
        raise ValueError("does not scan")
    return lambda: walk(scan)


def _keys(subject: Subject, effort: Effort) -> Sampler:
    store = _grown(subject, effort)[0]
    search = loop(store, "keys('user:*7')", "_ in (None,)", keys=store.keys)
    return timed(search, operations=_entries(subject, effort), target_ns=effort.batch_ns)


ROWS = (
    _row("get", "get, as the store grows", _get),
    _row("set", "set with ttl, as the store grows", _set),
    _row("incr", "incr, as the store grows", _incr),
    Row(
        section=GROWTH,
        name="growth-scan",
        title="scan page, as the store grows",
        prepare=_scan,
        targets=(Flat(2),),
    ),
    Row(
        section=GROWTH,
        name="growth-keys",
        title="keys for each key in the store, as it grows",
        prepare=_keys,
        targets=(Flat(2),),
        pace=Pace.RARE,
    ),
    _row("sweep", "sweep of nothing, as the store grows", _sweep, operations=1),
)
