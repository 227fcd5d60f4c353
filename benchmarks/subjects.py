"""What is compared: the few operations the table needs, and who offers them."""

import asyncio
import importlib.metadata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from benchmarks.resources import close_all

FLOOR = "floor"
OURS = "ours"

TTL_SECONDS = 60
"""The ttl of everything that is stored with one, in each subject's own form."""


class NoServerError(Exception):
    """There is no server of the kind that a subject needs."""


class LockHandle(Protocol):
    """One claimant of a lock, made anew for every use."""

    def acquire(self) -> object:
        """Claim the lock, waiting for it if the subject waits at all."""
        ...

    def release(self) -> object:
        """Give the lock back."""
        ...


Locks: TypeAlias = Callable[[str], LockHandle]


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One fresh, empty store of a subject; an operation it does not have is None.

    The operations are the subject's own bound methods, not wrappers, wherever a wrapper's call would be a
    noticeable part of the time: the timed loops then call every subject in the same way.

    Attributes:
        get: `get(key)`.
        set: `set(key, value)`; with a ttl `set(key, value, ttl)`.
        ttl: What `set` takes as the ttl of `TTL_SECONDS`; None if the subject knows no ttl.
        get_dict: `get` for a dict, where that is not `get` itself.
        set_dict: `set` for a dict, where that is not `set` itself.
        incr: `incr(key)`.
        mget: `mget(keys)`.
        mset: `mset(mapping)`.
        mset_with_ttl: `mset(mapping, ttl)`, the ttl in the form of `set`'s.
        lock: Makes a handle of a named lock.
        waiting_lock: The same for a lock that waits, where that is not `lock` itself.
        fenced_lock: The same for a lock whose claims are numbered.
        renewed_lock: The same for a lock whose lease is renewed.
        keys: `keys(pattern)`.
        scan: `scan(cursor) -> (next_cursor, …)`: a page of about 100 keys; the cursor 0 begins and ends.
        sweep: Removes what has expired and returns how much that was.
        loop: The event loop in which the operations, then coroutines, run.
        is_local: Whether the entries are in this process.
    """

    get: Callable[[str], object]
    set: Callable[..., object]
    ttl: object = None
    get_dict: Callable[[str], object] | None = None
    set_dict: Callable[..., object] | None = None
    incr: Callable[[str], object] | None = None
    mget: Callable[[list[str]], object] | None = None
    mset: Callable[..., object] | None = None
    mset_with_ttl: Callable[..., object] | None = None
    lock: Locks | None = None
    waiting_lock: Locks | None = None
    fenced_lock: Locks | None = None
    renewed_lock: Locks | None = None
    keys: Callable[[str], object] | None = None
    scan: Callable[[int], tuple[int, Any]] | None = None
    sweep: Callable[[], int] | None = None
    loop: asyncio.AbstractEventLoop | None = None
    is_local: bool = True

    def done(self, call: Any) -> Any:
        """Return what an operation's call comes to: itself, or what is awaited."""
        return call if self.loop is None else self.loop.run_until_complete(call)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Somebody in the comparison.

    Attributes:
        name: The column's heading.
        module: What a user imports.
        distribution: The package of the index that must be installed; None for what is always there.
        note: What a reader must know to judge the figures fairly.
        is_alias: Whether it is here under another name as well.
        open: Returns a fresh, empty store; what must be closed it hands to `close_later`.
    """

    name: str
    module: str
    distribution: str | None
    note: str
    open: Callable[[], Store]
    is_alias: bool = False

    @property
    def is_peer(self) -> bool:
        """Whether it needs somebody else's work, which may not be installed."""
        return self.distribution is not None

    @property
    def version(self) -> str:
        """The installed version; empty for what is always there."""
        return importlib.metadata.version(self.distribution) if self.distribution else ""


@dataclass(frozen=True, slots=True)
class Roster:
    """Who takes part and, by name, why the others do not."""

    present: tuple[Subject, ...]
    missing: Mapping[str, str]


def muster(subjects: Iterable[Subject]) -> Roster:
    """Open every peer once, and note those that are not installed.

    A subject that is there and broken raises: only what is not installed is an answer. Sections may
    share a name; an alias then gives way, or the report would not credit the subject.
    """
    present: list[Subject] = []
    missing: dict[str, str] = {}
    for subject in _one_of_each_name(subjects):
        reason = _why_missing(subject) if subject.is_peer else ""
        if reason:
            missing[subject.name] = reason
        else:
            present.append(subject)
    return Roster(tuple(present), missing)


def _one_of_each_name(subjects: Iterable[Subject]) -> Iterable[Subject]:
    named: dict[str, Subject] = {}
    for subject in sorted(subjects, key=lambda subject: subject.is_alias):
        named.setdefault(subject.name, subject)
    return named.values()


def _why_missing(peer: Subject) -> str:
    try:
        peer.open()
        _ = peer.version  # another package may bring a module of the same name
    except ImportError as error:  # a package may be there without its extra
        return f"{peer.distribution} is not installed ({error})"
    except NoServerError as error:
        return str(error)
    finally:
        close_all()
    return ""
