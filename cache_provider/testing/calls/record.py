"""`Calls`: the ordered record of a test's cache operations, and assertions about it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Any, overload

from cache_provider.aio.interface import AnyProvider
from cache_provider.arguments import check_integer, check_name, check_text
from cache_provider.glob import Glob
from cache_provider.testing.calls.call import Call
from cache_provider.testing.calls.listing import listing
from cache_provider.testing.calls.reads import Reads, reads_of
from cache_provider.testing.seam import Operation, Watcher, check_operation
from cache_provider.testing.seam.keeping import Keeper


class Calls(Watcher):
    """Every operation of the caches that it is an interceptor of, in the order in which they began.

    A sequence of `Call`. Composed operations are recorded as what they are made
    of: `get_or_set` as `get`, `lock.acquire`, `setnx`, ... Threads and tasks
    may call, and tests may look, at the same time.

    >>> from cache_provider import InMemoryCacheAdapter
    >>> from cache_provider.testing.seam import InstrumentedCache
    >>> calls = Calls()
    >>> cache = InstrumentedCache(InMemoryCacheAdapter(), calls)
    >>> cache.get("user:1")
    >>> calls
    [<Call get 'user:1' -> None>]
    >>> calls.misses
    1
    """

    def __init__(self) -> None:
        self._records: list[Operation] = []
        self._calls: list[Call] = []
        self._reads = Reads()
        self._looking = Lock()
        self.note_begun = self._records.append
        self._keeper = self.keeper = Keeper()

    def opening(self, provider: AnyProvider) -> None:
        self._reads.opening(provider)

    def closing(self, provider: AnyProvider) -> None:
        self._reads.closing(provider)

    def _seen(self) -> list[Call]:
        """Return the calls of all operations that have begun."""
        with self._looking:
            self._calls += map(Call, self._records[len(self._calls) :])
            return self._calls.copy()

    # A sequence

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, position: int) -> Call: ...

    @overload
    def __getitem__(self, position: slice) -> list[Call]: ...

    def __getitem__(self, position: int | slice) -> Call | list[Call]:
        return self._seen()[position]

    def __iter__(self) -> Iterator[Call]:
        return iter(self._seen())

    def __repr__(self) -> str:
        return repr(list(self))

    def __str__(self) -> str:
        return listing(list(self))

    def clear(self) -> None:
        """Forget the calls so far, such as those that prepared the test."""
        with self._looking:
            self._records.clear()
            self._calls.clear()
        self._keeper.clear()
        self._reads.clear()

    # What it counts

    @property
    def counts(self) -> dict[str, int]:
        """How often each operation was called."""
        return dict(Counter(call.operation for call in self))

    @property
    def hits(self) -> int:
        """How many reads found what they asked for; `mget` counts each key."""
        return self._reads.hits + reads_of(self._records).hits

    @property
    def misses(self) -> int:
        """How many reads found nothing; `mget` counts each key."""
        return self._reads.misses + reads_of(self._records).misses

    def count(self, operation: str | None = None, *, key: str | None = None, **arguments: Any) -> int:
        """Return how many calls `matching` would return."""
        return len(self.matching(operation, key=key, **arguments))

    def matching(
        self, operation: str | None = None, *, key: str | None = None, **arguments: Any
    ) -> list[Call]:
        """Return the calls of an operation, on some keys, with some arguments; anything left out matches all.

        Args:
            operation: The operation's name, such as `"get"` or `"lock.acquire"`.
            key: A Redis glob for a key or a lock's name; an
                operation on several keys matches by any of them.
            **arguments: Values of some of the call's `arguments`.

        Raises:
            ValueError: There is no such operation, or it is a composed one.
        """
        return _matching(list(self), operation, key, arguments)

    # What a test says about it

    def assert_called(
        self, operation: str, *, key: str | None = None, times: int | None = None, **arguments: Any
    ) -> None:
        """Fail unless such a call was made, or, with `times`, exactly that many.

        Args:
            operation: As in `matching`.
            key: As in `matching`.
            times: How many calls there must have been; None for one or more.
            **arguments: As in `matching`.

        Raises:
            AssertionError: They were not; the message lists all calls.
            TypeError, ValueError: An argument is not legal.
        """
        __tracebackhide__ = True
        if times is not None:
            check_integer("times", times, minimum=0)
        calls = list(self)
        found = _matching(calls, operation, key, arguments)
        if found if times is None else len(found) == times:
            return
        expected = "called" if times is None else _called(times)
        wanted = _wanted(operation, key, arguments)
        raise AssertionError(
            f"expected {wanted} to be {expected}, it was {_called(len(found))}\n{listing(calls, found)}"
        )

    def assert_not_called(
        self, operation: str | None = None, *, key: str | None = None, **arguments: Any
    ) -> None:
        """Fail if such a call was made; without arguments, if any call was.

        Raises:
            AssertionError: It was; the message lists all calls.
            TypeError, ValueError: An argument is not legal.
        """
        __tracebackhide__ = True
        calls = list(self)
        found = _matching(calls, operation, key, arguments)
        if found:
            wanted = _wanted(operation or "anything", key, arguments)
            raise AssertionError(
                f"expected {wanted} not to be called, it was {_called(len(found))}\n{listing(calls, found)}"
            )

    def assert_order(self, *steps: str) -> None:
        """Fail unless these calls were made in this order, possibly with others between them.

        Args:
            *steps: An operation, or an operation, a blank and a Redis glob for
                keys: `"lock.acquire stock"`, `"set stock:*"`.

        Raises:
            AssertionError: They were not; the message lists all calls.
            TypeError, ValueError: A step is not legal.
        """
        __tracebackhide__ = True
        calls = list(self)
        wanted = [_step(step) for step in steps]
        steps_taken = [each for call in calls for each in (call, *call.commands)]
        found: list[Call] = []
        for operation, key in wanted:
            rest = steps_taken[steps_taken.index(found[-1]) + 1 :] if found else steps_taken
            candidates = _matching(rest, operation, key, {})
            if not candidates:
                missing = _wanted(operation, key, {})
                after = f" after {found[-1].title()}" if found else ""
                raise AssertionError(
                    f"expected {missing} to be called{after}, it was not\n{listing(calls, found)}"
                )
            found.append(candidates[0])


def _matching(
    calls: Iterable[Call], operation: str | None, key: str | None, arguments: dict[str, Any]
) -> list[Call]:
    check_operation(operation)
    pattern = None if key is None else Glob(check_name("key", key))
    # What a transaction is made of is found by its name.
    known = calls if operation is None else [each for call in calls for each in (call, *call.commands)]
    return [
        call
        for call in dict.fromkeys(known)
        if operation in (None, call.operation)
        and (pattern is None or pattern.select(call.keys))
        and (not arguments or _holds(call.arguments, arguments))
    ]


def _holds(given: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(name in given and given[name] == value for name, value in wanted.items())


def _step(step: str) -> tuple[str, str | None]:
    operation, blank, key = check_text("step", step).partition(" ")
    return operation, key if blank else None


def _wanted(operation: str, key: str | None, arguments: dict[str, Any]) -> str:
    on_key = "" if key is None else f" {key!r}"
    given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return f"{operation}{on_key} with {given}" if given else f"{operation}{on_key}"


def _called(times: int) -> str:
    return {0: "never called", 1: "called once"}.get(times, f"called {times} times")
