"""Webhook events and the JSON-lines files they are recorded in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EVENTS_FILE: Final = Path(__file__).parent / "data" / "events.jsonl"

REDELIVERY_WINDOW: Final = timedelta(days=3)
"""How long the payment provider goes on delivering an event that was not acknowledged."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# What a type does to the merchant's balance; a type that is not listed moves no money.
SIGNS: Final[Mapping[str, int]] = {
    "payment.succeeded": +1,
    "refund.created": -1,
    "dispute.opened": -1,
    "payout.paid": -1,
}


class EventFormatError(ValueError):
    """An event cannot be read; the message says what is wrong with it, and where."""


@dataclass(frozen=True, slots=True)
class Event:
    """One delivery of one event: a redelivery has the same `id` and a higher `attempt`.

    Amounts are positive and in the currency's minor units (cents, or whole yen).
    """

    id: str
    type: str
    merchant: str
    amount: int
    currency: str
    created: datetime
    received: datetime
    attempt: int

    @property
    def effect(self) -> int:
        """What the event adds to the merchant's balance, negative for money that leaves."""
        return SIGNS.get(self.type, 0) * self.amount


def milliseconds(moment: datetime) -> int:
    """Return a moment as whole milliseconds since 1970, the way it goes into the cache."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def read_events(path: Path) -> Iterator[Event]:
    """Yield the events of a JSON-lines file in the order they were received.

    Raises:
        EventFormatError: A line is not an event. The message starts with `file:line`.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                event = parse_event(line)
            except ValueError as problem:
                raise EventFormatError(f"{path}:{number}: {problem}") from problem
            yield event


def parse_event(line: bytes) -> Event:
    """Read one line.

    Raises:
        EventFormatError: A field is missing or is not what it should be.
        ValueError: The line is not UTF-8 or not JSON.
    """
    document: object = json.loads(line.decode("utf-8"))
    if not isinstance(document, dict):
        raise EventFormatError("an event is a JSON object")
    fields = cast("dict[str, object]", document)
    return Event(
        id=_text(fields, "id"),
        type=_text(fields, "type"),
        merchant=_text(fields, "merchant"),
        amount=_positive(fields, "amount"),
        currency=_text(fields, "currency"),
        created=_moment(fields, "created"),
        received=_moment(fields, "received"),
        attempt=_positive(fields, "attempt"),
    )


def _field(fields: Mapping[str, object], name: str) -> object:
    if name not in fields:
        raise EventFormatError(f"field {name!r} is missing")
    return fields[name]


def _text(fields: Mapping[str, object], name: str) -> str:
    value = _field(fields, name)
    # Ids become cache keys and types are printed: no control characters, no halves of a surrogate pair.
    if not isinstance(value, str) or not value or not value.isprintable():
        raise EventFormatError(f"field {name!r} is {value!r}, expected a printable text")
    return value


def _positive(fields: Mapping[str, object], name: str) -> int:
    value = _field(fields, name)
    # JSON's true is an int to Python; an amount of `true` is a mistake all the same.
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise EventFormatError(f"field {name!r} is {value!r}, expected a whole number above zero")
    return value


def _moment(fields: Mapping[str, object], name: str) -> datetime:
    text = _text(fields, name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise EventFormatError(f"field {name!r} is {text!r}, expected one like 2025-03-14T08:00:00.000Z")
    return moment
