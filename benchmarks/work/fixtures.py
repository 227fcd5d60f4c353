"""The fixtures: what an operation costs that is recorded, may be let fail, and is watched for leaks."""

from collections.abc import Callable
from dataclasses import replace

from benchmarks.batch import reads, writes
from benchmarks.measure import Batch, Effort, Sampler, timed
from benchmarks.roster import MINE, TTL
from benchmarks.row import Row, Section
from benchmarks.subjects import OURS, Store, Subject
from benchmarks.targets import Against
from benchmarks.work.shared import open_shared
from benchmarks.work.values import KEYS, TEXT
from cache_provider.testing.kit import CacheKit, Double, KitOptions

NAME = "fixture"

FIXTURES = Section(
    name="fixtures",
    title="The fixtures",
    note="The fixture `cache_provider` beside the bare double on a `server=`, which is what it wraps: each "
    "operation is recorded with arguments, result and line, may be let fail, and is watched for leaks. The "
    "record is cleared after each sample.",
    cast=lambda _effort: (MINE, replace(MINE, name=NAME, is_alias=True)),
    ours=NAME,
)


def _row(name: str, title: str, batch: Callable[[Store], Batch]) -> Row:
    def prepare(subject: Subject, effort: Effort) -> Sampler:
        store, clear = _recorded() if subject.name == NAME else (open_shared(), None)
        writes(store, store.set, KEYS, 1, None)(1)
        work = batch(store)

        def cleared(repetitions: int) -> None:
            work(repetitions)
            if clear is not None:
                clear()

        return timed(cleared, operations=len(KEYS), target_ns=effort.batch_ns)

    return Row(
        section=FIXTURES, name=f"fixture-{name}", title=title, prepare=prepare, targets=(Against(4, OURS),)
    )


def _recorded() -> tuple[Store, Callable[[], None]]:
    """Return the store that a test gets, and what clears its record."""
    options = KitOptions()
    kit = CacheKit(Double(options, None), options)
    cache = kit.make()
    return Store(get=cache.get, set=cache.set, incr=cache.incr), kit.calls.clear


def _get(store: Store) -> Batch:
    return reads(store, store.get, KEYS)


def _set(store: Store) -> Batch:
    return writes(store, store.set, KEYS, TEXT, None)


def _set_ttl(store: Store) -> Batch:
    return writes(store, store.set, KEYS, TEXT, TTL)


def _incr(store: Store) -> Batch:
    if store.incr is None:
        raise ValueError("cannot count")
    return reads(store, store.incr, KEYS)


ROWS = (
    _row("get", "get hit, an integer", _get),
    _row("set", "set, 20-char str", _set),
    _row("set-ttl", "set with ttl, 20-char str", _set_ttl),
    _row("incr", "incr", _incr),
)
