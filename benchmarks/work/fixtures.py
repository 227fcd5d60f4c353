"""The fixtures: what an operation costs that is recorded, may be let fail, and is watched for leaks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from benchmarks.batch import reads, writes
from benchmarks.measure import Batch, Effort, Sampler, timed
from benchmarks.roster import MINE, TTL
from benchmarks.row import Row, Section
from benchmarks.subjects import OURS, Store, Subject
from benchmarks.targets import Against
from benchmarks.work.shared import open_shared
from benchmarks.work.values import KEYS, TEXT
from cache_provider import MemoryServer
from cache_provider.testing.kit import CacheKit, Double, KitOptions

NAME = "fixture"

Opening: TypeAlias = Callable[[], tuple[Store, Callable[[], None]]]
"""Returns a store that is watched, and what clears its record."""

FIXTURES = Section(
    name="fixtures",
    title="The fixtures",
    note="The fixture `cache_provider` beside the bare double on a `server=`, which is what it wraps: each "
    "operation is recorded with arguments, result and line, may be let fail, and is watched for leaks. The "
    "record is cleared after each sample. And the fixture `cache_redis` beside the same client of redis-py "
    "on a bare `MemoryServer`.",
    cast=lambda _effort: (MINE, replace(MINE, name=NAME, is_alias=True)),
    ours=NAME,
)


def _row(
    name: str,
    title: str,
    batch: Callable[[Store], Batch],
    *,
    watched: Opening | None = None,
    bare: Callable[[], Store] = open_shared,
) -> Row:
    def prepare(subject: Subject, effort: Effort) -> Sampler:
        store, clear = (watched or _recorded)() if subject.name == NAME else (bare(), None)
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


def _client_recorded() -> tuple[Store, Callable[[], None]]:
    """Return the client that a test gets, and what clears its record."""
    options = KitOptions()
    kit = CacheKit(Double(options, None), options)
    return _of_client(kit.clients.redis()), kit.calls.clear


def _client() -> Store:
    return _of_client(MemoryServer().redis())


def _of_client(client: Any) -> Store:
    return Store(get=client.get, set=client.set, incr=client.incr)


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
    _row("redis-get", "GET hit by redis-py", _get, watched=_client_recorded, bare=_client),
    _row("redis-set-ttl", "SET … EX by redis-py", _set_ttl, watched=_client_recorded, bare=_client),
    _row("redis-incr", "INCR by redis-py", _incr, watched=_client_recorded, bare=_client),
)
