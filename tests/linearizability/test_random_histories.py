"""The checker agrees with brute force on small histories, and is fast on long ones."""

import random
from dataclasses import replace
from typing import Any

import pytest

from tests.linearizability.checker import UndecidedError, linearize
from tests.linearizability.generated import (
    Call,
    concurrent_history,
    explains,
    linearizable_by_brute_force,
    small_history,
)
from tests.linearizability.history import Operation
from tests.linearizability.models import (
    CappedListModel,
    DatedModel,
    DictFieldModel,
    HashModel,
    LockModel,
    MultiKeyModel,
    RegisterModel,
    SequentialModel,
)

EXAMPLES: dict[str, tuple[SequentialModel[Any], list[Call]]] = {
    "register": (
        RegisterModel(),
        [
            ("get",),
            ("set", 1),
            ("set", 2),
            ("incr",),
            ("delete",),
            ("setnx", 3),
            ("compare_and_set", 1, 2),
            ("compare_and_delete", 2),
        ],
    ),
    "dated": (
        DatedModel(),
        [
            ("get",),
            ("pttl",),
            ("set", 1, 60),
            ("set", 2),
            ("set_keeping", 1),
            ("swap_keeping", 1, 2),
            ("persist",),
            ("delete",),
        ],
    ),
    "capped list": (
        CappedListModel(),
        [("push_limit", 1, 2), ("push_limit", 2, 2), ("list_range", 0, -1), ("delete",)],
    ),
    "dict field": (
        DictFieldModel(),
        [
            ("set", {"f": 1}),
            ("get",),
            ("cas_dict_field", "f", 1, {"f": 2}),
            ("cas_dict_field", "f", 2, {"f": 1}),
        ],
    ),
    "hash": (
        HashModel(),
        [("hset", "f", 1), ("hset", "g", 2), ("hdel", "f"), ("hdel", "f", "g"), ("hgetall",), ("hget", "f")],
    ),
    "lock": (
        LockModel(),
        [("try_acquire", 0), ("try_acquire", 1), ("release", 0), ("release", 1), ("locked", 0)],
    ),
    "several keys": (
        MultiKeyModel("a", "b"),
        [("mset", {"a": 1, "b": 1}), ("mset", {"a": 2}), ("mget", ("a", "b")), ("mdelete", ("a", "b"))],
    ),
}

each_example = pytest.mark.parametrize(("model", "calls"), EXAMPLES.values(), ids=EXAMPLES.keys())


def small_histories(model: SequentialModel[Any], calls: list[Call]) -> list[list[Operation]]:
    rng = random.Random(20)
    return [small_history(model, calls, rng) for _ in range(1000)]


@each_example
def test_the_verdict_on_random_histories_is_that_of_brute_force(
    model: SequentialModel[Any], calls: list[Call]
) -> None:
    """On a thousand small histories the checker and the attempt of all permutations never disagree."""
    histories = small_histories(model, calls)
    verdicts = [linearize(history, model).linearizable for history in histories]
    assert verdicts == [linearizable_by_brute_force(history, model) for history in histories]


@each_example
def test_the_random_histories_are_of_both_kinds(model: SequentialModel[Any], calls: list[Call]) -> None:
    """At least one in twenty of the compared histories is accepted, and one in twenty rejected."""
    accepted = sum(linearize(history, model).linearizable for history in small_histories(model, calls))
    assert 50 <= accepted <= 950


@each_example
def test_the_order_found_explains_the_history(model: SequentialModel[Any], calls: list[Call]) -> None:
    """An accepted history comes with an order that respects real time and the model."""
    verdicts = [(history, linearize(history, model)) for history in small_histories(model, calls)]
    assert all(
        explains(verdict.order, history, model) for history, verdict in verdicts if verdict.linearizable
    )


@each_example
def test_three_thousand_operations_of_eight_threads_are_accepted(
    model: SequentialModel[Any], calls: list[Call]
) -> None:
    """A long history is no deeper a recursion, and one order is enough to accept it."""
    assert linearize(concurrent_history(model, calls, random.Random(1), length=3000), model).linearizable


@each_example
def test_the_search_grows_with_the_length_of_the_history(
    model: SequentialModel[Any], calls: list[Call]
) -> None:
    """What is remembered keeps the search to a few steps an operation, where all orders would be 3000!."""
    history = concurrent_history(model, calls, random.Random(2), length=3000)
    assert linearize(history, model).steps < 30 * len(history)


def test_one_wrong_result_among_three_thousand_is_rejected() -> None:
    """A long history is rejected for a single read that cannot have been."""
    model, calls = EXAMPLES["register"]
    history = concurrent_history(model, calls, random.Random(3), length=3000)
    wrong = next(place for place, operation in enumerate(history) if place > 1500 and operation.name == "get")
    history[wrong] = replace(history[wrong], result="out of thin air")
    assert not linearize(history, model).linearizable


def test_a_rejection_takes_a_bounded_number_of_steps_for_each_operation() -> None:
    """What is remembered keeps even the search that tries everything linear in the length of the history."""
    model, calls = EXAMPLES["register"]
    history = concurrent_history(model, calls, random.Random(4), length=3000)
    history[-1] = replace(history[-1], result="out of thin air")
    assert linearize(history, model).steps < 300 * len(history)


def test_a_search_beyond_its_steps_gives_no_verdict() -> None:
    """A history that would take too long is an error, neither accepted nor rejected nor a hang."""
    model, calls = EXAMPLES["register"]
    history = concurrent_history(model, calls, random.Random(5), length=100)
    with pytest.raises(UndecidedError, match="in 99 steps"):
        linearize(history, model, max_steps=99)
