"""Waiting for what other tasks of the loop are about to do."""

import asyncio
from collections.abc import Callable

from cache_provider.clock import monotonic

PATIENCE = 30.0


async def until(condition: Callable[[], bool]) -> bool:
    """Let the loop run until the condition holds; tell whether it did, in plenty of real time."""
    # Not the loop's own time-out: some tests freeze its time.
    end = monotonic() + PATIENCE
    while not (met := condition()) and monotonic() < end:  # noqa: ASYNC110 - the condition tells nobody
        await asyncio.sleep(0)
    return met
