"""Locks that were made before a search, where the scenario's code can be seen to reach them.

A real lock cannot be watched. So while the search runs, another stands where the code finds it: in a
variable of a module or of an enclosing function, in a class, in an object.
"""

import sys
import threading
from _thread import LockType, RLock, allocate_lock
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Condition
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from cache_provider.testing.race.locks import RaceLock, RaceRLock

_MOST = 2_000
"""How many things are looked at: a scenario may reach a whole framework."""

_PASSED_OVER = sys.stdlib_module_names | {__name__.partition(".")[0], "pytest", "_pytest"}


class _Found(NamedTuple):
    """Something that code reaches.

    Attributes:
        name: How it finds it.
        value: What it is.
        put: Puts another in its place.
    """

    name: str
    value: Any
    put: Callable[[Any], object]


@contextmanager
def standing_locks(scenario: Callable[..., object]) -> Generator[None]:
    """Put locks whose calls are steps in the place of real ones, until the block is left."""
    undo: list[Callable[[], object]] = []
    known: dict[int, Any] = {}
    try:
        for name, value, put in _reached(scenario):
            stand_in = known.setdefault(id(value), _stand_in(name, value))
            if isinstance(value, Condition):
                before = vars(value).copy()
                Condition.__init__(value, stand_in)
                undo.append(partial(vars(value).update, before))
            elif stand_in is not None:
                put(stand_in)
                undo.append(partial(put, value))
        yield
    finally:
        for put_back in reversed(undo):
            put_back()


def _stand_in(name: str, value: Any) -> Any:
    """Return what is to stand in for something; None for nothing, as for a lock that is held now."""
    if value is threading.Lock:
        return RaceLock
    if value is threading.RLock:
        return RaceRLock
    # Its lock is its alone, and in no other way to be had.
    real = value._lock if isinstance(value, Condition) else value  # type: ignore[attr-defined]  # noqa: SLF001
    if not isinstance(real, LockType | RLock) or not real.acquire(blocking=False):
        return None
    real.release()
    stand_in = RaceLock(real) if isinstance(real, LockType) else RaceRLock(allocate_lock())
    stand_in.given_name = name
    return stand_in


def _reached(scenario: Callable[..., object]) -> Iterator[_Found]:
    """Yield locks, and what makes them, that the code of a scenario names, or the code that this calls."""
    pending: list[Any] = [scenario]
    seen: set[int] = set()
    while pending and len(seen) < _MOST:
        thing = pending.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        for found in _named_in(thing):
            if _is_lock(found.value):
                yield found
            # By its type: an object may answer `hasattr` and `isinstance` with an error of its own.
            elif type(found.value).__dictoffset__ or issubclass(type(found.value), MethodType):
                pending.append(found.value)


def _is_lock(value: Any) -> bool:
    # Identity, as a value may have an equality of its own.
    is_maker = value is threading.Lock or value is threading.RLock
    return is_maker or issubclass(type(value), LockType | RLock | Condition)


def _named_in(thing: Any) -> Iterator[_Found]:
    if isinstance(thing, FunctionType):
        yield from _in_function(thing)
    elif isinstance(thing, MethodType):
        yield from (_looked_into(thing.__func__), _looked_into(thing.__self__))
    elif isinstance(thing, partial):
        yield from map(_looked_into, (thing.func, *thing.args, *thing.keywords.values()))
    elif isinstance(thing, type):
        if not _is_passed_over(thing):
            for name, value in list(vars(thing).items()):
                yield _Found(f"{thing.__name__}.{name}", value, partial(setattr, thing, name))
    elif not isinstance(thing, ModuleType):
        yield from _in_object(thing)


def _in_object(thing: object) -> Iterator[_Found]:
    kind = type(thing)
    if not _is_passed_over(kind):
        yield _looked_into(kind)
        variables = vars(thing)
        for name, value in variables.items():
            yield _Found(f"{kind.__name__}.{name}", value, partial(variables.__setitem__, name))


def _in_function(function: FunctionType) -> Iterator[_Found]:
    if _is_passed_over(function):
        return
    names, cells = function.__code__.co_freevars, function.__closure__ or ()
    for name, cell in zip(names, cells, strict=True):
        if _is_filled(cell):
            yield _Found(name, cell.cell_contents, partial(setattr, cell, "cell_contents"))
    used = _names_used(function.__code__)
    yield from _variables(function.__globals__, used)
    for value in [function.__globals__.get(name) for name in used]:
        # `module.lock`, and what else is reached through a module.
        if isinstance(value, ModuleType) and value.__name__.partition(".")[0] not in _PASSED_OVER:
            yield from _variables(vars(value), used)


def _variables(variables: dict[str, Any], used: set[str]) -> Iterator[_Found]:
    for name in used & variables.keys():
        yield _Found(name, variables[name], partial(variables.__setitem__, name))


def _names_used(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*map(_names_used, inner))


def _is_passed_over(owner: FunctionType | type) -> bool:
    return str(owner.__module__).partition(".")[0] in _PASSED_OVER


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _looked_into(thing: Any) -> _Found:
    """Return something that is not a lock itself."""
    return _Found("", thing, id)
