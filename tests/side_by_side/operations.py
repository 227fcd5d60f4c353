"""Every operation of the interface: what it is called with, and what of its answer is promised."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from hypothesis import strategies as st

from cache_provider import CacheError
from tests.side_by_side import strategies as given
from tests.side_by_side.sides import GRID, Cache, Side
from tests.side_by_side.strategies import Strategy

Arguments: TypeAlias = dict[str, Any]


class Recipe(ABC):
    """An argument that each side needs one of its own of."""

    @abstractmethod
    def made(self, side: Side, cache: Cache, arguments: Arguments) -> Any:
        """Return the argument; `arguments` are all that the operation is called with."""


@dataclass(frozen=True)
class Stream(Recipe):
    """A generator of keys."""

    keys: tuple[str, ...]

    def made(self, side: Side, cache: Cache, arguments: Arguments) -> Iterator[str]:
        """Return a fresh one."""
        del side, cache, arguments
        return (key for key in self.keys)


@dataclass(frozen=True)
class Moment(Recipe):
    """A moment on the calendar, told by its distance from now."""

    seconds: int

    def made(self, side: Side, cache: Cache, arguments: Arguments) -> Any:
        """Return it by the clock of the side."""
        del cache, arguments
        return side.moment(self.seconds)


MEANWHILE: dict[str, Callable[[Side, Cache], object]] = {
    "nothing": lambda _side, _cache: None,
    "time passes": lambda side, _cache: side.pass_time(GRID),
    "another stores a value": lambda _side, cache: cache.set("k", "theirs"),
    "another stores None": lambda _side, cache: cache.set("k", None),
    "another stores a hash": lambda _side, cache: cache.hset("k", "f", 1),
    "another stores bytes": lambda _side, cache: cache.set("k", b"theirs"),
    "another flushes": lambda _side, cache: cache.flush_all(),
    "it fails": lambda _side, _cache: 1 // 0,
}


@dataclass(frozen=True)
class Factory(Recipe):
    """A factory for `get_or_set`, and what happens while it computes."""

    value: Any
    meanwhile: str

    def made(self, side: Side, cache: Cache, arguments: Arguments) -> Callable[[], Any]:
        """Return it."""
        del arguments

        def compute() -> Any:
            MEANWHILE[self.meanwhile](side, cache)
            return copy.deepcopy(self.value)

        return compute


@dataclass(frozen=True)
class Current(Recipe):
    """What the key holds, or what only Python's `==` or only `str` takes for the same."""

    twist: Callable[[Any], Any]

    def made(self, side: Side, cache: Cache, arguments: Arguments) -> Any:
        """Return it."""
        del side
        with suppress(CacheError):
            value = cache.get(arguments["key"])
            if isinstance(value, dict) and "field" in arguments:
                value = cast("dict[str, Any]", value).get(arguments["field"])
            return self._twisted(value)
        return None

    def _twisted(self, value: Any) -> Any:
        if isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            return {name: self._twisted(item) for name, item in fields.items()}
        if isinstance(value, list):
            return [self._twisted(item) for item in cast("list[object]", value)]
        return self.twist(value) if isinstance(value, (int, float)) and abs(value) < GRID else value


def made(arguments: Arguments, side: Side, cache: Cache) -> Arguments:
    """Return the arguments for one side, which share nothing with the other's."""
    return {
        name: value.made(side, cache, arguments) if isinstance(value, Recipe) else copy.deepcopy(value)
        for name, value in arguments.items()
    }


