"""A day of deliveries, run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from examples.webhooks.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from examples.webhooks.events import Event
    from examples.webhooks.receiver import Receiver


def replay(events: Iterable[Event], receiver: Receiver, move_to: Callable[[datetime], None]) -> Report:
    """Process deliveries one after the other and report what became of them.

    Args:
        events: In the order in which they were received.
        receiver: Processes them.
        move_to: Called with each delivery's time before it is processed; sets the cache's clock.
    """
    report = Report()
    for event in events:
        move_to(event.received)
        report.record(event, receiver.process(event))
    return report
