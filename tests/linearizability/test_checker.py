"""The checker accepts what could have happened and rejects what could not."""

from itertools import permutations
from typing import Any

import pytest

from tests.linearizability.checker import linearize
from tests.linearizability.history import Operation
from tests.linearizability.models import (
    CappedListModel,
    DictFieldModel,
    LockModel,
    MultiKeyModel,
    RegisterModel,
    SequentialModel,
)

REGISTER = RegisterModel()


def op(process: int, span: tuple[int, int], name: str, *arguments: Any, gives: Any) -> Operation:
    return Operation(process, name, arguments, gives, *span)


def accepted(*history: Operation, model: SequentialModel[Any] = REGISTER) -> bool:
    return linearize(history, model).linearizable


def test_the_empty_history_is_accepted() -> None:
    """Nothing happened is something that can happen."""
    assert accepted()


def test_a_sequential_history_with_right_results_is_accepted() -> None:
    """Operations that never overlap are judged in their own order."""
    assert accepted(
        op(0, (0, 1), "set", 1, gives=True),
        op(1, (2, 3), "incr", gives=2),
        op(0, (4, 5), "get", gives=2),
        op(1, (6, 7), "delete", gives=True),
        op(0, (8, 9), "get", gives=None),
    )


@pytest.mark.parametrize("seen", [None, 1])
def test_a_read_during_a_write_may_see_the_value_before_or_after(seen: int | None) -> None:
    """A write may take effect at any moment of its span."""
    assert accepted(op(0, (0, 3), "set", 1, gives=True), op(1, (1, 2), "get", gives=seen))


def test_overlapping_writes_may_take_effect_against_the_order_of_invocation() -> None:
    """The write invoked last may be the one that is overwritten."""
    assert accepted(
        op(0, (0, 3), "set", 1, gives=True),
        op(1, (1, 2), "set", 2, gives=True),
        op(2, (4, 5), "get", gives=1),
    )


def test_a_long_write_may_take_effect_between_two_reads() -> None:
    """Old then new, both inside the span of the write, is how a write looks."""
    assert accepted(
        op(0, (0, 9), "set", 1, gives=True),
        op(1, (1, 2), "get", gives=None),
        op(2, (3, 4), "get", gives=1),
    )


def test_a_first_choice_that_leads_nowhere_is_taken_back() -> None:
    """Herlihy and Wing: only one of two overlapping writes can be the first, and later reads say which."""
    assert accepted(
        op(0, (0, 6), "set", 1, gives=True),
        op(1, (1, 7), "set", 2, gives=True),
        op(2, (2, 3), "get", gives=2),
        op(3, (4, 5), "get", gives=2),
        op(2, (8, 9), "get", gives=1),
    )


def test_overlapping_increments_may_return_in_either_order() -> None:
    """The increment that was invoked first may be the second to take effect."""
    assert accepted(op(0, (0, 2), "incr", gives=2), op(1, (1, 3), "incr", gives=1))


def test_a_blocking_acquire_may_span_the_release_it_waits_for() -> None:
    """A waiter takes the lock after the holder's release, which falls into the waiter's span."""
    assert accepted(
        op(0, (0, 1), "try_acquire", 0, gives=True),
        op(1, (2, 5), "acquire", 1, gives=True),
        op(0, (3, 4), "release", 0, gives=None),
        model=LockModel(),
    )


def test_a_stale_read_is_rejected() -> None:
    """A read invoked after a write had returned cannot see what was there before."""
    assert not accepted(op(0, (0, 1), "set", 1, gives=True), op(1, (2, 3), "get", gives=None))


def test_a_lost_update_is_rejected() -> None:
    """Two increments, however they overlap, cannot both be the first."""
    assert not accepted(op(0, (0, 2), "incr", gives=1), op(1, (1, 3), "incr", gives=1))


def test_a_setnx_won_twice_is_rejected() -> None:
    """A key that nobody deleted is created once."""
    assert not accepted(op(0, (0, 2), "setnx", 1, gives=True), op(1, (1, 3), "setnx", 2, gives=True))


def test_a_setnx_lost_by_all_is_rejected() -> None:
    """Somebody creates a missing key."""
    assert not accepted(op(0, (0, 2), "setnx", 1, gives=False), op(1, (1, 3), "setnx", 2, gives=False))


def test_a_lock_acquired_twice_is_rejected() -> None:
    """A second claim needs a release that could come before it."""
    assert not accepted(
        op(0, (0, 2), "try_acquire", 0, gives=True),
        op(1, (1, 3), "try_acquire", 1, gives=True),
        op(0, (4, 5), "release", 0, gives=None),
        model=LockModel(),
    )


def test_a_value_out_of_thin_air_is_rejected() -> None:
    """What is read was written, and by an operation that was invoked by then."""
    assert not accepted(op(0, (0, 1), "get", gives=1), op(1, (2, 3), "set", 1, gives=True))


def test_new_then_old_seen_by_two_readers_is_rejected() -> None:
    """Once one reader has seen the new value, a later one cannot see the old."""
    assert not accepted(
        op(0, (0, 9), "set", 1, gives=True),
        op(1, (1, 2), "get", gives=1),
        op(2, (3, 4), "get", gives=None),
    )


def test_two_readers_that_disagree_on_the_order_of_writes_are_rejected() -> None:
    """There is one order for everybody, even where each reader alone would make sense."""
    assert not accepted(
        op(0, (0, 1), "set", 1, gives=True),
        op(1, (0, 1), "set", 2, gives=True),
        op(2, (2, 3), "get", gives=1),
        op(3, (4, 5), "get", gives=2),
    )


def test_half_an_mset_is_rejected() -> None:
    """A reader sees both keys of a bulk write or neither."""
    assert not accepted(
        op(0, (0, 3), "mset", {"a": 1, "b": 1}, gives=True),
        op(1, (1, 2), "mget", ("a", "b"), gives={"a": 1}),
        model=MultiKeyModel("a", "b"),
    )


def test_a_lost_push_is_rejected() -> None:
    """Two pushes onto an empty list cannot both find it empty."""
    assert not accepted(
        op(0, (0, 2), "push_limit", "x", 9, gives=1),
        op(1, (1, 3), "push_limit", "y", 9, gives=1),
        model=CappedListModel(),
    )


def test_a_field_swapped_twice_from_one_value_is_rejected() -> None:
    """Of two swaps that expect the same value one fails."""
    assert not accepted(
        op(0, (0, 1), "set", {"f": 1}, gives=True),
        op(0, (2, 4), "cas_dict_field", "f", 1, {"f": 2}, gives=True),
        op(1, (3, 5), "cas_dict_field", "f", 1, {"f": 3}, gives=True),
        model=DictFieldModel(),
    )


def test_the_order_in_which_a_history_is_given_does_not_matter() -> None:
    """The spans alone say what came before what."""
    history = (
        op(0, (0, 2), "incr", gives=2),
        op(1, (1, 3), "incr", gives=1),
        op(2, (4, 5), "get", gives=2),
    )
    assert all(accepted(*shuffled) for shuffled in permutations(history))
