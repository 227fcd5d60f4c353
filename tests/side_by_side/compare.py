"""What an operation did, in a form in which two of them can be compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from tests.side_by_side.sides import Held, State


class Claims:
    """Names for the tokens of locks: both sides make theirs at random, in the same order."""

    def __init__(self) -> None:
        self._names: dict[bytes, str] = {}

    def add(self, token: str | None) -> None:
        """Name the claim that was just made."""
        if token is not None:
            self._names[token.encode()] = f"<claim {len(self._names) + 1}>"

    def named(self, value: Any) -> Any:
        """Return `value`, with the name of a claim in place of each token."""
        if isinstance(value, dict):
            fields = cast("Mapping[Any, Any]", value)
            return {field: self.named(item) for field, item in fields.items()}
        if isinstance(value, (list, tuple)):
            kind: Callable[[list[Any]], Any] = type(cast("list[Any]", value))
            return kind([self.named(item) for item in cast("list[Any]", value)])
        if isinstance(value, str):
            return self._names.get(value.encode(errors="surrogatepass"), value)
        return self._names.get(value, value) if isinstance(value, bytes) else value

    def state(self, state: State) -> State:
        """Return a state with names in place of tokens."""
        return {
            key: Held(held.kind, cast("tuple[bytes, ...]", self.named(held.content)), held.left)
            for key, held in state.items()
        }


@dataclass(frozen=True)
class Outcome:
    """What a call returned or raised.

    Attributes:
        shown: The `repr` of the result, which tells `1` from `True` and `1.0`;
            or the name of the error's class.
        raised: Whether it is an error.
    """

    shown: str
    raised: bool = False

    def __str__(self) -> str:
        return f"{'raised' if self.raised else 'returned'} {self.shown}"


def outcome(call: Callable[[], object], promised: Callable[[Any], object], claims: Claims) -> Outcome:
    """Make a call; return what it did, as far as that is promised.

    What it returned is changed afterwards, as a caller may.
    """
    try:
        result = call()
    except Exception as error:  # noqa: BLE001 - which errors there are is what is compared
        return Outcome(type(error).__name__, raised=True)
    shown = repr(promised(claims.named(result)))
    spoil(result)
    return Outcome(shown)


def spoil(value: object) -> None:
    """Change all that can be changed in `value`; a cache that shares it would show the change."""
    if isinstance(value, dict):
        fields = cast("dict[object, object]", value)
        for item in fields.values():
            spoil(item)
        fields["spoiled"] = True
    elif isinstance(value, list):
        items = cast("list[object]", value)
        for item in items:
            spoil(item)
        items.append("spoiled")


def differences(double: State, real: State) -> list[str]:
    """Return a line for each full key under which the two hold different things."""
    return [
        f"{key!r}: the double holds {double.get(key)}, the server {real.get(key)}"
        for key in sorted(double.keys() | real.keys())
        if double.get(key) != real.get(key)
    ]
