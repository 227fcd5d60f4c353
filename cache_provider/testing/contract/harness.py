"""What the contract knows of a store: how to connect to it, and how to let time pass."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any, ParamSpec, TypeAlias

import pytest

from cache_provider.arguments import Ttl
from cache_provider.clock import ManualClock
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.testing.contract.capabilities import Capability, check_absences
from cache_provider.testing.contract.terms import Terms

Cache: TypeAlias = CacheProviderInterface
Act: TypeAlias = Callable[[Cache], object]
"""What is done to a provider."""
ActOn: TypeAlias = Callable[[Cache, Any], object]
"""The same, with the argument that a test is about."""

P = ParamSpec("P")


class Harness(ABC):
    """One empty store, its time, and as many providers on it as a test asks for.

    A fixture named `harness`, as made by `fresh`, returns a new one for each
    test. If the store can use a clock that it is given, `ClockHarness`
    has everything but `connect`. The tests use providers only through their interface, so a
    facade will do.

    Args:
        absent: What this store or harness cannot do, each with the
            reason that a skipped test shows; see `Capability`.

    Raises:
        TypeError: `absent` holds something else.
        ValueError: A reason is empty.
    """

    _absent: Mapping[Capability, str] = MappingProxyType({})

    def __init__(self, *, absent: Mapping[Capability, str] | None = None) -> None:
        self._absent = check_absences(absent or {})

    @abstractmethod
    def connect(self, terms: Terms) -> Cache:
        """Return another provider on the same store, on these terms."""

    @abstractmethod
    def pass_time(self, duration: Ttl) -> None:
        """Bring every deadline on the store nearer by `duration`, and return when that is done.

        No sleep: either the store's clock moves, or its deadlines do.
        """

    @abstractmethod
    def now(self) -> datetime:
        """Return the store's wall-clock time, aware; deadlines given to it count on that clock."""

    def step_back(self, duration: timedelta) -> None:
        """Set the store's wall clock back, as an operator or a time server may.

        Raises:
            NotImplementedError: The harness cannot, and should name
                `Capability.BACKWARD_TIME` in `absent`.
        """
        raise NotImplementedError(f"{type(self).__name__} sets no clock back: {Capability.BACKWARD_TIME}")

    def connect_lost(self) -> Cache:
        """Return a provider whose store cannot be reached, and says so at once.

        Raises:
            NotImplementedError: The harness cannot, and should name
                `Capability.LOST_STORE` in `absent`.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot lose its store: {Capability.LOST_STORE}")

    def end(self) -> None:  # noqa: B027 - not every harness has something to end
        """Clean up after a test; called at the end of each, passed or not."""

    def why_absent(self, capability: Capability) -> str:
        """Return why a capability is absent, or "" if tests may rely on it."""
        return self._absent.get(capability, "")


class ClockHarness(Harness):
    """A store that uses `clock`, so that only `connect` is left to write.

    Attributes:
        clock: Give it to the store; the contract moves it.
    """

    @cached_property
    def clock(self) -> ManualClock:
        """Return the clock that the store lives by, the same each time."""
        return ManualClock()

    def pass_time(self, duration: Ttl) -> None:
        self.clock.advance(duration)

    def step_back(self, duration: timedelta) -> None:
        self.clock.set(self.clock.now() - duration)

    def now(self) -> datetime:
        return self.clock.now()


def fresh(harness: Callable[P, Harness], *args: P.args, **kwargs: P.kwargs) -> object:
    """Return the fixture `harness` of a test class: a new harness, with an empty store, for each test.

    Args:
        harness: Makes it; usually a subclass of `Harness`.
        *args: What `harness` is called with.
        **kwargs: What `harness` is called with.
    """

    @pytest.fixture(name="harness")
    def of_each_test(_test: object) -> Harness:
        return harness(*args, **kwargs)

    return of_each_test
