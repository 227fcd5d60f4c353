"""What a search is asked to do, checked before anything runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypedDict, get_args

from cache_provider.arguments import check_flag, check_integer, ttl_ms
from cache_provider.testing.race.mishaps import (
    After,
    Before,
    CancelledAfter,
    CancelledBefore,
    Fault,
    LostLease,
    Mishap,
)

Strategy: TypeAlias = Literal["auto", "dfs", "pct"]
"""`"dfs"`: every schedule, fewest interruptions first; `"pct"`: random priorities; `"auto"`: first that."""

ClockMode: TypeAlias = Literal["frozen", "explored"]
"""`"frozen"`: time stands still; `"explored"`: its passing is one more choice."""

Reduction: TypeAlias = Literal["keys"]
"""`"keys"`: tasks share nothing but the keys of the cache."""


class Options(TypedDict, total=False):
    """What `explore` may be given besides the scenario; what each means is said there."""

    preemptions: int | None
    max_schedules: int
    seed: int
    strategy: Strategy
    clock: ClockMode
    reduce: Reduction | None
    replay: str | None
    watchdog: float
    max_steps: int
    faults: Iterable[Fault]
    cancellations: bool
    lost_leases: bool


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a search is asked to do; see `explore`."""

    preemptions: int | None
    max_schedules: int
    seed: int
    strategy: Strategy
    clock: ClockMode
    reduce: Reduction | None
    watchdog: float
    max_steps: int
    mishaps: tuple[Mishap, ...]

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
        _check_choice("strategy", self.strategy, get_args(Strategy))
        _check_choice("clock", self.clock, get_args(ClockMode))
        _check_choice("reduce", self.reduce, (None, *get_args(Reduction)))
        if self.reduce is not None and self.strategy == "pct":
            raise ValueError("reduce must be None with strategy 'pct': chance leaves nothing out")
        ttl_ms("watchdog", self.watchdog)


def mishaps(faults: Iterable[Fault], *, cancellations: bool, lost_leases: bool) -> tuple[Mishap, ...]:
    """Return what may go wrong: each fault before and after the effect of an operation, and the rest."""
    failing = tuple(
        kind(_checked(fault), family) for family, fault in enumerate(faults) for kind in (Before, After)
    )
    cancelling = (CancelledBefore(), CancelledAfter()) if cancellations else ()
    losing = (LostLease(),) if check_flag("lost_leases", lost_leases) else ()
    return (*failing, *cancelling, *losing)


def _checked(fault: Fault) -> Fault:
    if not isinstance(fault, BaseException) and not callable(fault):
        raise TypeError(f"faults must be exceptions or callables, not {fault!r}")
    return fault


def _check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {choices}, not {value!r}")