def whole(answer: Any) -> Any:
    """Promise all of an answer."""
    return answer


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        name: The method.
        arguments: Legal ones, and values and numbers that may be refused; at most one is bad.
        call: Calls it.
        promised: What of the answer must be the same.
    """

    name: str
    arguments: Strategy
    call: Callable[[Any, Arguments], object]
    promised: Callable[[Any], object] = whole


def _plainly(name: str) -> Callable[[Any, Arguments], object]:
    return lambda subject, arguments: getattr(subject, name)(**arguments)


def operation(
    name: str,
    /,
    call: Callable[[Any, Arguments], object] | None = None,
    promised: Callable[[Any], object] = whole,
    optional: dict[str, Strategy] | None = None,
    **arguments: Strategy,
) -> Operation:
    """Return an operation with its arguments by name."""
    strategy = st.fixed_dictionaries(arguments, optional=optional or {})
    return Operation(name, strategy, call or _plainly(name), promised)


def _hdel(cache: Any, arguments: Arguments) -> object:
    return cache.hdel(arguments["key"], *arguments["fields"])


def _scan(cache: Any, arguments: Arguments) -> set[str]:
    """Scan to the end, where a start is given from there: then only that it ends is promised."""
    first = arguments.get("cursor", 0)
    cursor, keys = cache.scan(**arguments)
    found = set(keys)
    while cursor:
        cursor, keys = cache.scan(**{**arguments, "cursor": cursor})
        found.update(keys)
    return set() if first else found


def _scan_iter(cache: Any, arguments: Arguments) -> list[str]:
    return list(cache.scan_iter(**arguments))


def _remaining(answer: int | None) -> int | None:
    # In the middle of a step of the grid; there it is no matter that the server's time runs.
    return answer if answer is None or answer < 0 else (answer - 1) // GRID * GRID


def _remaining_ms(answer: int | None) -> int | None:
    return answer if answer is None or answer < 0 else _remaining(answer // 1000)


def _fields(answer: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(answer.items())


def _items(answer: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(answer.items())


_ALL_KEYS = (
    given.BULK
    | given.BULK.map(tuple)
    | given.BULK.map(lambda keys: Stream(tuple(keys)))
    | given.BULK.map(lambda keys: dict.fromkeys(keys, 1))
)
_TWISTS: tuple[Callable[[Any], Any], ...] = (lambda value: value, bool, int, float, str)
_CURRENT = st.sampled_from([Current(twist) for twist in _TWISTS])
_EXPECTED = st.one_of(given.SMALL, _CURRENT, _CURRENT)
_FACTORY = st.builds(Factory, given.SMALL, st.sampled_from(["nothing", "nothing", *MEANWHILE]))
_WHEN = st.none() | st.integers(-2, 3).map(lambda steps: Moment(steps * GRID + GRID // 2))

OPERATIONS = [
    operation("get", key=given.ANY_KEY, optional={"default": given.SMALL}),
    operation(
        "set", key=given.VALUE_KEY, value=given.VALUE, ttl=given.TTL, optional={"keep_ttl": st.booleans()}
    ),
    operation("setnx", key=given.VALUE_KEY, value=given.VALUE, ttl=given.TTL),
    operation("delete", key=given.ANY_KEY),
    operation("exists", key=given.ANY_KEY),
    operation(
        "get_or_set",
        key=given.VALUE_KEY,
        default_factory=_FACTORY,
        ttl=given.TTL,
        # The key of its own lock is among the keys: who does not wait is never stuck behind it.
        wait_timeout=st.just(0),
    ),
    operation(
        "incr",
        key=given.VALUE_KEY,
        optional={"amount": given.INTEGER, "ttl": given.LIFETIME, "default": given.INTEGER},
    ),
    operation(
        "decr",
        key=given.VALUE_KEY,
        optional={"amount": given.INTEGER, "ttl": given.LIFETIME, "default": given.INTEGER},
    ),
    operation("expire", key=given.ANY_KEY, ttl=given.LIFETIME | given.NO_LIFETIME),
    operation("expire_at", key=given.ANY_KEY, when=_WHEN),
    operation("persist", key=given.ANY_KEY),
    operation("ttl", key=given.ANY_KEY, promised=_remaining),
    operation("pttl", key=given.ANY_KEY, promised=_remaining_ms),
    operation(
        "cas_dict_field",
        key=given.VALUE_KEY,
        field=given.mostly(["f"], ["", "g"]),
        expected=_EXPECTED,
        new_value=given.RECORD,
        ttl=given.TTL,
        optional={"keep_ttl": st.booleans()},
    ),
    operation(
        "compare_and_set",
        key=given.VALUE_KEY,
        expected=_EXPECTED,
        new_value=given.VALUE,
        ttl=given.TTL,
        optional={"keep_ttl": st.booleans()},
    ),
    operation("compare_and_delete", key=given.VALUE_KEY, expected=_EXPECTED),
    operation("mget", keys=_ALL_KEYS, promised=_items),
    operation("mset", mapping=st.dictionaries(given.ANY_KEY, given.SMALL, max_size=3), ttl=given.TTL),
    operation("mdelete", keys=_ALL_KEYS),
    operation("mexists", keys=_ALL_KEYS, promised=_items),
    operation(
        "push_limit",
        key=given.LIST_KEY,
        value=given.VALUE,
        max_len=st.integers(1, 3) | st.just(2**63 - 1),
        ttl=given.TTL,
    ),
    operation("list_range", key=given.LIST_KEY, start=given.INTEGER, end=st.integers(-3, 3)),
    operation("hset", key=given.HASH_KEY, field=given.FIELD, value=given.VALUE),
    operation("hget", key=given.HASH_KEY, field=given.FIELD),
    operation("hgetall", key=given.HASH_KEY, promised=_fields),
    operation("hdel", _hdel, key=given.HASH_KEY, fields=st.lists(given.FIELD, max_size=3).map(tuple)),
    operation("keys", pattern=given.SOME_PATTERN, promised=sorted),
    operation(
        "scan",
        _scan,
        sorted,
        pattern=given.PATTERN,
        count=st.integers(1, 3) | st.just(1000),
        optional={"cursor": st.just(0) | given.INTEGER},
    ),
    operation("scan_iter", _scan_iter, sorted, pattern=given.PATTERN, optional={"count": st.integers(1, 3)}),
    operation("count_keys", pattern=given.PATTERN),
    operation("delete_pattern", pattern=given.SOME_PATTERN),
    operation("get_lock", promised=lambda lock: lock.name, name=given.ANY_KEY, timeout=given.LIFETIME),
    operation("health_check"),
    operation("ping"),
    operation("flush_all"),
]
"""Those of a provider; the machine has rules of its own for locks."""

BY_NAME = {each.name: each for each in OPERATIONS}

SELDOM = ["flush_all", "delete_pattern", "mdelete", "health_check", "ping"]
"""Those that leave little to go on with, or that little can be said of."""
