"""The two sides together: each call goes to both, and what comes of it is compared."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from cache_provider import BytesCodec, DistributedLock
from cache_provider.codecs import MsgpackCodec
from cache_provider.testing.contract import Terms
from tests.side_by_side.compare import Claims, differences, outcome, spoil
from tests.side_by_side.operations import Arguments, Operation, made, whole
from tests.side_by_side.sides import GRID, Cache, Side


class DivergenceError(AssertionError):
    """The double and the server do not do the same.

    Attributes:
        operation: What they did last.
    """

    def __init__(self, operation: str, story: str) -> None:
        super().__init__(f"{operation}: {story}")
        self.operation = operation


ADAPTERS = [
    Terms("a[1]*:"),
    Terms("a", default_ttl=GRID + GRID // 2),
    Terms(""),
    Terms("a[1]*:", MsgpackCodec()),
    Terms("", BytesCodec()),
]
"""All on one server. Each prefix is the start of a longer one, and one is a pattern if not escaped."""

JSON_ADAPTERS = [number for number, terms in enumerate(ADAPTERS) if terms.codec is None]

COUNTED = ("hits", "misses", "sets", "deletes", "lock_waits")
"""Not `evictions` and `expirations`, which a server counts for itself."""


class Pair:
    """The double and a real server, with the same adapters on both.

    Args:
        double: The double.
        real: A real server.
        tally: Counts what was done, under the operations' names.

    Attributes:
        sides: The double, the server.
        caches: For each of `ADAPTERS`, one on either side.
    """

    def __init__(self, double: Side, real: Side, tally: Counter[str]) -> None:
        self.sides = (double, real)
        self.caches = [self.connect(terms) for terms in ADAPTERS]
        self._tally = tally
        self._claims = (Claims(), Claims())

    def connect(self, terms: Terms) -> tuple[Cache, Cache]:
        """Return another adapter on either side."""
        double, real = (side.connect(terms) for side in self.sides)
        return double, real

    def handles(
        self, number: int, name: str, lease: float, *, fenced: bool = False
    ) -> tuple[DistributedLock, DistributedLock]:
        """Return a handle on a lock on either side, which waits for nobody."""
        # What time does to waiters is no matter of random operations.
        double, real = (cache.get_lock(name, lease, 0, fenced=fenced) for cache in self.caches[number])
        return double, real

    def operate(self, operation: Operation, caches: tuple[Cache, Cache], arguments: Arguments) -> None:
        """Call an operation on both sides; change what was handed in afterwards, as a caller may."""
        both = [made(arguments, side, cache) for side, cache in zip(self.sides, caches, strict=True)]
        try:
            self.compare(
                operation.name, lambda side: operation.call(caches[side], both[side]), operation.promised
            )
        finally:
            spoil(both)

    def compare(
        self, name: str, call: Callable[[int], object], promised: Callable[[Any], object] = whole
    ) -> None:
        """Do something on both sides (0: the double); compare what came of it, and what is there now.

        Raises:
            DivergenceError: It is not the same.
        """
        self._tally[name] += 1
        double = outcome(lambda: call(0), promised, self._claims[0])
        real = outcome(lambda: call(1), promised, self._claims[1])
        if double != real:
            raise DivergenceError(name, f"the double {double}, the server {real}")
        self._compare_states(name)
        self._compare_counts(name)

    def acquire(self, handles: tuple[DistributedLock, DistributedLock], **arguments: Any) -> None:
        """Try to claim a lock on both sides, and from now on know its tokens."""

        def claim(side: int) -> bool:
            acquired = handles[side].acquire(**arguments)
            if acquired:
                self._claims[side].add(handles[side].holder())
            return acquired

        self.compare("lock.acquire", claim)

    def pass_time(self, steps: int) -> None:
        """Let time pass on both sides, in steps of the grid."""

        def wait(side: int) -> None:
            self.sides[side].pass_time(steps * GRID)

        self.compare("time passes", wait)

    def _compare_states(self, name: str) -> None:
        double, real = (
            claims.state(side.state()) for side, claims in zip(self.sides, self._claims, strict=True)
        )
        if double != real:
            raise DivergenceError(name, "\n".join(["the states differ", *differences(double, real)]))

    def _compare_counts(self, name: str) -> None:
        for adapter, caches in zip(ADAPTERS, self.caches, strict=True):
            double, real = map(_counts, caches)
            if double != real:
                raise DivergenceError(name, f"{adapter} counted {double}, the one of the server {real}")


def _counts(cache: Cache) -> dict[str, int]:
    stats = cache.stats()
    return {name: getattr(stats, name) for name in COUNTED}
