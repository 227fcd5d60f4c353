"""The kinds of faults, and where and when in a run one strikes."""

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias, get_args

from cache_provider.arguments import check_text
from cache_provider.errors import CacheTimeoutError, CacheUnavailableError

FaultKind: TypeAlias = Literal[
    "error before",
    "error after",
    "timeout before",
    "timeout after",
    "expired",
    "lease lost",
    "paused",
    "crash",
]

KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
"""Every kind, in the order of the matrix."""

BEFORE: dict[FaultKind, type[CacheUnavailableError]] = {
    "error before": CacheUnavailableError,
    "timeout before": CacheTimeoutError,
}
"""What is raised in place of the operation."""

AFTER: dict[FaultKind, type[CacheUnavailableError]] = {
    "error after": CacheUnavailableError,
    "timeout after": CacheTimeoutError,
}
"""What is raised in place of the operation's reply."""

MEANINGS: dict[FaultKind, str] = {
    "error before": "fails and has no effect",
    "error after": "takes effect, and its reply is lost",
    "timeout before": "times out and has no effect",
    "timeout after": "takes effect, and times out",
    "expired": "finds its key expired",
    "lease lost": "comes after the lease was lost",
    "paused": "comes after its process was paused for as long as its leases",
    "crash": "takes effect, and the worker dies",
}
"""What becomes of an operation that is struck."""


class Strike(NamedTuple):
    """One fault.

    Attributes:
        at: The operation that it strikes, counted from 0.
        kind: What happens.
    """

    at: int
    kind: FaultKind

    def __str__(self) -> str:
        return f"{self.at + 1}:{self.kind}"


Plan: TypeAlias = tuple[Strike, ...]
"""The faults of one run, in the order of the operations; none in a clean run."""


def plan_name(plan: Plan) -> str:
    """Return the name under which `sweep(only=…)` runs just this plan."""
    return "+".join(map(str, plan))


def parse_plan(name: str) -> Plan:
    """Return the plan of that name.

    Raises:
        TypeError, ValueError: There is no such plan.
    """
    strikes = [_parse_strike(name, part) for part in check_text("only", name).split("+")]
    if [strike.at for strike in strikes] != sorted({strike.at for strike in strikes}):
        raise ValueError(f"only must name operations in their order, not {name!r}")
    return tuple(strikes)


def check_kinds(kinds: Iterable[str]) -> tuple[FaultKind, ...]:
    """Return `kinds` if there are such, in the order of the matrix.

    Raises:
        TypeError, ValueError: There are no such kinds.
    """
    if isinstance(kinds, str):
        raise TypeError(f"kinds must be an iterable of kinds, not a single str {kinds!r}")
    named = [check_text("kinds", kind) for kind in kinds]
    unknown = [kind for kind in named if kind not in KINDS]
    if unknown or not named:
        raise ValueError(f"kinds must be of {KINDS}, not {unknown or named}")
    return tuple(kind for kind in KINDS if kind in named)


def _parse_strike(name: str, part: str) -> Strike:
    number, _, kind = part.partition(":")
    if not number.isdecimal() or int(number) < 1 or kind not in KINDS:
        raise ValueError(f"only must be like '3:crash' or '3:error after+5:crash', not {name!r}")
    return Strike(int(number) - 1, kind)
