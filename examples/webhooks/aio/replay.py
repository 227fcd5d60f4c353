"""A day of deliveries, run again in a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from examples.webhooks.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from examples.webhooks.aio.receiver import AsyncReceiver
    from examples.webhooks.events import Event


async def replay_async(
    events: Iterable[Event], receiver: AsyncReceiver, move_to: Callable[[datetime], None]
) -> Report:
    """Process deliveries one after the other and report what became of them; see `replay`."""
    report = Report()
    for event in events:
        move_to(event.received)
        report.record(event, await receiver.process(event))
    return report
