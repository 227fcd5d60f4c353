"""The summary of a replay, as text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from examples.webhooks.receiver import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from examples.webhooks.events import Event
    from examples.webhooks.merchants import Merchant, MerchantTable
    from examples.webhooks.receiver import Receiver

APPLIED: Final = (Outcome.APPLIED, Outcome.APPLIED_LATE)
TOP: Final = 8
LATEST: Final = 3
DECIMALS: Final[Mapping[str, int]] = {"JPY": 0}
"""How many digits of a currency's amounts are minor units, where it is not two."""


class Report:
    """Collects what became of each delivery."""

    def __init__(self) -> None:
        self.deliveries: list[Event] = []
        self.outcomes: Counter[Outcome] = Counter()
        self.applied: Counter[str] = Counter()
        """Events by merchant id."""
        self.amounts: Counter[str] = Counter()
        """What the applied events add up to, by merchant id."""
        self.bursts: Counter[tuple[datetime, str]] = Counter()
        """Refused deliveries by minute and merchant id."""

    def record(self, event: Event, outcome: Outcome) -> None:
        """Add one delivery."""
        self.deliveries.append(event)
        self.outcomes[outcome] += 1
        if outcome in APPLIED:
            self.applied[event.merchant] += 1
            self.amounts[event.merchant] += event.effect
        elif outcome is Outcome.RATE_LIMITED:
            self.bursts[event.received.replace(second=0, microsecond=0), event.merchant] += 1


def render(report: Report, receiver: Receiver, table: MerchantTable) -> str:
    """Return the summary."""
    if not report.deliveries:
        return "No deliveries.\n"
    merchants = table.merchants()
    by_id = {merchant.id: merchant for merchant in merchants}
    busiest = [by_id[id_] for id_, _ in report.applied.most_common(TOP)]
    sections = [
        _headline(report),
        _section("Outcomes", "<>>", _outcome_rows(report)),
        _section("Top merchants", "<>>", _merchant_rows(report, receiver, busiest)),
        _section("Bursts beyond the limit", "<<>", _burst_rows(report, by_id)),
        *(_section(f"Latest at {top.name}", "<<>", _recent_rows(receiver, top)) for top in busiest[:1]),
        f"The merchant database was asked {len(table.queries):,} times.",
        _verdict(report, receiver, merchants),
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def money(minor_units: int, currency: str) -> str:
    """Return an amount with its currency: `money(-123450, "EUR")` is `-1,234.50 EUR`."""
    decimals = DECIMALS.get(currency, 2)
    # Integer arithmetic: a float would round large balances.
    whole, rest = divmod(abs(minor_units), 10**decimals)
    fraction = f".{rest:0{decimals}}" if decimals else ""
    return f"{'-' if minor_units < 0 else ''}{whole:,}{fraction} {currency}"


def _headline(report: Report) -> str:
    events = len({event.id for event in report.deliveries})
    first, last = report.deliveries[0].received, report.deliveries[-1].received
    return (
        f"{len(report.deliveries):,} deliveries of {events:,} events, "
        f"received {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
    )


def _outcome_rows(report: Report) -> Iterator[Sequence[str]]:
    for outcome in Outcome:
        count = report.outcomes[outcome]
        if count:
            yield outcome.value, f"{count:,}", f"{count / len(report.deliveries):.1%}"


def _merchant_rows(report: Report, receiver: Receiver, top: Sequence[Merchant]) -> Iterator[Sequence[str]]:
    for merchant in top:
        balance = money(receiver.ledger.balance(merchant.id), merchant.currency)
        yield merchant.name, f"{report.applied[merchant.id]:,} events", balance


def _burst_rows(report: Report, by_id: Mapping[str, Merchant]) -> Iterator[Sequence[str]]:
    for (minute, merchant_id), refused in sorted(report.bursts.items()):
        yield f"{minute:%H:%M}", by_id[merchant_id].name, f"{refused:,} refused"


def _recent_rows(receiver: Receiver, merchant: Merchant) -> Iterator[Sequence[str]]:
    for line in receiver.recent.of(merchant.id)[-LATEST:]:
        yield line["created"][11:19], line["type"], money(line["amount"], merchant.currency)


def _verdict(report: Report, receiver: Receiver, merchants: Sequence[Merchant]) -> str:
    off = [m.name for m in merchants if receiver.ledger.balance(m.id) != report.amounts[m.id]]
    if off:
        return f"Balances that do not match the applied events: {', '.join(off)}"
    return f"The balances of all {len(merchants)} merchants match the applied events."


def _section(title: str, sides: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a table under its title, or nothing if it has no rows.

    `sides` says for each column whether it is aligned to the left (`<`) or to the right (`>`).
    """
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True))
        for row in cells
    ]
    return "\n  ".join([title, *lines]) if lines else ""
