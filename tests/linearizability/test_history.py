"""The recorder keeps what happened, and the order in which it did."""

import threading
from contextlib import suppress

import pytest

from tests.linearizability.history import Operation, Recorder


def fail() -> None:
    raise KeyError("gone")


def test_a_call_returns_what_the_function_returns() -> None:
    """Recording does not change what the caller sees."""
    assert Recorder().call("k", "incr", int, "7") == 7


def test_a_call_is_recorded_with_its_ticks() -> None:
    """The span of an operation is the ticks right before and right after the call."""
    recorder = Recorder()
    recorder.call("k", "incr", int, "7")
    assert recorder.by_key() == {"k": [Operation(0, "incr", ("7",), 7, 0, 1)]}


def test_an_exception_reaches_the_caller() -> None:
    """An error nobody expected fails the test it happened in."""
    with pytest.raises(KeyError):
        Recorder().call("k", "get", fail)


def test_an_exception_is_recorded_by_its_type() -> None:
    """An error is a result that the model can ask for."""
    recorder = Recorder()
    with suppress(KeyError):
        recorder.call("k", "get", fail)
    assert recorder.by_key()["k"][0].result is KeyError


def test_histories_are_kept_by_key() -> None:
    """Each key's history has its own operations only."""
    recorder = Recorder()
    recorder.call("a", "get", int)
    recorder.call("b", "get", int)
    recorder.call("a", "get", int)
    assert {key: len(history) for key, history in recorder.by_key().items()} == {"a": 2, "b": 1}


def test_a_nested_call_lies_within_the_span_of_the_outer_one() -> None:
    """A history is in the order of invocation, although the inner call is the first to return."""
    recorder = Recorder()
    recorder.call("k", "outer", lambda: recorder.call("k", "inner", int))
    spans = [(operation.invoked, operation.returned) for operation in recorder.by_key()["k"]]
    assert spans == [(0, 3), (1, 2)]


def test_every_thread_is_a_process_of_its_own() -> None:
    """Operations of eight threads carry eight numbers."""
    recorder = Recorder()
    together = threading.Barrier(8)
    threads = [
        threading.Thread(target=recorder.call, args=("k", "wait", together.wait, 60)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {operation.process for operation in recorder.by_key()["k"]} == set(range(8))


def test_an_operation_that_returns_before_it_is_invoked_is_refused() -> None:
    """A history with a slip of the pen is not judged."""
    with pytest.raises(ValueError, match="before it is invoked"):
        Operation(0, "get", (), None, 5, 5)


def test_an_operation_that_returned_before_another_was_invoked_precedes_it() -> None:
    """Real time orders what does not overlap."""
    assert Operation(0, "get", (), None, 0, 1).precedes(Operation(1, "get", (), None, 2, 3))


def test_overlapping_operations_do_not_precede_each_other() -> None:
    """Real time says nothing about two operations that were under way together."""
    assert not Operation(0, "get", (), None, 0, 2).precedes(Operation(1, "get", (), None, 1, 3))
