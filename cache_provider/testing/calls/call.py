"""`Call`: one operation as it was called, and how it ended."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cache_provider.arguments import EPOCH, MILLISECOND
from cache_provider.clock import Clock
from cache_provider.glob import Glob
from cache_provider.testing.seam import Operation, Site, find_site

_NEVER_CHANGES = (str, bytes, int, float, bool, type(None), datetime, timedelta)


@dataclass(slots=True, eq=False)
class Call:
    """One operation of a cache or of its locks.

    Arguments and result are copies, made when the operation began and when it
    ended: what the code does to its own objects later does not change them.

    Attributes:
        operation: The method's name; for locks `"lock.acquire"`, `"lock.release"`, ...
        key: The caller's key, or the lock's name; None where there is no single key.
        keys: All keys that the operation names.
        arguments: What it was called with, by parameter name, defaults included.
        site: The line of the caller's code.
        at_ms: When it began, in milliseconds since the epoch, on the cache's clock.
        result: What it returned; None as well while it runs and if it raised.
        error: What it raised, or None.
        duration_ms: How long it took on the cache's clock, in milliseconds; None while it runs.
    """

    operation: str
    key: str | None
    keys: tuple[str, ...]
    arguments: dict[str, Any]
    site: Site
    clock: Clock
    at_ms: int
    result: Any = None
    error: BaseException | None = None
    duration_ms: int | None = None

    @classmethod
    def begin(cls, operation: Operation) -> "Call":
        """Return the record of an operation that begins now."""
        clock = operation.provider.clock
        return cls(
            operation=operation.name,
            key=operation.key,
            # What is no str is refused further on.
            keys=tuple(map(str, operation.keys)),
            arguments={name: snapshot(value) for name, value in operation.arguments.items()},
            site=find_site(),
            clock=clock,
            at_ms=clock.now_ms(),
        )

    def end(self, result: Any, error: BaseException | None) -> None:
        """Note how it ended."""
        self.result = snapshot(result)
        self.error = error
        self.duration_ms = self.clock.now_ms() - self.at_ms

    @property
    def at(self) -> datetime:
        """When it began on the cache's clock, an aware UTC `datetime`."""
        return EPOCH + self.at_ms * MILLISECOND

    @property
    def duration(self) -> timedelta | None:
        """How long it took on the cache's clock; None while it runs."""
        return None if self.duration_ms is None else self.duration_ms * MILLISECOND

    def fits(self, operation: str | None, key: Glob | None, arguments: Mapping[str, Any]) -> bool:
        """Tell whether it is of this operation, on such a key and with these arguments, where given."""
        return (
            operation in (None, self.operation)
            and (key is None or bool(key.select(self.keys)))
            and all(name in self.arguments and self.arguments[name] == arguments[name] for name in arguments)
        )

    def __repr__(self) -> str:
        return f"<Call {self.title()} {self.outcome()}>"

    def title(self) -> str:
        """Return the operation with its keys, or with its pattern."""
        named = ", ".join(map(repr, self.keys[:3])) or repr(self.arguments.get("pattern", ""))
        more = f", … {len(self.keys)} keys" if len(self.keys) > 3 else ""
        return self.operation if named == "''" and not self.keys else f"{self.operation} {named}{more}"

    def outcome(self) -> str:
        """Return how it ended, in a few words."""
        if self.error is not None:
            return f"raised {type(self.error).__name__}"
        return "has not ended" if self.duration_ms is None else f"-> {_short(repr(self.result))}"


class Uncopied:
    """Stands in a record for a value that cannot be copied."""

    def __init__(self, value: object) -> None:
        self._text = object.__repr__(value)

    def __repr__(self) -> str:
        return self._text


def snapshot(value: Any) -> Any:
    """Return a copy that stays as `value` is now."""
    if type(value) in _NEVER_CHANGES:
        return value
    try:
        return deepcopy(value)
    except Exception:  # noqa: BLE001 - a value of any class may refuse to be copied, in its own way
        return Uncopied(value)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
