"""Is there an order in which overlapping operations could have run one at a time?

A history is linearizable if each operation can be given one moment between its invocation and its return
such that, taken in the order of those moments, every result is what the model gives. The search is Wing and
Gong's: place an operation that no other unplaced one precedes, let the model run it, go on with the rest, and
go back where nothing fits. Lowe's addition makes it affordable: two ways of placing the same operations that
leave the model in the same state have the same future, so the second one is not explored.

Linearizability is local: a history is linearizable if and only if the history of each key is. Histories are
therefore checked key by key, and only steps across several keys need a model of all of them.
"""

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tests.linearizability.history import Operation

State = TypeVar("State", bound=Hashable)

MAX_STEPS = 2_000_000


class UndecidedError(Exception):
    """The search took more steps than it was allowed: too many operations overlap."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """What a model answers to an operation that cannot have had its result in the given state."""

    expected: object


class Model(Protocol[State]):
    """What the operations on one key mean when they run one at a time; pure."""

    @property
    def initial(self) -> State:
        """The state before the first operation."""
        ...

    def step(self, state: State, operation: Operation) -> State | Rejected:
        """Return the state after the operation, or reject it with the result it should have had."""
        ...

    def is_read(self, operation: Operation) -> bool:
        """Tell whether the operation leaves every state as it is; False if in doubt."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the search found out about a history.

    Args:
        order: All operations in an order that explains them, or the longest start of one that was found.
        state: The model's state after it.
        stuck: The operations of which one had to come next, each with the result the model asks for.
        later: The operations that had to wait for one of the stuck.
        steps: How many times the model was asked.
    """

    order: tuple[Operation, ...]
    state: Hashable
    stuck: tuple[tuple[Operation, object], ...]
    later: tuple[Operation, ...]
    steps: int

    @property
    def linearizable(self) -> bool:
        """Tell whether every operation found its place."""
        return not self.stuck


def linearize(history: Iterable[Operation], model: Model[State], *, max_steps: int = MAX_STEPS) -> Verdict:
    """Search for an order of the operations that respects real time and the model.

    Args:
        history: The operations on one key, finished ones only, in any order.
        model: What they mean.
        max_steps: How many times the model may be asked.

    Returns:
        The order, or how far the longest attempt got and why it got no further.

    Raises:
        UndecidedError: The history is neither accepted nor rejected within the allowed steps.
    """
    operations = sorted(history, key=lambda operation: operation.invoked)
    return _Search(operations, model, max_steps).run()


class _Unplaced:
    """The numbers of the operations without a place, in a ring that takes one out and back in at once."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = operations
        # The number after the last stands between the last and the first.
        self._end = len(operations)
        self._following = [*range(1, self._end + 1), 0]
        self._preceding = [self._end, *range(self._end)]

    def __iter__(self) -> Iterator[int]:
        number = self._following[self._end]
        while number != self._end:
            yield number
            number = self._following[number]

    def take(self, number: int) -> None:
        self._following[self._preceding[number]] = self._following[number]
        self._preceding[self._following[number]] = self._preceding[number]

    def put_back(self, number: int) -> None:
        self._following[self._preceding[number]] = number
        self._preceding[self._following[number]] = number

    def able_to_come_next(self) -> Iterator[int]:
        """Yield those that no other one precedes: the numbers follow the order of invocation."""
        earliest_return = math.inf
        for number in self:
            operation = self._operations[number]
            if operation.invoked > earliest_return:
                return
            earliest_return = min(earliest_return, operation.returned)
            yield number


@dataclass(slots=True)
class _Attempt(Generic[State]):
    """A point of the search: what is placed, a bit each, the state that leads to, and the ways on untried."""

    placed: int
    state: State
    untried: Iterator[tuple[int, State]]


class _Search(Generic[State]):
    """The depth-first search, with a stack of its own: a history may be longer than Python's is deep."""

    def __init__(self, operations: Sequence[Operation], model: Model[State], max_steps: int) -> None:
        self._operations = operations
        self._model = model
        self._max_steps = max_steps
        self._steps = 0
        self._unplaced = _Unplaced(operations)
        self._order: list[int] = []
        self._attempts: list[_Attempt[State]] = []
        self._seen: set[tuple[int, State]] = set()
        self._longest: tuple[list[int], State] = ([], model.initial)

    def run(self) -> Verdict:
        self._attempt(0, self._model.initial)
        while self._attempts and len(self._order) < len(self._operations):
            if not self._go_on():
                self._go_back()
        self._remember_longest()
        return self._verdict()

    def _attempt(self, placed: int, state: State) -> None:
        self._seen.add((placed, state))
        self._attempts.append(_Attempt(placed, state, iter(self._ways_on(state))))

    def _ways_on(self, state: State) -> list[tuple[int, State]]:
        """Return what the model lets come next, each with the state after it."""
        ways: list[tuple[int, State]] = []
        # What returned first most likely took effect first. In the order of invocation, a call that the
        # interpreter held up for long would be placed too early, at a hundred times the steps.
        for number in sorted(self._unplaced.able_to_come_next(), key=self._returned):
            after = self._step(state, number)
            if isinstance(after, Rejected):
                continue
            if self._model.is_read(self._operations[number]):
                # It fits here and changes nothing anywhere: an order with it in another place is as good
                # with it in this one.
                return [(number, after)]
            ways.append((number, after))
        return ways

    def _returned(self, number: int) -> int:
        return self._operations[number].returned

    def _go_on(self) -> bool:
        attempt = self._attempts[-1]
        for number, state in attempt.untried:
            placed = attempt.placed | 1 << number
            if (placed, state) not in self._seen:
                self._order.append(number)
                self._unplaced.take(number)
                self._attempt(placed, state)
                return True
        return False

    def _step(self, state: State, number: int) -> State | Rejected:
        self._steps += 1
        if self._steps > self._max_steps:
            raise UndecidedError(
                f"no verdict on {len(self._operations)} operations in {self._max_steps} steps"
            )
        return self._model.step(state, self._operations[number])

    def _go_back(self) -> None:
        self._remember_longest()
        self._attempts.pop()
        if self._order:
            self._unplaced.put_back(self._order.pop())

    def _remember_longest(self) -> None:
        if len(self._order) > len(self._longest[0]):
            self._longest = (self._order.copy(), self._attempts[-1].state)

    def _verdict(self) -> Verdict:
        order, state = self._longest
        left = _Unplaced(self._operations)
        for number in order:
            left.take(number)
        stuck = list(left.able_to_come_next())
        return Verdict(
            order=tuple(self._operations[number] for number in order),
            state=state,
            stuck=tuple((self._operations[number], self._expected(state, number)) for number in stuck),
            later=tuple(self._operations[number] for number in left if number not in stuck),
            steps=self._steps,
        )

    def _expected(self, state: State, number: int) -> object:
        # Whatever could still go on from the longest attempt would have made it longer: all are rejected.
        answer = self._model.step(state, self._operations[number])
        return answer.expected if isinstance(answer, Rejected) else None
