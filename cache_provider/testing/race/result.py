"""What a search came to."""

from dataclasses import dataclass

from cache_provider.testing.race.errors import BlockedOutside, Failure


@dataclass(frozen=True)
class Result:
    """What a search came to.

    Attributes:
        schedules: How many schedules were run.
        exhausted: Whether there is no schedule that was not run, and none failed.
            Never so when a bound, the budget or a blocked task left one out.
        failure: The schedule that failed, None if none did.
        bound: Every schedule with up to this many interruptions was run; -1: not even those with none.
        blocked: Tasks that waited outside the cache, and where; their schedules were given up.
        notes: What else makes the search say less than it might seem: schedules that were cut short.
    """

    schedules: int
    exhausted: bool
    failure: Failure | None
    bound: int = -1
    blocked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise what is wrong, if anything is; a search that only was bounded is not wrong.

        Raises:
            Failure: A schedule failed; its `__cause__` is the exception that ended it.
            BlockedOutside: A task waited outside the cache, so its schedules say nothing.
        """
        __tracebackhide__ = True
        if self.failure is not None:
            raise self.failure
        if self.blocked:
            raise BlockedOutside("\n".join(self.blocked))
