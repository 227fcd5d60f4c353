"""Waiting for what other tasks of the loop are about to do."""

import asyncio
from collections.abc import Callable

PATIENCE = 10.0


async def until(condition: Callable[[], bool]) -> bool:
    """Let the loop run until the condition holds; tell whether it did, in plenty of real time."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0)
    except TimeoutError:
        return False
    return True
