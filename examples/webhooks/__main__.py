"""Replay a file of webhooks on the in-memory cache and print a summary.

    python -m examples.webhooks [--asyncio] [events.jsonl]

The clock follows the events, so a day of ttls, rate windows and leases takes about a second.
"""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cache_provider import AsyncInMemoryCacheAdapter, InMemoryCacheAdapter, ManualClock, MemoryServer
from examples.webhooks.aio.merchants import awaited
from examples.webhooks.aio.receiver import AsyncReceiver
from examples.webhooks.aio.replay import replay_async
from examples.webhooks.events import EVENTS_FILE, EventFormatError, read_events
from examples.webhooks.merchants import MerchantTable
from examples.webhooks.receiver import Receiver
from examples.webhooks.replay import replay
from examples.webhooks.report import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from examples.webhooks.events import Event
    from examples.webhooks.report import Report

PREFIX: Final = "webhooks:"
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
    sys.stdout.write(summary(events, on_asyncio=options.asyncio))
    return 0


def summary(events: Sequence[Event], *, on_asyncio: bool = False) -> str:
    """Replay the events on a fresh cache and return the summary."""
    table = MerchantTable()
    clock = ManualClock()
    server = MemoryServer(clock=clock)
    with InMemoryCacheAdapter(PREFIX, server=server) as cache:
        receiver = Receiver(cache, table.load)
        if on_asyncio:
            report = asyncio.run(_replay_in_a_task(events, server, table, clock))
        else:
            report = replay(_with_progress(events), receiver, clock.set)
        # Both write the same server, so one receiver can look at what either left.
        return render(report, receiver, table)


async def _replay_in_a_task(
    events: Sequence[Event], server: MemoryServer, table: MerchantTable, clock: ManualClock
) -> Report:
    async with AsyncInMemoryCacheAdapter(PREFIX, server=server) as cache:
        receiver = AsyncReceiver(cache, awaited(table.load))
        return await replay_async(_with_progress(events), receiver, clock.set)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m examples.webhooks", description="Replay payment webhooks.")
    parser.add_argument("events", nargs="?", type=Path, default=EVENTS_FILE, help="a JSON-lines file")
    parser.add_argument("--asyncio", action="store_true", help="process them in a coroutine")
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
