"""Histories made by a random generator, and a checker too slow and too simple to be wrong."""

import itertools
import random
from collections.abc import Hashable, Sequence
from typing import Any, cast

from tests.linearizability.checker import Rejected
from tests.linearizability.history import Operation
from tests.linearizability.models import SequentialModel

Call = tuple[Any, ...]
"""The name of an operation, then its arguments."""


def run(model: SequentialModel[Any], state: Hashable, call: Call) -> tuple[object, Hashable]:
    """Return what the model gives for the call, and the state after it."""
    name, *arguments = call
    return cast("tuple[object, Hashable]", getattr(model, name)(state, *arguments))


def concurrent_history(
    model: SequentialModel[Any], calls: Sequence[Call], rng: random.Random, *, threads: int = 8, length: int
) -> list[Operation]:
    """Return a history that is linearizable by construction.

    Each thread in turn invokes a call, takes effect and returns, one such step whenever chance picks it: far
    more overlap than real threads have.
    """
    state: Hashable = model.initial
    pending: dict[int, tuple[Call, int]] = {}
    effective: dict[int, tuple[Call, int, object]] = {}
    history: list[Operation] = []
    for tick in itertools.count():
        thread = rng.randrange(threads)
        if thread in effective:
            (name, *arguments), invoked, result = effective.pop(thread)
            history.append(Operation(thread, name, tuple(arguments), result, invoked, tick))
        elif thread in pending:
            call, invoked = pending.pop(thread)
            result, state = run(model, state, call)
            effective[thread] = (call, invoked, result)
        elif len(history) < length:
            pending[thread] = (rng.choice(calls), tick)
        if len(history) >= length and not pending and not effective:
            return history
    raise AssertionError("unreachable: the ticks never end")


def small_history(model: SequentialModel[Any], calls: Sequence[Call], rng: random.Random) -> list[Operation]:
    """Return up to six operations that may or may not be linearizable.

    They ran one at a time in some order, and were then given spans drawn without a look at that order.
    """
    state: Hashable = model.initial
    history: list[Operation] = []
    for process, (invoked, returned) in enumerate(_random_spans(rng.randint(1, 6), rng)):
        name, *arguments = call = rng.choice(calls)
        result, state = run(model, state, call)
        history.append(Operation(process, name, tuple(arguments), result, invoked, returned))
    return history


def _random_spans(count: int, rng: random.Random) -> list[tuple[int, int]]:
    ticks = rng.sample(range(2 * count), 2 * count)
    return [(min(pair), max(pair)) for pair in zip(ticks[::2], ticks[1::2], strict=True)]


def linearizable_by_brute_force(history: Sequence[Operation], model: SequentialModel[Any]) -> bool:
    """Tell whether any of all permutations respects real time and the model."""
    orders = itertools.permutations(history)
    return any(_respects_real_time(order) and _respects_model(order, model) for order in orders)


def _respects_real_time(order: Sequence[Operation]) -> bool:
    return not any(later.precedes(earlier) for earlier, later in itertools.combinations(order, 2))


def _respects_model(order: Sequence[Operation], model: SequentialModel[Any]) -> bool:
    state = model.initial
    for operation in order:
        state = model.step(state, operation)
        if isinstance(state, Rejected):
            return False
    return True


def explains(order: Sequence[Operation], history: Sequence[Operation], model: SequentialModel[Any]) -> bool:
    """Tell whether the order has just the history's operations and respects real time and the model."""
    same_operations = sorted(map(id, order)) == sorted(map(id, history))
    return same_operations and _respects_real_time(order) and _respects_model(order, model)
