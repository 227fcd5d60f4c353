"""What a leak is, and where the key or lock that leaked lives."""

from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias, TypeVar, cast

from cache_provider.aio.memory import AsyncInMemoryCacheAdapter, lock_keyspace_of
from cache_provider.arguments import check_name
from cache_provider.glob import Glob, escape
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.memory.lock_table import PROCESS_LOCKS
from cache_provider.steps import Steps
from cache_provider.testing.seam.operation import Operation
from cache_provider.testing.seam.sites import Site

T = TypeVar("T")

LeakKind: TypeAlias = Literal[
    "lock",
    "outlived lease",
    "double release",
    "no ttl",
    "lost ttl",
    "subscription",
    "blocked client",
    "connection",
]
UNRETURNED: frozenset[LeakKind] = frozenset({"lock", "outlived lease"})
"""What becomes of a lock that is not given back in time."""
_OF_LOCKS: frozenset[LeakKind] = frozenset({"lock", "outlived lease", "double release"})

KeyPlace: TypeAlias = tuple[object, str]
"""A store and a full key in it: two caches that share both share the key."""


@dataclass(frozen=True)
class Leak:
    """Something that a test, or the code under test, left behind.

    Attributes:
        kind: `"lock"`: it is still held. `"outlived lease"`: its critical
            section went on after the lease was over. `"double release"`: it was
            released twice. `"no ttl"`: a key was written without one.
            `"lost ttl"`: a later write dropped the key's ttl. At the Redis door also
            `"subscription"`: a client still listens; `"blocked client"`: a client still
            waits; `"connection"`: a connection was not returned to its pool.
        key: The key or the lock's name, without prefix; for a client its channels or keys.
        site: The line that acquired or wrote it, released it again, or last used the connection.
        age: How long ago that was, on the cache's clock, when the leak was judged.
        story: What happened, in words.
    """

    kind: LeakKind
    key: str
    site: Site
    age: timedelta
    story: str

    def __str__(self) -> str:
        where = f"{self.site} in {self.site.function}"
        return f"{self.story} {self.age.total_seconds():g} s ago at {where}: {self.site.text}"


def allowing(leaks: Iterable[Leak]) -> str:
    """Return the options that let these leaks stay, as one writes them: `allow_keys=['user:1']`."""
    patterns: dict[str, list[str]] = {}
    for leak in leaks:
        option = "allow_locks" if leak.kind in _OF_LOCKS else "allow_keys"
        patterns.setdefault(option, []).append(escape(leak.key))
    return ", ".join(f"{option}={list(dict.fromkeys(keys))!r}" for option, keys in patterns.items())


def globs(name: str, patterns: Iterable[str]) -> list[Glob]:
    """Return the compiled patterns of an allow-list.

    Raises:
        TypeError: `patterns` is a single `str`, or holds anything else than `str`.
    """
    if isinstance(patterns, str):
        raise TypeError(f"{name} must be an iterable of patterns, not a single str {patterns!r}")
    return [Glob(check_name(name, pattern)) for pattern in patterns]


def is_allowed(key: str, allowed: Iterable[Glob]) -> bool:
    """Tell whether a pattern of the allow-list matches."""
    return any(glob.matches(key) for glob in allowed)


def key_place(operation: Operation, key: str) -> KeyPlace:
    """Return where `operation` finds `key`."""
    provider = operation.provider
    store, full_key = lock_place(operation, key)
    # The locks of adapters without `server=` are not keys, and their keys are their own.
    return (id(provider) if store == id(PROCESS_LOCKS) else store), full_key


def lock_place(operation: Operation, name: str) -> KeyPlace:
    """Return where `operation` finds the lock `name`."""
    provider = operation.provider
    store: object = provider.provider_name
    if isinstance(provider, (InMemoryCacheAdapter, AsyncInMemoryCacheAdapter)):
        store = id(lock_keyspace_of(provider))
    return store, provider.key_prefix + name


def may_ask(operation: Operation) -> bool:
    """Tell whether the store can be asked outside an event loop."""
    return isinstance(operation.provider, (CacheProviderInterface, AsyncInMemoryCacheAdapter))


def answer_steps(steps: Steps[T]) -> T:
    """Run steps that ask such a store."""
    try:
        asked = next(steps)
        while True:
            asked = steps.send(answer(asked))
    except StopIteration as end:
        return cast("T", end.value)


def answer(asked: T | Coroutine[object, None, T]) -> T:
    """Return what was asked of such a store; the coroutines of the double only give way."""
    if not isinstance(asked, Coroutine):
        return asked
    coroutine = cast("Coroutine[object, None, T]", asked)
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return cast("T", end.value)
