"""The subjects of the table: the floor, our double, and whom people would pick instead."""

from datetime import timedelta
from functools import partial

from benchmarks.coroutines import ASYNCHRONOUS
from benchmarks.doubles import DOUBLES
from benchmarks.floor import ConditionLocks, Floor
from benchmarks.servers import REDIS
from benchmarks.subjects import FLOOR, OURS, TTL_SECONDS, Store, Subject
from cache_provider import InMemoryCacheAdapter

TTL = timedelta(seconds=TTL_SECONDS)


def _open_floor() -> Store:
    floor = Floor()
    return Store(
        get=floor.get,
        set=floor.set,
        incr=floor.incr,
        mget=floor.mget,
        mset=floor.mset,
        lock=floor.get_lock,
        waiting_lock=ConditionLocks().get_lock,
    )


def _open_ours() -> Store:
    cache = InMemoryCacheAdapter()
    return Store(
        get=cache.get,
        set=cache.set,
        ttl=TTL,
        incr=cache.incr,
        mget=cache.mget,
        mset=cache.mset,
        mset_with_ttl=cache.mset,
        lock=cache.get_lock,
        fenced_lock=partial(cache.get_lock, fenced=True),
        renewed_lock=partial(cache.get_lock, renew=True),
        keys=cache.keys,
        scan=lambda cursor: cache.scan("*", 100, cursor),
        sweep=cache.cleanup_expired,
    )


MINE = Subject(
    name=OURS,
    module="cache_provider",
    distribution=None,
    note="InMemoryCacheAdapter as it comes: JSON copies, ttl, prefix",
    open=_open_ours,
)

SUBJECTS = (
    Subject(
        name=FLOOR,
        module="threading",
        distribution=None,
        note="a threading.Lock around a dict: no ttl, no copies",
        open=_open_floor,
    ),
    MINE,
    *DOUBLES,
    *ASYNCHRONOUS,
    REDIS,
)
