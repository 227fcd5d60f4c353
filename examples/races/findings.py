"""What a search found, in a form that tests compare."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, Result
from cache_provider.testing.race.tokens import Token

Scenario: TypeAlias = Callable[[Race], None]
Work: TypeAlias = Callable[[CacheProviderInterface], object]


class Found(NamedTuple):
    """The first schedule that fails.

    Attributes:
        interruptions: How often a task is interrupted in it, by another, by time or by a fault.
        error: The kind of exception that it ends with.
        steps: Who did what, in which order; beginnings and the scenario's own operations are left out.
    """

    interruptions: int
    error: str
    steps: tuple[str, ...]


def found(result: Result) -> Found | None:
    """Return what a search found, None if no schedule failed."""
    if result.failure is None:
        return None
    steps = Token.parse(result.failure.token).labels
    return Found(
        result.failure.preemptions,
        type(result.failure.__cause__).__name__,
        tuple(step for step in steps if not (step.startswith("main ") or step.endswith(" begins"))),
    )
