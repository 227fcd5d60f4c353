"""Each model means what the contract says, one operation at a time."""

from typing import Any

import pytest

from cache_provider.errors import LockNotOwnedError, NotAnIntegerError
from tests.linearizability.checker import Rejected
from tests.linearizability.generated import Call, run
from tests.linearizability.history import Operation
from tests.linearizability.models import (
    WOULD_WAIT,
    CappedListModel,
    DatedModel,
    DictFieldModel,
    HashModel,
    LockModel,
    MultiKeyModel,
    RegisterModel,
    SequentialModel,
)

SCRIPTS: dict[str, tuple[SequentialModel[Any], list[tuple[Call, Any]]]] = {
    "a value is read until it is deleted": (
        RegisterModel(),
        [
            (("get",), None),
            (("exists",), False),
            (("set", "x"), True),
            (("get",), "x"),
            (("exists",), True),
            (("delete",), True),
            (("delete",), False),
            (("get",), None),
        ],
    ),
    "a stored None exists": (RegisterModel(), [(("set", None), True), (("get",), None), (("exists",), True)]),
    "setnx creates and never replaces": (
        RegisterModel(),
        [(("setnx", None), True), (("setnx", 2), False), (("get",), None)],
    ),
    "counters start at zero": (
        RegisterModel(),
        [
            (("incr",), 1),
            (("incr", 5), 6),
            (("decr", 2), 4),
            (("get",), 4),
            (("delete",), True),
            (("decr",), -1),
        ],
    ),
    "a counter refuses text and keeps it": (
        RegisterModel(),
        [(("set", "5"), True), (("incr",), NotAnIntegerError), (("get",), "5")],
    ),
    "compare-and-set replaces what it expects": (
        RegisterModel(),
        [
            (("compare_and_set", None, 1), False),
            (("set", 1), True),
            (("compare_and_set", "1", 2), False),
            (("compare_and_set", 1, 2), True),
            (("get",), 2),
        ],
    ),
    "compare-and-delete removes what it expects": (
        RegisterModel(),
        [
            (("set", 1), True),
            (("compare_and_delete", 2), False),
            (("compare_and_delete", 1), True),
            (("compare_and_delete", 1), False),
        ],
    ),
    "a write that keeps the deadline changes the value alone": (
        DatedModel(),
        [
            (("set", 1, 60), True),
            (("set_keeping", 2), True),
            (("getset_keeping", 3), 2),
            (("swap_keeping", 3, 4), True),
            (("swap_keeping", 3, 5), False),
            (("pttl",), 60_000),
            (("get",), 4),
        ],
    ),
    "a write that keeps the deadline of nothing gives none": (
        DatedModel(),
        [
            (("pttl",), -2),
            (("swap_keeping", 1, 2), False),
            (("set_keeping", 1), True),
            (("pttl",), None),
            (("persist",), False),
        ],
    ),
    "a plain write, persist and expire change the deadline": (
        DatedModel(),
        [
            (("expire", 5), False),
            (("set", 1, 60), True),
            (("expire", 5), True),
            (("pttl",), 5000),
            (("persist",), True),
            (("pttl",), None),
            (("set", 1, 60), True),
            (("set", 2), True),
            (("pttl",), None),
            (("delete",), True),
            (("get",), None),
        ],
    ),
    "a push returns the length before the trim": (
        CappedListModel(),
        [
            (("delete",), False),
            (("push_limit", "a", 2), 1),
            (("push_limit", "b", 2), 2),
            (("push_limit", "c", 2), 3),
            (("list_range", 0, -1), ["b", "c"]),
            (("delete",), True),
            (("list_range", 0, -1), []),
        ],
    ),
    "a dict is replaced if it has the field and what is expected in it": (
        DictFieldModel(),
        [
            (("cas_dict_field", "f", None, {}), False),
            (("set", {"f": 1, "g": 0}), True),
            (("cas_dict_field", "h", None, {}), False),
            (("cas_dict_field", "f", 2, {}), False),
            (("cas_dict_field", "f", 1, {"f": 2}), True),
            (("get",), {"f": 2}),
            (("delete",), True),
            (("get",), None),
        ],
    ),
    "a hash comes with its first field and goes with its last": (
        HashModel(),
        [
            (("hgetall",), {}),
            (("hset", "f", 1), True),
            (("hset", "f", 2), False),
            (("hset", "g", None), True),
            (("hget", "f"), 2),
            (("hget", "h"), None),
            (("hgetall",), {"f": 2, "g": None}),
            (("hdel", "f", "h"), 1),
            (("delete",), True),
            (("hdel", "g"), 0),
            (("delete",), False),
        ],
    ),
    "a lock has one holder": (
        LockModel(),
        [
            (("locked", 0), False),
            (("release", 0), LockNotOwnedError),
            (("try_acquire", 0), True),
            (("locked", 1), True),
            (("owned", 0), True),
            (("owned", 1), False),
            (("try_acquire", 1), False),
            (("acquire", 1), WOULD_WAIT),
            (("release", 1), LockNotOwnedError),
            (("release", 0), None),
            (("release", 0), None),
            (("acquire", 1), True),
            (("release", 0), None),
            (("owned", 1), True),
        ],
    ),
    "a lock is not re-entrant": (
        LockModel(),
        [
            (("acquire", 0), True),
            (("acquire", 0), False),
            (("try_acquire", 0), False),
            (("release", 0), None),
        ],
    ),
    "several keys are written and read together": (
        MultiKeyModel("a", "b"),
        [
            (("mget", ("a", "b")), {}),
            (("mset", {"a": 1, "b": None}), True),
            (("mget", ("b", "a")), {"b": None, "a": 1}),
            (("mset", {"b": 2}), True),
            (("mdelete", ("a", "a")), 1),
            (("mget", ("a", "b")), {"b": 2}),
            (("keys",), ["b"]),
            (("get", "a"), None),
            (("get", "b"), 2),
            (("mdelete", ("a", "b")), 1),
        ],
    ),
}


@pytest.mark.parametrize(("model", "script"), SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_model_gives_what_the_contract_says(
    model: SequentialModel[Any], script: list[tuple[Call, Any]]
) -> None:
    """Every call of the script has the result that stands beside it."""
    state: Any = model.initial
    results: list[object] = []
    for call, _ in script:
        result, state = run(model, state, call)
        results.append(result)
    assert results == [expected for _, expected in script]


def test_a_step_with_the_right_result_leads_to_the_next_state() -> None:
    """The checker goes on from what the operation left behind."""
    assert RegisterModel().step(1, Operation(0, "incr", (), 2, 0, 1)) == 2


def test_a_step_with_another_result_is_rejected_with_the_right_one() -> None:
    """The explanation of a failure can say what should have been returned."""
    assert RegisterModel().step(1, Operation(0, "incr", (), 3, 0, 1)) == Rejected(2)


def test_a_result_of_another_type_is_rejected() -> None:
    """Python's 1 == True does not make a truth value a counter."""
    assert RegisterModel().step(0, Operation(0, "incr", (), True, 0, 1)) == Rejected(1)
