"""The outcome of a search."""

from dataclasses import dataclass, replace
from typing import Literal

from cache_provider.testing.race.errors import BlockedOutside, Failure, NotEnough


@dataclass(frozen=True)
class Result:
    """The outcome of a search.

    Attributes:
        schedules: How many schedules were run.
        exhausted: Whether every schedule was run and none failed. It is
            False if a bound, the budget or a blocked task left one out.
        failure: The schedule that failed, None if none did.
        bound: Every schedule with up to this many interruptions was run; -1 if not even those without any.
        blocked: Tasks that waited outside the cache, and where; their schedules were abandoned.
        notes: Other reasons why the search proves less than it seems, such as schedules cut short.
        require: How much the search had to explore at least; see `explore`.
    """

    schedules: int
    exhausted: bool
    failure: Failure | None
    bound: int = -1
    blocked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    require: Literal["exhausted"] | int | None = None

    def __str__(self) -> str:
        schedules = f"{self.schedules:,} schedule{'' if self.schedules == 1 else 's'}"
        if self.failure is not None:
            return f"{schedules}, the last of which failed"
        if self.exhausted:
            return f"{schedules}, and there are no others"
        times = f"{self.bound} interruption{'' if self.bound == 1 else 's'}"
        return f"{schedules}, {f'all up to {times}; not all' if self.bound >= 0 else 'not all'}"

    def with_failure(self, failure: Failure) -> "Result":
        """Return the same with another failure."""
        return replace(self, failure=failure)

    def check(self) -> None:
        """Raise what is wrong, if anything is; a search that was merely bounded is not wrong.

        Raises:
            Failure: A schedule failed; its `__cause__` is the exception that ended it.
            BlockedOutside: A task waited outside the cache, so its schedules prove nothing.
            NotEnough: Nothing failed, but less was explored than was required.
        """
        __tracebackhide__ = True
        if self.failure is not None:
            raise self.failure
        if self.blocked:
            raise BlockedOutside("\n".join(self.blocked))
        if not self._is_enough:
            notes = "".join(f"\n{note}" for note in self.notes)
            raise NotEnough(
                f"{self}. The test requires {self._required}: give it a larger max_schedules or seconds, "
                f"make the scenario smaller, or reduce= it{notes}"
            )

    @property
    def _is_enough(self) -> bool:
        if self.require is None or self.exhausted:
            return True
        return self.require != "exhausted" and self.bound >= self.require

    @property
    def _required(self) -> str:
        if self.require == "exhausted":
            return "that all are run"
        return f"all up to {self.require} interruptions"
