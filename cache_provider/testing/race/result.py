"""What a search came to."""

from dataclasses import dataclass

from cache_provider.testing.race.errors import Failure


@dataclass(frozen=True)
class Result:
    """What a search came to.

    Attributes:
        schedules: How many schedules were run.
        exhausted: Whether there is no schedule that was not run, and none failed.
            Never so when a bound, the budget or a blocked task left one out.
        failure: The schedule that failed, None if none did.
        bound: Every schedule with up to this many interruptions was run; -1: not even those with none.
        notes: Why the search says less than it might seem: tasks that waited
            outside the cache, schedules that were cut short.
    """

    schedules: int
    exhausted: bool
    failure: Failure | None
    bound: int = -1
    notes: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise the failure, if there is one.

        Raises:
            Failure: A schedule failed; its `__cause__` is the exception that ended it.
        """
        if self.failure is not None:
            raise self.failure
