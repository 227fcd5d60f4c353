"""The two types of key that only the door makes: sets and sorted sets."""

import random
from collections.abc import Iterable, Iterator
from typing import Protocol, cast, overload

from sortedcontainers import SortedList  # type: ignore[import-untyped] # it has no types of its own

from cache_provider.memory.payload import Compound


class Members(dict[bytes, int], Compound):
    """A set: each member with its place in `places`, so that a random one costs the same in any set."""

    __slots__ = ("places",)

    kind = "set"

    def __init__(self, members: Iterable[bytes] = ()) -> None:
        super().__init__()
        self.places: list[bytes] = []
        for member in members:
            self.add(member)

    def add(self, member: bytes) -> bool:
        """Add a member; tell whether it is new."""
        if member in self:
            return False
        self[member] = len(self.places)
        self.places.append(member)
        return True

    def discard(self, member: bytes) -> bool:
        """Remove a member; tell whether it was there."""
        place = self.pop(member, None)
        if place is None:
            return False
        last = self.places.pop()
        if place < len(self.places):
            self.places[place] = last
            self[last] = place
        return True

    def random(self) -> bytes:
        """Return some member."""
        return random.choice(self.places)  # noqa: S311 - what Redis' users draw is not a secret


class Order(Protocol):
    """Scores and members, sorted: what is used of a `SortedList`."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[tuple[float, bytes]]: ...

    @overload
    def __getitem__(self, place: int) -> tuple[float, bytes]: ...

    @overload
    def __getitem__(self, place: slice) -> list[tuple[float, bytes]]: ...

    def __delitem__(self, place: slice) -> None: ...

    def add(self, value: tuple[float, bytes]) -> None:
        """Put in a member with its score."""
        ...

    def remove(self, value: tuple[float, bytes]) -> None:
        """Take out a member with its score."""
        ...

    def pop(self, place: int) -> tuple[float, bytes]:
        """Take out what is at a place, and return it."""
        ...

    def index(self, value: tuple[float, bytes]) -> int:
        """Return the place of a member with its score."""
        ...

    def bisect_left(self, value: object) -> int:
        """Return how many come before a value."""
        ...

    def bisect_right(self, value: object) -> int:
        """Return how many come before a value or are it."""
        ...


class Scores(dict[bytes, float], Compound):
    """A sorted set: scores by member, and the members in their order."""

    __slots__ = ("order",)

    kind = "sorted set"

    def __init__(self, scores: Iterable[tuple[bytes, float]] = ()) -> None:
        super().__init__(scores)
        scored = [(score, member) for member, score in self.items()]
        self.order = cast("Order", SortedList(scored))

    def put(self, member: bytes, score: float) -> None:
        """Give a member, new or not, its score."""
        old = self.get(member)
        if old is not None:
            if old == score:
                return
            self.order.remove((old, member))
        self[member] = score
        self.order.add((score, member))

    def discard(self, member: bytes) -> bool:
        """Remove a member; tell whether it was there."""
        score = self.pop(member, None)
        if score is None:
            return False
        self.order.remove((score, member))
        return True

    def rank(self, member: bytes) -> int:
        """Return how many come before a member that is there."""
        return self.order.index((self[member], member))

    def slice(self, start: int, stop: int) -> list[tuple[float, bytes]]:
        """Return scores and members from one rank up to another, that one left out."""
        return self.order[start:stop]
