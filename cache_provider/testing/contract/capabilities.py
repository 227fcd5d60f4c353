"""What a store, or the harness around it, can be held to, beyond what every one can."""

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import TypeVar

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])

_ATTRIBUTE = "__contract_needs__"


class Capability(Enum):
    """What some tests of the contract need and not every store or harness has.

    A harness says what it lacks, and why; the tests that need it are then
    skipped with that reason, and the report counts them as not promised.
    """

    STILL_TIME = "time stands still between two calls"
    """Without it no test can look one millisecond before an end."""
    EXACT_MILLISECOND = "an end comes in its very millisecond, however often time was passed before"
    """A server whose time stands still keeps a key one millisecond longer; see `Harness.pass_time`."""
    BACKWARD_TIME = "the store's wall clock can step back"
    PATIENCE_IN_STORE_TIME = "a waiter goes by the store's clock too, not only by its own"
    """`acquire` and `get_or_set` then give up when the store's time says so."""
    RENEWS_IN_STORE_TIME = "a lease is renewed by the store's clock too, not only by its holder's"
    """Renewals that are due happen as the store's time passes, and `lost` tells of leases that end in it."""
    KEYS_REMOVE_EXPIRED = "`keys` removes an expired key that it passes over"
    """So that it stays gone when the clock steps back afterwards."""
    EXACT_PREFIX = "`connect` gives a provider exactly the prefix it was asked for, with nothing before it"
    QUIET_STORE = "nobody else's keys are on the store"
    """A scan in small steps of a full server would take for ever."""
    ONE_KEYSPACE = "one page of a scan can hold all keys"
    """A Cluster is scanned one node after another."""
    SCANS_ONCE = "a scan returns a key that stays exactly once, whatever comes and goes"
    LOST_STORE = "`connect_lost` gives a provider whose store cannot be reached"
    OPEN_STEPS = "composed operations call the provider's own methods, which a test may replace"
    """`get_or_set` and the pattern helpers: a failure of one step is put in place of that method."""
    CLAIMS_BY_THREAD = "a handle on a lock keeps a claim for each thread"
    INTERRUPTS = "a KeyboardInterrupt that a factory raises comes out of `get_or_set`"


def needs(*capabilities: Capability) -> Callable[[FunctionT], FunctionT]:
    """Return a decorator of tests that not every store can be held to."""

    def decorate(function: FunctionT) -> FunctionT:
        setattr(function, _ATTRIBUTE, capabilities)
        return function

    return decorate


def needed_by(function: object) -> tuple[Capability, ...]:
    """Return what a test needs."""
    found: tuple[Capability, ...] = getattr(function, _ATTRIBUTE, ())
    return found


def check_absences(absent: Mapping[Capability, str]) -> Mapping[Capability, str]:
    """Return what is absent, if each absence has its reason.

    Raises:
        TypeError: A key is not a `Capability`, or a reason not a `str`.
        ValueError: A reason is empty.
    """
    for capability, reason in absent.items():
        _check_absence(capability, reason)
    return MappingProxyType(dict(absent))


def _check_absence(capability: object, reason: object) -> None:
    if not isinstance(capability, Capability):
        raise TypeError(f"absent must name members of Capability, not {capability!r}")
    if not isinstance(reason, str):
        raise TypeError(f"absent[{capability}] must be a reason as str, not {reason!r}")
    if not reason.strip():
        raise ValueError(f"absent[{capability}] must be a reason, not {reason!r}")
