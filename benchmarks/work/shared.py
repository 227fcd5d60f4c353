"""Where users are: adapters with a prefix on a server that others share, and values that are nested."""

from collections.abc import Callable

from benchmarks.batch import reads, writes
from benchmarks.measure import Effort, Sampler, timed
from benchmarks.roster import MINE, SUBJECTS, TTL
from benchmarks.row import Pace, Row, Section
from benchmarks.subjects import FLOOR, Store, Subject
from benchmarks.targets import BYTES, Against, AtMost
from benchmarks.work import locks, memory, values
from cache_provider import InMemoryCacheAdapter, MemoryServer

NAME = "shared"
NESTED = {"id": 42, "name": "Ada", "tags": ["a", "b"], "active": True, "score": 1.5}


def open_shared() -> Store:
    """Return an adapter with a prefix, on a server that others may use as well."""
    cache = InMemoryCacheAdapter("cache:", server=MemoryServer())
    return Store(get=cache.get, set=cache.set, ttl=TTL, incr=cache.incr, lock=cache.get_lock)


SHARED = Subject(
    name=NAME,
    module="cache_provider",
    distribution=None,
    note="InMemoryCacheAdapter with a prefix on a `server=`, as fixtures and most applications have it",
    open=open_shared,
    is_alias=True,
)

SECTION = Section(
    name="shared",
    title="On a shared server",
    note="The double with a prefix, on a server that others share, beside one that has a server of its own. "
    "A nested value is a dict of five fields, one of them a list.",
    cast=lambda _effort: (*(each for each in SUBJECTS if each.name in (FLOOR, "django")), MINE, SHARED),
    ours=NAME,
    reference=NAME,
)


def _nested(store: Store) -> None:
    writes(store, store.set, values.KEYS, NESTED, None)(1)
    found = store.get(values.KEYS[0])
    if found != NESTED:
        raise ValueError(f"read back {found!r}")


def _get_nested(subject: Subject, effort: Effort) -> Sampler:
    store = subject.open()
    _nested(store)
    return timed(reads(store, store.get, values.KEYS), operations=len(values.KEYS), target_ns=effort.batch_ns)


def _set_nested(subject: Subject, effort: Effort) -> Sampler:
    store = subject.open()
    batch = writes(store, store.set, values.KEYS, NESTED, None)
    return timed(batch, operations=len(values.KEYS), target_ns=effort.batch_ns)


def _row(name: str, title: str, prepare: Callable[[Subject, Effort], Sampler | None], target: Against) -> Row:
    return Row(section=SECTION, name=f"shared-{name}", title=title, prepare=prepare, targets=(target,))


ROWS = (
    _row("get", "get hit, 20-char str, shared", values.get_hit, Against(1.4)),
    _row("set-ttl", "set with ttl, 20-char str, shared", values.set_ttl, Against(3)),
    _row("incr", "incr, shared", values.incr, Against(1.5)),
    _row("lock", "lock acquire + release, new handle, shared", locks.acquire_release, Against(3)),
    _row("get-nested", "get a nested dict, shared", _get_nested, Against(0.7, "django")),
    _row("set-nested", "set a nested dict, shared", _set_nested, Against(0.6, "django")),
    Row(
        section=SECTION,
        name="shared-memory",
        title="memory per 20-char entry, {some}, shared",
        prepare=memory.per_entry,
        targets=(AtMost(190, BYTES),),
        unit=BYTES,
        pace=Pace.ONCE,
    ),
)
