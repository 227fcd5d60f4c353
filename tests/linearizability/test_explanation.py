"""A rejected history comes with a table that shows where it went wrong."""

import pytest

from tests.linearizability.checker import linearize
from tests.linearizability.explanation import assert_linearizable, explain
from tests.linearizability.history import Operation
from tests.linearizability.models import LockModel, RegisterModel

LOST_UPDATE = [
    Operation(0, "set", (7,), True, 0, 1),
    Operation(1, "incr", (), 8, 2, 4),
    Operation(2, "incr", (), 8, 3, 5),
    Operation(1, "get", (), 8, 6, 7),
]


TABLE = """\
not linearizable: 2 of 4 operations fit one order; none of the stuck can follow
       thread  invoked  returned  operation  result
1      0       0        1         set(7)     True
2      1       2        4         incr()     8
                                  state      8
stuck  2       3        5         incr()     8       should be 9
later  1       6        7         get()      8"""


def test_the_explanation_shows_what_fitted_and_what_got_stuck() -> None:
    """The table lists the order found, the state after it, the operations stuck there and the later ones."""
    assert explain(linearize(LOST_UPDATE, RegisterModel())) == TABLE


def test_the_explanation_of_a_long_history_shows_the_end_of_what_fitted() -> None:
    """Of a hundred operations before the one that is stuck, the last twelve are shown."""
    sets = [Operation(0, "set", (n,), True, 2 * n, 2 * n + 1) for n in range(100)]
    history = [*sets, Operation(1, "get", (), "wrong", 200, 201)]
    assert "88 earlier operations" in explain(linearize(history, RegisterModel()))


def test_the_explanation_of_a_long_history_shows_the_start_of_what_comes_later() -> None:
    """Of a hundred operations after the one that is stuck, the first twelve are shown."""
    gets = [Operation(0, "get", (), None, 2 * n, 2 * n + 1) for n in range(1, 101)]
    history = [Operation(1, "get", (), "wrong", 0, 1), *gets]
    assert "88 later operations" in explain(linearize(history, RegisterModel()))


def test_an_exception_is_shown_by_its_name() -> None:
    """A release that should have been refused says with which error."""
    history = [Operation(0, "release", (0,), None, 0, 1)]
    assert "should be LockNotOwnedError" in explain(linearize(history, LockModel()))


def test_an_accepted_history_is_explained_in_one_line() -> None:
    """There is nothing to look for where everything fits."""
    verdict = linearize(LOST_UPDATE[:2], RegisterModel())
    assert explain(verdict) == "linearizable: all 2 operations fit one order"


def test_asserting_on_a_rejected_history_raises_the_explanation() -> None:
    """A failing stress test shows the table."""
    with pytest.raises(AssertionError, match=r"stuck .* should be 9"):
        assert_linearizable(LOST_UPDATE, RegisterModel())
