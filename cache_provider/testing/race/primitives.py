"""What threads wait for each other by, apart from locks: each call is a step where a task makes it.

They stay what they are, no matter who made them and when. While a search runs their
methods have stand-ins, which stop the calling task until the real method would
not block, and then call that.
"""

# ruff: noqa: SLF001 - the standard library says in no other way who would block

import asyncio
import threading
from _thread import allocate_lock
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from queue import Queue
from threading import Barrier, BoundedSemaphore, Condition, Event, Semaphore
from typing import Any, TypeAlias

from cache_provider.testing.race.awaited import noting_who_gives, noting_who_takes
from cache_provider.testing.race.calls import CallWait
from cache_provider.testing.race.desks import DESKS, Caller, caller_here, explored_caller
from cache_provider.testing.race.locks import RaceLock, RaceRLock, freedom_of
from cache_provider.testing.race.tasks import PrimitiveCall

Readiness: TypeAlias = Callable[[Any], Callable[[], bool]]
"""Of a primitive that the calling thread waits for: what tells whether its call would not block."""

_is_set = Event.is_set


def _has_items(waited: Any) -> Callable[[], bool]:
    return lambda: waited._qsize() > 0 or getattr(waited, "is_shutdown", False)


def _has_room(waited: Any) -> Callable[[], bool]:
    return lambda: not 0 < waited.maxsize <= waited._qsize() or getattr(waited, "is_shutdown", False)


_WAITING: tuple[tuple[type, str, Readiness], ...] = (
    (Event, "wait", lambda event: lambda: _is_set(event)),
    (Condition, "__enter__", lambda condition: freedom_of(condition._lock)),
    (Semaphore, "acquire", lambda semaphore: lambda: semaphore._value > 0),
    (Semaphore, "__enter__", lambda semaphore: lambda: semaphore._value > 0),
    (Queue, "get", _has_items),
    (Queue, "put", _has_room),
    (Queue, "join", lambda waited: lambda: not waited.unfinished_tasks),
)
"""Methods that may block, and when they would not."""

_GIVING = (
    (Event, "set"),
    (Condition, "__exit__"),
    (Condition, "notify"),
    (Semaphore, "release"),
    (BoundedSemaphore, "release"),
    (Barrier, "abort"),
    (Queue, "task_done"),
    (Queue, "shutdown"),
)
"""Methods that let others go on."""

_OTHER = (
    (Event, "clear"),
    (Event, "is_set"),
    (Barrier, "wait"),  # waits by its condition
    (Barrier, "reset"),
    (Queue, "qsize"),
    (Queue, "empty"),
    (Queue, "full"),
)


def _step(caller: Caller, primitive: Any, name: str) -> PrimitiveCall:
    names = caller.stage.names
    lock = getattr(primitive, "_lock", primitive)
    return PrimitiveCall(name, names.of(primitive), frozenset([names.of(primitive), names.of(lock)]))


def _waiting(real: Callable[..., Any], readiness: Readiness) -> Callable[..., Any]:
    parameters = signature(real)
    name = "acquire" if real.__name__ == "__enter__" else real.__name__

    @wraps(real)
    def stand_in(primitive: Any, *arguments: Any, **named: Any) -> Any:
        caller = explored_caller(primitive)
        if caller is None:
            return real(primitive, *arguments, **named)
        bound = parameters.bind(primitive, *arguments, **named)
        bound.apply_defaults()
        asked = bound.arguments
        word = "block" if "block" in asked else "blocking"
        timeout = asked.get("timeout")
        step = _step(caller, primitive, name)
        wait = None
        if asked.get(word, True) and (timeout is None or timeout >= 0):
            holder = getattr(primitive, "_lock", None)
            wait = CallWait(
                step.subject,
                readiness(primitive),
                caller.until(timeout),
                holder=lambda: getattr(holder, "holder", None),
            )

        def act() -> Any:
            if wait is not None and wait.is_late:
                if word not in asked:
                    return False
                # A last look when time is up may still succeed.
                asked.update({word: False, "timeout": None})
            return real(*bound.args, **bound.kwargs)

        return caller.call(step, wait, act)

    return stand_in


