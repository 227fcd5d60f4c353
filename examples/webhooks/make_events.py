"""Write the input file: one day of webhooks as a payment provider delivers them.

    python -m examples.webhooks.make_events

The same events come out every time. On top of ordinary traffic there are

- redeliveries, after seconds when our answer was lost and after hours when it was an error,
- sales in which a merchant sends more events in a second than it may, the rest delivered again later,
- late arrivals, held up on their way for minutes or hours,
- a former merchant whose events still come in.
"""

from __future__ import annotations

import json
from bisect import bisect
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Final, TypeVar

from examples.webhooks.events import EVENTS_FILE, Event
from examples.webhooks.merchants import Merchant, MerchantTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

SEED: Final = 20250314
MIDNIGHT: Final = datetime(2025, 3, 14, tzinfo=UTC)
ORDINARY_EVENTS: Final = 2_400
STRAY_EVENTS: Final = 9
FORMER_MERCHANT: Final = Merchant("mer_0ldTr4mPol", "Trampoline Direct", "EUR", 10)

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MORNING: Final = (2, 1, 1, 1, 1, 2, 4, 8, 12, 15, 16, 17)
EVENING: Final = (20, 18, 15, 14, 15, 17, 19, 18, 15, 11, 7, 4)
TRAFFIC_BY_HOUR: Final = MORNING + EVENING
TRAFFIC_BY_TYPE: Final = {
    "payment.succeeded": 79,
    "refund.created": 8,
    "payment.failed": 7,
    "payout.paid": 4,
    "dispute.opened": 2,
}


@dataclass(frozen=True)
class Sale:
    """A moment at which everybody buys from one merchant."""

    merchant: str
    start: timedelta
    events: int


SALES: Final = (
    Sale("Kaffee Nord", timedelta(hours=7, minutes=30), 31),
    Sale("Encore Live", timedelta(hours=9), 64),
    Sale("Tramway Tickets", timedelta(hours=12), 58),
    Sale("Sakura Stationery", timedelta(hours=15, minutes=45), 27),
    Sale("Ballhaus Events", timedelta(hours=18), 71),
    Sale("Encore Live", timedelta(hours=20), 49),
)


class Dice:
    """Random choices built on `Random.random` alone: only its sequence is promised to stay."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random  # noqa: S311 - reproducible on purpose, no secret

    def chance(self, probability: float) -> bool:
        """Return True that often."""
        return self._random() < probability

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + int(self._random() * (high - low + 1))

    def delay(self, low: timedelta, high: timedelta) -> timedelta:
        """Return a duration of whole milliseconds."""
        unit = timedelta(milliseconds=1)
        return self.between(low // unit, high // unit) * unit

    def pick(self, items: Sequence[T], weights: Sequence[int]) -> T:
        """Return one of the items, the heavy ones more often."""
        bounds = list(accumulate(weights))
        return items[bisect(bounds, int(self._random() * bounds[-1]))]

    def text(self, length: int) -> str:
        """Return random letters and digits."""
        return "".join(BASE62[self.between(0, 61)] for _ in range(length))


class Day:
    """Everything that is delivered on one day."""

    def __init__(self, merchants: Sequence[Merchant], dice: Dice) -> None:
        self._merchants = merchants
        self._dice = dice
        # A few merchants make most of the traffic, as everywhere.
        self._weights = [1 + 40 // (rank + 1) for rank in range(len(merchants))]

    def deliveries(self) -> list[Event]:
        """Return the day's deliveries in the order they are received."""
        events = [*self._ordinary(), *self._sales(), *self._strays()]
        return sorted(events, key=lambda event: (event.received, event.id))

    def _ordinary(self) -> Iterator[Event]:
        for _ in range(ORDINARY_EVENTS):
            merchant = self._dice.pick(self._merchants, self._weights)
            kind = self._dice.pick(list(TRAFFIC_BY_TYPE), list(TRAFFIC_BY_TYPE.values()))
            event = self._event(merchant, kind, self._time_of_day())
            yield event
            yield from self._redeliveries(event)

    def _sales(self) -> Iterator[Event]:
        by_name = {merchant.name: merchant for merchant in self._merchants}
        for sale in SALES:
            merchant = by_name[sale.merchant]
            rush = [self._sale_event(merchant, MIDNIGHT + sale.start) for _ in range(sale.events)]
            rush.sort(key=lambda event: event.received)
            yield from rush
            for event in rush[merchant.events_per_second :]:
                yield self._again(event, self._dice.delay(timedelta(seconds=30), timedelta(minutes=4)))

    def _strays(self) -> Iterator[Event]:
        for _ in range(STRAY_EVENTS):
            yield self._event(FORMER_MERCHANT, "payment.succeeded", self._time_of_day())

    def _event(self, merchant: Merchant, kind: str, created: datetime) -> Event:
        return Event(
            id=f"evt_1R2{self._dice.text(13)}",
            type=kind,
            merchant=merchant.id,
            amount=self._amount(merchant, kind),
            currency=merchant.currency,
            created=created,
            received=created + self._transit(),
            attempt=1,
        )

    def _sale_event(self, merchant: Merchant, start: datetime) -> Event:
        created = start + self._dice.delay(timedelta(0), timedelta(milliseconds=600))
        transit = self._dice.delay(timedelta(milliseconds=80), timedelta(milliseconds=300))
        return replace(self._event(merchant, "payment.succeeded", created), received=created + transit)

    def _redeliveries(self, event: Event) -> Iterator[Event]:
        if self._dice.chance(0.05):
            event = self._again(event, self._dice.delay(timedelta(seconds=2), timedelta(seconds=20)))
            yield event
        if self._dice.chance(0.02):
            event = self._again(event, self._dice.delay(timedelta(minutes=5), timedelta(hours=1)))
            yield event
            if self._dice.chance(0.5):
                yield self._again(event, self._dice.delay(timedelta(hours=1), timedelta(hours=6)))

    def _again(self, event: Event, later: timedelta) -> Event:
        return replace(event, received=event.received + later, attempt=event.attempt + 1)

    def _transit(self) -> timedelta:
        if self._dice.chance(0.02):
            return self._dice.delay(timedelta(minutes=3), timedelta(hours=5))
        return self._dice.delay(timedelta(milliseconds=80), timedelta(milliseconds=900))

    def _time_of_day(self) -> datetime:
        hour = self._dice.pick(range(24), TRAFFIC_BY_HOUR)
        within = self._dice.delay(timedelta(0), timedelta(hours=1) - timedelta(milliseconds=1))
        return MIDNIGHT + timedelta(hours=hour) + within

    def _amount(self, merchant: Merchant, kind: str) -> int:
        cents = self._dice.between(250, 18_000)
        if kind == "payout.paid":
            cents *= 3
        # Prices end in 90 or 50 more often than not.
        cents = self._dice.pick((cents, cents // 100 * 100 + 90, cents // 100 * 100 + 50), (2, 5, 3))
        return cents if merchant.currency != "JPY" else cents // 10 * 10


def as_line(event: Event) -> str:
    """Return an event as one line of JSON."""
    times = {"created": _iso(event.created), "received": _iso(event.received)}
    return json.dumps(asdict(event) | times, separators=(",", ":")) + "\n"


def make_events() -> str:
    """Return the text of the input file."""
    day = Day(MerchantTable().merchants(), Dice(SEED))
    return "".join(map(as_line, day.deliveries()))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    EVENTS_FILE.write_text(make_events(), encoding="utf-8", newline="\n")
