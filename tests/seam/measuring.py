"""Finding out what an operation does by running it on the double, from every state there is."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cache_provider import DistributedLock, InMemoryCacheAdapter, ManualClock, MemoryServer, WrongTypeError
from cache_provider.arguments import moment_ms
from cache_provider.errors import CacheError, LockNotOwnedError
from cache_provider.testing.seam.effects import Effect, TtlEffect

KEY = "k"
START = datetime(2030, 1, 1, tzinfo=UTC)
OLD_TTL, NEW_TTL = 60, 30

ARGUMENTS: dict[str, Any] = {
    "key": KEY,
    "keys": [KEY],
    "mapping": {KEY: 9},
    "value": 9,
    "new_value": {"f": 2},
    "field": "f",
    "fields": ("f",),
    "expected": 1,
    "max_len": 5,
    "start": 0,
    "end": -1,
    "when": datetime(2030, 1, 1, 0, 10, tzinfo=UTC),
    "additional_time": 5,
}
"""What an operation is called with, by the name of the parameter; others keep their defaults."""

OPTIONS: dict[str, Any] = {"ttl": NEW_TTL, "keep_ttl": True}
"""What else it may be called with, one at a time."""

Put = Callable[[InMemoryCacheAdapter], object]

VALUES: dict[str, Put] = {
    "one": lambda cache: cache.set(KEY, 1),
    "five": lambda cache: cache.set(KEY, 5),
    "text": lambda cache: cache.set(KEY, "text"),
    "record": lambda cache: cache.set(KEY, {"f": 1}),
    "list": lambda cache: cache.push_limit(KEY, 1, 5),
    "longer list": lambda cache: (cache.push_limit(KEY, 1, 5), cache.push_limit(KEY, 2, 5)),
    "hash": lambda cache: cache.hset(KEY, "f", 1),
    "hash of five": lambda cache: cache.hset(KEY, "f", 5),
    "longer hash": lambda cache: (cache.hset(KEY, "f", 1), cache.hset(KEY, "g", 2)),
}

MISSING = object()


class HashItems(tuple[tuple[str, Any], ...]):
    """The fields of a hash with their values."""

    __slots__ = ()


@dataclass(frozen=True)
class Shown:
    """A key as it can be seen from outside.

    Attributes:
        value: Its value, list or hash; `MISSING` without one.
        ttl: Its whole seconds to live, None for a persistent one, -2 without a key.
    """

    value: Any
    ttl: int | None


@dataclass(frozen=True)
class Run:
    """One call of an operation on one state.

    Attributes:
        before: The key before it.
        after: The key after it.
        result: What it answered.
        counted: Whether it counted as a hit or a miss.
        waited: Whether it waited.
        options: What it was called with beyond what it needs.
    """

    before: Shown
    after: Shown
    result: Any
    counted: bool
    waited: bool
    options: dict[str, Any]

    @property
    def changed(self) -> bool:
        """Whether it left something else than it found."""
        return self.before != self.after


def measured(name: str) -> Effect:
    """Return what running the operation shows of it."""
    runs = list(lock_runs(name) if name.startswith("lock.") else key_runs(name))
    plain = [run for run in runs if not run.options]
    changes = [run for run in plain if run.changed]
    writes = bool(changes)
    return Effect(
        reads=len({repr(run.result) for run in plain}) > 1,
        writes=writes,
        removes=any(run.after.value is MISSING for run in changes if run.before.value is not MISSING),
        replaces=writes and all(run.after.value in GIVEN for run in changes),
        ttl=ttl_effect(runs),
        conditional=writes
        and len(changes) < len(plain)
        and all(run.changed == bool(run.result) for run in plain),
        blind=writes and len({repr(named_part(run.after.value)) for run in plain}) == 1,
        counts=any(run.counted for run in plain),
        waits=any(run.waited for run in runs),
    )


GIVEN = [ARGUMENTS["value"], ARGUMENTS["new_value"]]
"""The values that an operation on a whole value is given. (A record and a hash look alike: see `shown`.)"""


def named_part(value: Any) -> Any:
    """Return of a hash no more than the field that operations name, and all of anything else."""
    if not isinstance(value, HashItems):
        return value
    return HashItems(pair for pair in value if pair[0] == ARGUMENTS["field"]) or MISSING


def ttl_effect(runs: list[Run]) -> TtlEffect | None:
    """Return what becomes of the ttl of keys that had one and stay."""
    kept = list(stayed(runs))
    if not kept:
        return "replaced" if any(run.changed and run.after.ttl != -2 for run in runs) else None
    if all(run.before.value == run.after.value for run in kept):
        return "changed"
    without = {run.after.ttl for run in kept if not run.options}
    given = {run.after.ttl for run in kept if "ttl" in run.options}
    if without == {None}:
        return "replaced"
    return "kept unless given" if given == {NEW_TTL} else "kept"


def stayed(runs: Iterable[Run]) -> Iterator[Run]:
    """Yield those in which a key with a ttl was changed and is still there."""
    return (run for run in runs if run.changed and run.before.ttl == OLD_TTL and run.after.ttl != -2)


# Operations on keys


def key_runs(name: str) -> Iterator[Run]:
    """Yield a run of the operation on each state of its key on which it is legal."""
    parameters = inspect.signature(getattr(InMemoryCacheAdapter, name)).parameters
    optional = {each.name for each in parameters.values() if each.default is not inspect.Parameter.empty}
    choices = [{option: value} for option, value in OPTIONS.items() if option in optional]
    for options in ({}, *choices):
        for put in (None, *VALUES.values()):
            for ttl in (None,) if put is None else (None, OLD_TTL):
                try:
                    yield key_run(name, put, ttl, options)
                except (CacheError, ValueError):  # not an operation on such a key
                    continue


def key_run(name: str, put: Put | None, ttl: int | None, options: dict[str, Any]) -> Run:
    """Run an operation on one state of its key."""
    server = MemoryServer(clock=ManualClock(START))
    cache = InMemoryCacheAdapter(server=server)
    if put is not None:
        put(cache)
    if ttl is not None:
        cache.expire(KEY, ttl)
    before, stats = shown(server), cache.stats()
    result = called(getattr(cache, name), options)
    now = cache.stats()
    counted = (now.hits, now.misses) != (stats.hits, stats.misses)
    return Run(before, shown(server), result, counted, waited=False, options=options)


def called(method: Callable[..., Any], options: dict[str, Any]) -> Any:
    """Call a method with what its parameters are named."""
    positional, named = list[Any](), dict[str, Any]()
    for parameter in inspect.signature(method).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            positional.extend(ARGUMENTS[parameter.name])
        elif parameter.name in options:
            named[parameter.name] = options[parameter.name]
        elif parameter.name == "ttl" and parameter.default is inspect.Parameter.empty:
            named["ttl"] = NEW_TTL
        elif parameter.default is inspect.Parameter.empty:
            positional.append(ARGUMENTS[parameter.name])
    return method(*positional, **named)


def shown(server: MemoryServer) -> Shown:
    """Return the key as it is, looked at through an adapter of its own."""
    cache = InMemoryCacheAdapter(server=server)
    if not cache.exists(KEY):
        return Shown(MISSING, -2)
    for look in LOOKS:
        try:
            return Shown(look(cache), cache.ttl(KEY))
        except WrongTypeError:
            continue
    raise AssertionError("a key is a value, a list or a hash")


LOOKS: tuple[Callable[[InMemoryCacheAdapter], Any], ...] = (
    lambda cache: cache.get(KEY),
    lambda cache: tuple(cache.list_range(KEY, 0, -1)),
    lambda cache: HashItems(cache.hgetall(KEY).items()),
)
"""Lists and hashes come as tuples, which no value is equal to."""


# Operations of locks


def lock_runs(name: str) -> Iterator[Run]:
    """Yield a run of a lock's operation on each state of the lock."""
    method = name.removeprefix("lock.")
    for state in ("free", "mine", "another's", "lost"):
        try:
            yield lock_run(method, state)
        except LockNotOwnedError:
            continue


def lock_run(method: str, state: str) -> Run:
    """Run an operation of a handle on one state of its lock."""
    clock = ManualClock(START, autojump=True)
    cache = InMemoryCacheAdapter(server=MemoryServer(clock=clock))
    lock = cache.get_lock(KEY, timeout=OLD_TTL, blocking_timeout=1)
    if state in {"mine", "lost"}:
        lock.acquire()
    if state == "lost":
        cache.delete(KEY)
    if state == "another's":
        cache.get_lock(KEY, timeout=OLD_TTL).acquire()
    before = lock_shown(lock, cache)
    result = called(getattr(lock, method), {})
    waited = cache.stats().lock_waits > 0
    return Run(before, lock_shown(lock, cache), result, counted=False, waited=waited, options={})


def lock_shown(lock: DistributedLock, cache: InMemoryCacheAdapter) -> Shown:
    """Return who holds the lock, and until how many seconds after the start."""
    holder = lock.holder()
    if holder is None:
        return Shown(MISSING, -2)
    left = cache.ttl(KEY)
    waited = (cache.clock.now_ms() - moment_ms("start", START)) // 1000
    return Shown(holder, None if left is None else left + waited)
