"""Replay a file of webhooks on the in-memory cache and print a summary.

    python -m examples.webhooks [events.jsonl]

The clock follows the events, so a day of ttls, rate windows and leases takes about a second.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cache_provider import InMemoryCacheAdapter, ManualClock
from examples.webhooks.events import EVENTS_FILE, EventFormatError, read_events
from examples.webhooks.merchants import MerchantTable
from examples.webhooks.receiver import Receiver
from examples.webhooks.replay import replay
from examples.webhooks.report import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from examples.webhooks.events import Event

ERASE_LINE: Final = "\r\033[K"
EVERY: Final = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay the file and return the exit status: 0, or 2 if the file cannot be read."""
    options = _parser().parse_args(arguments)
    try:
        events = list(read_events(options.events))
    except (OSError, EventFormatError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write(summary(events))
    return 0


def summary(events: Sequence[Event]) -> str:
    """Replay the events on a fresh cache and return the summary."""
    table = MerchantTable()
    clock = ManualClock()
    with InMemoryCacheAdapter(key_prefix="webhooks:", clock=clock) as cache:
        receiver = Receiver(cache, table.load)
        report = replay(_with_progress(events), receiver, clock.set)
        return render(report, receiver, table)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m examples.webhooks", description="Replay payment webhooks.")
    parser.add_argument("events", nargs="?", type=Path, default=EVENTS_FILE, help="a JSON-lines file")
    return parser


def _with_progress(events: Sequence[Event]) -> Iterator[Event]:
    """Yield the events and count them on stderr while a person is looking."""
    if not sys.stderr.isatty():
        yield from events
        return
    for number, event in enumerate(events):
        if number % EVERY == 0:
            sys.stderr.write(f"{ERASE_LINE}{number:,} of {len(events):,} deliveries")
            sys.stderr.flush()
        yield event
    sys.stderr.write(ERASE_LINE)


if __name__ == "__main__":
    sys.exit(main())
