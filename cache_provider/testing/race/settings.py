"""What a search is asked to do, checked before anything runs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias, TypedDict, get_args

from cache_provider.arguments import check_callable, check_flag, check_integer, ttl_ms
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.testing.race.mishaps import (
    After,
    Before,
    CancelledAfter,
    CancelledBefore,
    ErrorSource,
    LostLease,
    Mishap,
)

Strategy: TypeAlias = Literal["auto", "dfs", "pct"]
"""`"dfs"`: every schedule, fewest interruptions first; `"pct"`: random priorities; `"auto"`: first that."""

ClockMode: TypeAlias = Literal["frozen", "explored"]
"""`"frozen"`: time stands still; `"explored"`: its passing is one more choice."""

Reduction: TypeAlias = Literal["keys", "states"]
"""`"keys"`: tasks share nothing but the cache; `"states"`: and depend on nothing but what they read there."""

Requirement: TypeAlias = Literal["exhausted"] | int
"""How much is to be explored at the least: everything, or every schedule with so many interruptions."""

Invariant: TypeAlias = Callable[[InMemoryCacheAdapter], object]
"""Looks at the store, and raises if it is not as it must always be."""


class Options(TypedDict, total=False):
    """The options of `explore`, which explains them."""

    preemptions: int | None
    max_schedules: int
    seconds: float | None
    seed: int
    strategy: Strategy
    clock: ClockMode
    reduce: Reduction | None
    require: Requirement | None
    invariant: Invariant | None
    replay: str | None
    watchdog: float
    max_steps: int
    stacklevel: int
    faults: Iterable[ErrorSource]
    cancellations: bool
    lost_leases: bool


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a search is asked to do; see `explore`."""

    preemptions: int | None = 2
    max_schedules: int = 5_000
    seconds: float | None = None
    seed: int = 0
    strategy: Strategy = "auto"
    clock: ClockMode = "frozen"
    reduce: Reduction | None = None
    require: Requirement | None = None
    invariant: Invariant | None = None
    watchdog: float = 1.0
    max_steps: int = 1_000
    stacklevel: int = 1
    faults: tuple[ErrorSource, ...] = ()
    cancellations: bool = False
    lost_leases: bool = False

    def __post_init__(self) -> None:
        """Check what was given.

        Raises:
            TypeError, ValueError: Something is not legal.
        """
        if self.preemptions is not None:
            check_integer("preemptions", self.preemptions, minimum=0)
        check_integer("max_schedules", self.max_schedules, minimum=1)
        check_integer("seed", self.seed)
        check_integer("max_steps", self.max_steps, minimum=1)
        check_integer("stacklevel", self.stacklevel, minimum=1)
        _check_choice("strategy", self.strategy, get_args(Strategy))
        _check_choice("clock", self.clock, get_args(ClockMode))
        _check_choice("reduce", self.reduce, (None, *get_args(Reduction)))
        if self.reduce is not None and self.strategy == "pct":
            raise ValueError("reduce must be None with strategy 'pct': chance leaves nothing out")
        if self.require != "exhausted" and self.require is not None:
            check_integer("require", self.require, minimum=0)
        if self.invariant is not None:
            check_callable("invariant", self.invariant)
        if self.seconds is not None:
            ttl_ms("seconds", self.seconds)
        ttl_ms("watchdog", self.watchdog)
        check_flag("cancellations", self.cancellations)
        check_flag("lost_leases", self.lost_leases)
        for fault in self.faults:
            if not isinstance(fault, BaseException) and not callable(fault):
                raise TypeError(f"faults must be exceptions or callables, not {fault!r}")

    @cached_property
    def mishaps(self) -> tuple[Mishap, ...]:
        """What may go wrong: each fault before and after the effect of an operation, and the rest."""
        failing = tuple(
            kind(fault, family) for family, fault in enumerate(self.faults) for kind in (Before, After)
        )
        cancelling = (CancelledBefore(), CancelledAfter()) if self.cancellations else ()
        losing = (LostLease(),) if self.lost_leases else ()
        return (*failing, *cancelling, *losing)

    @property
    def deciding(self) -> dict[str, Any]:
        """The options that decide what there is to choose from, where they are not the usual ones."""
        values = {name: getattr(self, name) for name in _DECIDING}
        unusual = {name: value for name, value in values.items() if value != getattr(Settings, name)}
        return {**unusual, "faults": len(self.faults)} if self.faults else unusual

    def deciding_as(self, deciding: dict[str, Any]) -> "Settings":
        """Return the same with such options as those of a token.

        Raises:
            ValueError: There are other faults.
        """
        faults = deciding.get("faults", 0)
        if faults not in {len(self.faults), 0}:
            raise ValueError(f"faults must be the {faults} that the token was found with")
        options = {name: deciding.get(name, getattr(Settings, name)) for name in _DECIDING}
        return replace(self, **options, faults=self.faults if faults else ())


_DECIDING = ("clock", "max_steps", "cancellations", "lost_leases")


def _check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {choices}, not {value!r}")
