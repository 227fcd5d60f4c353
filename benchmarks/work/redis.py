"""A real server: what our adapter adds to redis-py's own calls of the same commands."""

from benchmarks.batch import loop
from benchmarks.measure import Effort, Sampler, timed
from benchmarks.row import Pace, Prepare, Row, Section
from benchmarks.servers import ADAPTER, BARE, PAIR, WAITERS
from benchmarks.subjects import Subject
from benchmarks.targets import MICROSECONDS, MILLISECONDS, Against, AtMost
from benchmarks.work.locks import acquire_release, fenced, hand_off, renewed
from benchmarks.work.values import KEYS, TEXT, get_hit, get_miss, incr, mget, mset, set_ttl

REDIS = Section(
    name="redis",
    title="Our Redis adapter beside bare redis-py",
    note="One server on a unix socket, the same commands; the adapter's keys have a prefix and its values "
    "are JSON. mset with ttl: `SET PX` for each in one `MULTI` pipeline. lock: `SET NX PX` and a script that "
    "compares and deletes.",
    cast=lambda _effort: PAIR,
    ours=ADAPTER,
    reference=BARE,
)


WAITING = Section(
    name="redis-locks",
    title="Locks on a real Redis",
    note="One server on a unix socket. hand-off: as of the locks above; redis-py's is its own `Lock`.",
    cast=lambda _effort: WAITERS,
    ours=ADAPTER,
    reference=BARE,
)


def _mset_ttl(subject: Subject, effort: Effort) -> Sampler:
    store = subject.open()
    values = dict.fromkeys(KEYS, TEXT)
    call = {"mset": store.mset_with_ttl, "values": values, "ttl": store.ttl}
    return timed(
        loop(store, "mset(values, ttl)", "_ in (None,)", **call), operations=1, target_ns=effort.batch_ns
    )


def _row(name: str, title: str, prepare: Prepare, limit: float = 1.25) -> Row:
    return Row(
        section=REDIS,
        name=f"redis-{name}",
        title=f"{title}, our Redis adapter",
        prepare=prepare,
        targets=(Against(limit, BARE),),
        unit=MICROSECONDS,
    )


ROWS = (
    _row("get", "get hit", get_hit),
    _row("get-miss", "get miss", get_miss),
    _row("set-ttl", "set with ttl", set_ttl),
    _row("incr", "incr", incr),
    _row("mget", "mget 100", mget, 1.5),
    _row("mset", "mset 100", mset, 1.5),
    _row("mset-ttl", "mset 100 with ttl", _mset_ttl, 1.5),
    _row("lock", "lock acquire + release, new handle", acquire_release),
    Row(
        section=WAITING,
        name="redis-lock-fenced",
        title="the same, fenced, our Redis adapter",
        prepare=fenced,
        unit=MICROSECONDS,
    ),
    Row(
        section=WAITING,
        name="redis-lock-renewed",
        title="the same, renewed, our Redis adapter",
        prepare=renewed,
        unit=MICROSECONDS,
    ),
    Row(
        section=WAITING,
        name="redis-hand-off",
        title="hand-off of a contended lock, our Redis adapter",
        prepare=hand_off,
        targets=(AtMost(2, MILLISECONDS),),
        unit=MICROSECONDS,
        pace=Pace.RARE,
    ),
)
