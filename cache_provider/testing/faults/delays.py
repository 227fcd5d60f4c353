"""Letting an operation take long, on the cache's clock."""

from cache_provider.aio.waiting import AsyncWaiter
from cache_provider.clock import Clock, ManualClock
from cache_provider.steps import Steps
from cache_provider.testing.seam.operation import Operation
from cache_provider.waiting import Patience, Waiter


def delay(clock: Clock, milliseconds: int, operation: Operation) -> Steps[None]:
    """Let time pass before `operation`: a `ManualClock` is moved, on any other clock it is a real wait."""
    if isinstance(clock, ManualClock):
        clock.advance(milliseconds / 1000)
        return
    patience = Patience(clock, milliseconds)
    gate = AsyncWaiter() if operation.is_async else Waiter()
    while not patience.is_over():
        yield gate.wait(patience)
