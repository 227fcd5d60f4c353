"""One armed fault: what it waits for, how often it strikes, whether it did."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import Lock
from types import TracebackType
from typing import Self, TypeAlias

from cache_provider.arguments import check_integer, check_name
from cache_provider.glob import Glob
from cache_provider.testing.faults.errors import Harm
from cache_provider.testing.seam.effects import check_operation
from cache_provider.testing.seam.operation import Operation
from cache_provider.testing.seam.sites import Site, find_site

Event: TypeAlias = Callable[[], object]
"""What befalls a server."""


class Moment(Enum):
    """When in the course of an operation a fault strikes, in this order."""

    DELAY = auto()
    """Time passes on its way."""
    LEASE = auto()
    """A lock that is held is lost before it."""
    BEFORE = auto()
    """It fails and has no effect."""
    RENEWAL = auto()
    """A lease is not renewed when that is due."""
    AFTER = auto()
    """It has its effect and its reply is lost."""
    POOL = auto()
    """There is no connection to ask by."""


@dataclass(frozen=True)
class Target:
    """Which operations a fault strikes.

    Args:
        operation: The operation's name as the seam has it; None for all.
        key: A Redis glob, which one of the operation's keys, or its lock's
            name, must match; None for all operations, those without a key too.
        commands_only: Whether operations of providers are spared.

    Raises:
        TypeError, ValueError: An argument is not legal.
    """

    operation: str | None = None
    key: str | None = None
    commands_only: bool = False
    _glob: Glob | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_operation(self.operation)
        glob = None if self.key is None else Glob(check_name("key", self.key))
        object.__setattr__(self, "_glob", glob)

    def matches(self, operation: Operation) -> bool:
        """Tell whether a fault with this target strikes `operation`."""
        if self.commands_only and not operation.is_command:
            return False
        is_named = self.operation in (None, operation.name)
        if is_named and (self._glob is None or bool(self._glob.select(operation.keys))):
            return True
        # What strikes a command strikes the transaction that it is a part of.
        return any(map(self.matches, operation.parts))


class Fault:
    """A fault that was armed; a context manager that disarms it at the end.

    >>> from cache_provider import InMemoryCacheAdapter
    >>> from cache_provider.testing.faults import Faults
    >>> from cache_provider.testing.seam import InstrumentedCache
    >>> provider = InMemoryCacheAdapter()
    >>> faults = Faults(provider.clock)
    >>> cache = InstrumentedCache(provider, faults)
    >>> with faults.outage() as outage:
    ...     cache.ping()
    False
    >>> outage.fired
    1

    Attributes:
        fired: How often it struck so far.
        times: How often it strikes; None for as often as it can.
        site: The line that armed it.
        error: What it raises, if anything.
        event: What befalls the server besides.
    """

    def __init__(
        self,
        call: str,
        moment: Moment,
        target: Target,
        times: int | None,
        *,
        error: Harm | None = None,
        event: Event | None = None,
    ) -> None:
        self.times = None if times is None else check_integer("times", times, minimum=1)
        self.fired = 0
        self.site: Site = find_site()
        self.moment = moment
        self.target = target
        self.error = error
        self.event = event
        self._call = call
        self._is_armed = True
        self._counting = Lock()

    def __str__(self) -> str:
        return f"{self._call}, armed at {self.site}"

    def __repr__(self) -> str:
        return f"<Fault {self} fired={self.fired}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.disarm()

    def disarm(self) -> None:
        """Strike no more; may be called again."""
        self._is_armed = False

    def take(self, moment: Moment, operation: Operation | None) -> bool:
        """Count one strike at `operation` if the fault is armed for it, and tell whether it is.

        Args:
            moment: When it would strike.
            operation: The operation; None if there is none yet.
        """
        with self._counting:
            strikes = self.would_take(moment, operation)
            self.fired += strikes
        return strikes

    def would_take(self, moment: Moment, operation: Operation | None) -> bool:
        """Tell whether the fault is armed for `operation`, and count nothing."""
        if moment is not self.moment or not (operation is None or self.target.matches(operation)):
            return False
        return self._is_armed and (self.times is None or self.fired < self.times)

    def give_back(self) -> None:
        """Take back one strike that found nothing to do."""
        with self._counting:
            self.fired -= 1

    def shortfall(self) -> str | None:
        """Return what there is to say about strikes that never came, None where all came."""
        if self.times is None or self.times == 1:
            return None if self.fired else f"{self} never fired"
        return None if self.fired == self.times else f"{self} fired {self.fired} of {self.times} times"


def shown_call(call: str, *arguments: object, **options: object) -> str:
    """Return a call as it reads in a test, without the arguments that are None."""
    shown = [repr(value) for value in arguments if value is not None]
    shown += [f"{name}={_named(value)}" for name, value in options.items() if value is not None]
    return f"{call}({', '.join(shown)})"


def _named(value: object) -> str:
    return value.__name__ if isinstance(value, type) else repr(value)
