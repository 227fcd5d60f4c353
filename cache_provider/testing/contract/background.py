"""Calls that wait while the test goes on."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Event, Thread
from typing import TypeVar

from cache_provider.arguments import Ttl
from cache_provider.testing.contract.harness import Harness

ResultT = TypeVar("ResultT")

PATIENCE = 30.0
"""Real seconds until a call that should have ended fails its test."""

FOR_LONG = 10**9
"""Seconds of the store's time that no test outlives."""


def start(call: Callable[[], ResultT]) -> "Future[ResultT]":
    """Run `call` in a thread of its own, which has begun when this returns."""
    outcome: Future[ResultT] = Future()
    begun = Event()

    def work() -> None:
        begun.set()
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again when the result is asked for
            outcome.set_exception(error)

    # A daemon: a call that hangs fails its test and does not hold up the end of the run.
    Thread(target=work, daemon=True).start()
    begun.wait(PATIENCE)
    return outcome


def pass_time_until_done(harness: Harness, step: Ttl, outcome: "Future[ResultT]") -> ResultT:
    """Let the store's time pass step by step until the call ends; return what it returned."""
    for _ in range(10_000):
        if outcome.done():
            break
        harness.pass_time(step)
        wait([outcome], timeout=0.002)
    return outcome.result(PATIENCE)


class HeldFactory:
    """A factory that has begun, and ends when told to.

    Attributes:
        calls: How often it was called.
    """

    def __init__(self, value: object = "slow") -> None:
        self.calls = 0
        self._value = value
        self._begun = Event()
        self._may_end = Event()

    def __call__(self) -> object:
        """Count the call, and wait to be told how it ends."""
        self.calls += 1
        self._begun.set()
        self._may_end.wait(PATIENCE)
        if isinstance(self._value, BaseException):
            raise self._value
        return self._value

    def wait_until_begun(self) -> None:
        """Wait for the call."""
        assert self._begun.wait(PATIENCE), "the factory was never called"

    def end(self) -> None:
        """Let the call return its value, or raise it."""
        self._may_end.set()
