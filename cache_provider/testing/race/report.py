"""The text of a failure."""

from traceback import format_exception_only

from cache_provider.testing.race.errors import Deadlock, Failure, Livelock
from cache_provider.testing.race.recording import Recorder
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.race.table import WIDTH, table
from cache_provider.testing.race.tokens import Token
from cache_provider.testing.seam import find_raising_site

_AGAIN = "Run just this schedule again, by this option of pytest or by explore(..., replay=...):"


def failure(stage: Stage, recorder: Recorder, token: Token, story: str) -> Failure:
    """Return what is raised for a schedule that failed.

    Args:
        stage: The schedule, after its end.
        recorder: What was written down of it.
        token: What runs it again.
        story: How it was found.
    """
    error = stage.error
    assert error is not None, "the schedule failed"
    parts = [
        f"{_headline(error)}\n{story}",
        table(recorder.rows) if recorder.rows else "(no task made an operation)",
        "\n".join([*recorder.waiting, *_end(stage, error)]),
        f"{_AGAIN}\n  --cache-provider-replay={token}",
    ]
    return Failure("\n\n".join(part for part in parts if part), str(token), stage.interruptions)


def _headline(error: BaseException) -> str:
    if isinstance(error, Livelock):
        return "Livelock: tasks ask the same again and again, and nothing can change the answer any more."
    if isinstance(error, Deadlock):
        return "Deadlock: every task waits, and nothing can end a wait any more."
    lines = "".join(format_exception_only(error)).strip().splitlines()
    return lines[0] if len(lines[0]) <= WIDTH else f"{lines[0][: WIDTH - 1]}…"


def _end(stage: Stage, error: BaseException) -> list[str]:
    """Say who ended the schedule, and at which line."""
    if stage.culprit is None:
        return []
    site = find_raising_site(error)
    at = f" at {site}: {site.text}" if site.line else ""
    return [f"{stage.culprit.name} then raises {type(error).__name__}{at}"]
