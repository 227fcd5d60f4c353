"""What the contract knows of a store: how to connect to it, and how to let time pass."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeAlias

from cache_provider.arguments import Ttl
from cache_provider.codecs import Codec
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.testing.contract.capabilities import Capability, check_absences

Cache: TypeAlias = CacheProviderInterface


class Harness(ABC):
    """One empty store, the time it lives in, and as many providers on it as a test asks for.

    A fixture named `harness` returns a new one, with an empty store, for each
    test. The tests know providers by their interface only, so a facade of one
    will do.

    Args:
        absent: What this store or harness cannot be held to, each with the
            reason that a skipped test shows; see `Capability`.

    Raises:
        TypeError: `absent` holds something else.
        ValueError: A reason is empty.
    """

    _absent: Mapping[Capability, str] = MappingProxyType({})

    def __init__(self, *, absent: Mapping[Capability, str] | None = None) -> None:
        self._absent = check_absences(absent or {})

    @abstractmethod
    def connect(
        self,
        key_prefix: str = "test:",
        *,
        codec: Codec | None = None,
        default_ttl: Ttl | None = None,
        cache_name: str = "contract",
    ) -> Cache:
        """Return another provider on the same store, with these options."""

    @abstractmethod
    def pass_time(self, duration: Ttl) -> None:
        """Let every deadline on the store be `duration` nearer, and return when it is.

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
