"""The helper that runs the stress tests' threads cannot hide what goes wrong in one."""

import itertools
import sys
import threading

import pytest

import tests.threads
from tests.stress.threads import THREADS, run_threads, run_together, seen_during


def test_the_threads_run_at_the_same_time() -> None:
    """Each thread gets past a barrier that waits for all of them."""
    everybody = threading.Barrier(THREADS)
    assert sorted(run_threads(THREADS, lambda _: everybody.wait(30))) == list(range(THREADS))


def test_the_results_come_in_the_order_of_the_threads() -> None:
    """What a thread returned is found at the thread's number."""
    assert run_threads(THREADS, lambda number: number * number) == [n * n for n in range(THREADS)]


def test_an_exception_in_one_thread_is_raised() -> None:
    """One failing assertion among eight threads fails the test."""

    def fail_in_the_sixth(number: int) -> None:
        assert number != 5, "the sixth thread fails"

    with pytest.raises(AssertionError, match="the sixth thread fails"):
        run_threads(THREADS, fail_in_the_sixth)


def test_a_thread_that_does_not_end_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadlock is a failure, not a hang."""
    monkeypatch.setattr(tests.threads, "PATIENCE", 0.05)
    at_last = threading.Event()
    with pytest.raises(AssertionError, match="never happened"):
        run_together(lambda: True, at_last.wait)
    at_last.set()


def test_an_exception_is_raised_rather_than_the_deadlock_it_led_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one thread fails and another waits for it, the failure is what is reported."""
    monkeypatch.setattr(tests.threads, "PATIENCE", 0.05)
    at_last = threading.Event()

    def fail() -> bool:
        raise KeyError("why the other one waits")

    with pytest.raises(KeyError, match="why the other one waits"):
        run_together(at_last.wait, fail)
    at_last.set()


def test_what_threads_see_while_others_work_is_returned() -> None:
    """Four threads look until the other four are done, and what each saw is in the result."""
    looked = itertools.count()
    work_is_over = threading.Event()

    def look() -> int:
        look_number = next(looked)
        if look_number >= 100:
            work_is_over.set()
        return min(look_number, 100)

    assert seen_during(lambda _: work_is_over.wait(30), look) == set(range(101))


def test_the_interpreter_switches_threads_every_ten_microseconds() -> None:
    """The stress tests run under the setting that makes races likely."""
    assert round(sys.getswitchinterval() * 1e6) == 10
