"""The exceptions of a search for races."""


class Failure(AssertionError):  # noqa: N818 - it is a test's failure, and reads as one
    """A schedule under which the scenario fails; its text is the whole report.

    The exception that ended the schedule is the `__cause__`.

    Args:
        report: The table, what was overwritten, and how to run this schedule again.
        token: For `explore(..., replay=token)` and `--cache-provider-replay`.
        preemptions: How often a task that could have gone on was interrupted.
    """

    def __init__(self, report: str, token: str = "", preemptions: int = 0) -> None:
        super().__init__(report, token, preemptions)
        self.report = report
        self.token = token
        self.preemptions = preemptions

    def __str__(self) -> str:
        return self.report

    def __repr__(self) -> str:
        return f"Failure({self.report.partition(chr(10))[0]!r}, token={self.token!r})"


class RaceError(Exception):
    """The search itself cannot go on; the base of the errors below."""


class Deadlock(RaceError):  # noqa: N818 - the field's word
    """Every task waits, and nothing can end a wait any more.

    Args:
        waiting: The tasks and what each waits for, as in "A waits for lock 'jobs', held by B".
    """

    def __init__(self, waiting: list[str]) -> None:
        super().__init__(waiting)
        self.waiting = waiting

    def __str__(self) -> str:
        return "; ".join(self.waiting)


class Livelock(Deadlock):
    """Tasks ask the same question again and again, and nothing can change the answer any more.

    Args:
        waiting: As for `Deadlock`, as in "A waits for another answer to get ready".
    """


class Diverged(RaceError):  # noqa: N818 - the field's word
    """A schedule should have been repeated, but the scenario did something else."""


class NothingExplored(RaceError):  # noqa: N818 - says what went wrong
    """The scenario gave the search nothing to interleave."""


class NotEnough(RaceError):  # noqa: N818 - says what went wrong
    """A search found nothing, but explored less than was required."""


class StrayThread(RaceError):  # noqa: N818 - says what went wrong
    """A thread that the explorer did not start used the explorer's cache."""


class BlockedOutside(RaceError):  # noqa: N818 - says what went wrong
    """A task waits for something that the explorer does not see."""


class Abort(BaseException):
    """Unwinds the tasks of a schedule that is over; not for catching."""


class Crash(BaseException):
    """The process of a task is gone; none of its operations has an effect any more."""


class Learned(Abort):
    """A schedule has shown something that the search must know from its beginning."""


class Redundant(Abort):
    """The rest of a schedule would only repeat what others have shown."""