def _passing(real: Callable[..., Any], *, gives: bool) -> Callable[..., Any]:
    name = "release" if real.__name__ == "__exit__" else real.__name__

    @wraps(real)
    def stand_in(primitive: Any, *arguments: Any, **named: Any) -> Any:
        caller = explored_caller(primitive, gives=gives, waits=False)
        if caller is None:
            return real(primitive, *arguments, **named)
        return caller.call(_step(caller, primitive, name), None, lambda: real(primitive, *arguments, **named))

    return stand_in


def _waiting_to_be_notified(real: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(real)
    def stand_in(condition: Any, timeout: float | None = None) -> Any:
        caller = caller_here()
        is_inside = caller is not None and caller.task.is_calling
        if caller is None or (is_inside and timeout is not None and timeout <= 0):
            return real(condition, timeout)
        if not is_inside:
            if explored_caller(condition) is None:
                return real(condition, timeout)
            caller.call(_step(caller, condition, "wait"), None, lambda: None)
        if not condition._is_owned():
            raise RuntimeError("cannot wait on un-acquired lock")
        return _wait_to_be_notified(caller, condition, timeout)

    return stand_in


def _wait_to_be_notified(caller: Caller, condition: Any, timeout: float | None) -> bool:
    """Do what `Condition.wait` does, but for how it waits."""
    notified = allocate_lock()
    notified.acquire()
    condition._waiters.append(notified)
    is_inside = caller.task.is_calling
    saved = condition._release_save()
    outer = caller.task.call
    step = outer if is_inside and outer is not None else _step(caller, condition, "wakes at")
    wait = CallWait(
        step.subject,
        lambda: not notified.locked(),
        caller.until(timeout),
        may_go_on=freedom_of(condition._lock),
    )
    try:
        caller.desk.stop_before(step, wait)
        return not wait.is_late
    finally:
        condition._acquire_restore(saved)
        caller.task.is_calling = is_inside
        if notified in condition._waiters:
            condition._waiters.remove(notified)


def _made_with_a_lock(real: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(real)
    def stand_in(condition: Any, lock: Any = None) -> None:
        is_explored = lock is None and explored_caller(condition) is not None
        real(condition, RaceRLock(allocate_lock()) if is_explored else lock)

    return stand_in


_STAND_INS: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    (threading, "Lock", RaceLock),
    (threading, "RLock", RaceRLock),
    (Condition, "__init__", _made_with_a_lock(Condition.__init__)),
    (Condition, "wait", _waiting_to_be_notified(Condition.wait)),
    *((kind, name, _waiting(getattr(kind, name), readiness)) for kind, name, readiness in _WAITING),
    *(
        (kind, name, _passing(getattr(kind, name), gives=True))
        for kind, name in _GIVING
        if hasattr(kind, name)  # shutdown came with Python 3.13
    ),
    *((kind, name, _passing(getattr(kind, name), gives=False)) for kind, name in _OTHER),
    # The loop tells who of asyncio waits, but not who lets them wait.
    *((kind, "acquire", noting_who_takes(kind.acquire)) for kind in (asyncio.Lock, asyncio.Semaphore)),
    *((kind, "release", noting_who_gives(kind.release)) for kind in (asyncio.Lock, asyncio.Semaphore)),
)

_changing = allocate_lock()
_real: list[tuple[Any, str, Any]] = []
_searches = 0


@contextmanager
def stand_ins() -> Generator[None]:
    """Put the stand-ins in place until the last search that runs has ended."""
    global _searches  # noqa: PLW0603 - how many there are in the process
    with _changing:
        if not _searches:
            _real[:] = [(place, name, getattr(place, name)) for place, name, _ in _STAND_INS]
            for place, name, stand_in in _STAND_INS:
                setattr(place, name, stand_in)
        _searches += 1
    try:
        yield
    finally:
        with _changing:
            _searches -= 1
            if not _searches:
                for place, name, real in _real:
                    setattr(place, name, real)
                DESKS.clear()
