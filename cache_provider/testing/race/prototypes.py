"""Copies of what takes long to make: an object that nobody has used yet, with all that belongs to it."""

from _thread import RLock, allocate_lock
from collections.abc import Callable, Iterable
from enum import Enum
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType, NoneType
from typing import Any, Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")

_PLAIN = (NoneType, bool, int, float, str, bytes)
_UNCHANGING = (*_PLAIN, type, FunctionType, BuiltinFunctionType, ModuleType, Enum, partial)
_NEW: dict[type, Callable[[], object]] = {
    type(allocate_lock()): allocate_lock,
    RLock: RLock,
    WeakSet: WeakSet,
}


def is_plain(value: object) -> bool:
    """Tell whether a value is a number, text, or nothing."""
    return type(value) in _PLAIN


class UncopyableError(Exception):
    """Something belongs to an object that nobody here knows how to copy."""


class Prototype(Generic[T]):
    """Makes objects like one that nobody has used yet, in a fraction of the time.

    Whatever may change each copy has for itself: lists, dicts, locks, and the objects of some
    packages. All copies share what cannot change.

    Args:
        original: The object.
        stand_ins: What each copy has something else in place of.
        packages: Whose objects are copied.
        shared: Modules whose objects nobody changes once they are made.

    Raises:
        UncopyableError: It cannot be copied.
    """

    def __init__(
        self, original: T, stand_ins: Iterable[object], *, packages: Iterable[str], shared: Iterable[str] = ()
    ) -> None:
        self._packages = frozenset(packages)
        self._shared = frozenset(shared)
        # By where they are, which stays theirs as long as the original is kept.
        self._original = original
        self._numbers = {id(each): number for number, each in enumerate(stand_ins)}
        self._given = len(self._numbers)
        self._makers: list[Callable[[list[Any]], Any]] = []
        self._states: list[tuple[int, dict[str, Any], list[tuple[str, int]]]] = []
        self._slots: list[tuple[int, str, Any, int | None]] = []
        self._items: list[tuple[int, Any, int]] = []
        self._kinds: tuple[tuple[Any, Callable[[Any], int | None]], ...] = (
            (MethodType, self._number_method),
            (dict, self._number_dict),
            ((list, set, tuple), self._number_collection),
            (tuple(_NEW), self._number_new),
        )
        self._root = self._number_of(original) or 0

    def copy(self, *in_place: object) -> T:
        """Return another such object.

        Args:
            *in_place: What it has in place of the stand-ins.
        """
        made: list[Any] = [*in_place]
        for make in self._makers:
            made.append(make(made))
        for number, state, links in self._states:
            own = state.copy()
            for name, other in links:
                own[name] = made[other]
            made[number].__dict__ = own
        for number, name, value, link in self._slots:
            setattr(made[number], name, value if link is None else made[link])
        for number, key, link in self._items:
            made[number][key] = made[link]
        copied: T = made[self._root]
        return copied

    def _number_of(self, part: Any) -> int | None:
        """Return which of the things that are made for each copy stands for a part; None if all share it."""
        if id(part) in self._numbers:
            return self._numbers[id(part)]
        if isinstance(part, _UNCHANGING) or type(part).__module__ in self._shared:
            return None
        for kind, number in self._kinds:
            if isinstance(part, kind):
                return number(part)
        if type(part).__module__.partition(".")[0] in self._packages:
            return self._number_object(part)
        raise UncopyableError(f"{type(part).__module__}.{type(part).__qualname__}")

    def _add(self, part: object, make: Callable[[list[Any]], Any]) -> int:
        number = self._numbers[id(part)] = self._given + len(self._makers)
        self._makers.append(make)
        return number

    def _number_new(self, part: Any) -> int:
        """Number what each copy has a new one of, as it is before its first use."""
        make = _NEW[type(part)]
        return self._add(part, lambda _made: make())

    def _number_method(self, method: MethodType) -> int | None:
        owner = self._number_of(method.__self__)
        function = method.__func__
        return None if owner is None else self._add(method, lambda made: MethodType(function, made[owner]))

    def _number_dict(self, part: dict[Any, Any]) -> int:
        kind = type(part)
        if kind is not dict and getattr(part, "__dict__", None):
            raise UncopyableError(kind.__qualname__)
        number = self._add(part, lambda _made: part.copy() if kind is dict else _filled(kind, part))
        for key, value in part.items():
            self._link_item(number, key, value)
        return number

    def _number_collection(self, part: list[Any] | set[Any] | tuple[Any, ...]) -> int | None:
        if type(part) is list:
            number = self._add(part, lambda _made: part.copy())
            for place, value in enumerate(part):
                self._link_item(number, place, value)
            return number
        if any(self._number_of(value) is not None for value in part):
            raise UncopyableError(f"what is in a {type(part).__name__}")
        return self._add(part, lambda _made: part.copy()) if type(part) is set else None

    def _link_item(self, number: int, key: Any, value: Any) -> None:
        link = self._number_of(value)
        if link is not None:
            self._items.append((number, key, link))

    def _number_object(self, part: object) -> int:
        kind = type(part)
        number = self._add(part, lambda _made: object.__new__(kind))
        if hasattr(part, "__dict__"):
            state = vars(part).copy()
            links = [(name, self._number_of(value)) for name, value in state.items()]
            self._states.append((number, state, [(name, link) for name, link in links if link is not None]))
        for name in _slots_of(kind):
            if hasattr(part, name):
                value = getattr(part, name)
                self._slots.append((number, name, value, self._number_of(value)))
        return number


def _filled(kind: type[dict[Any, Any]], items: dict[Any, Any]) -> dict[Any, Any]:
    """Return a dict of a class that has its own way of taking items, with those that another took."""
    made = kind.__new__(kind)
    dict[Any, Any].update(made, items)
    return made


def _slots_of(kind: type) -> list[str]:
    slots = [each.__dict__.get("__slots__", ()) for each in kind.__mro__]
    names = [name for each in slots for name in ((each,) if isinstance(each, str) else each)]
    return [name for name in names if name not in {"__dict__", "__weakref__"}]
