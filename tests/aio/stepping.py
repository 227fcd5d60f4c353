"""Cancelling a coroutine at each place where it waits."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

ENOUGH = 200
"""More turns of a loop than any coroutine here takes."""


async def turns(number: int) -> None:
    """Let the loop turn so many times."""
    for _ in range(number):
        await asyncio.sleep(0)


async def cancel_after(number: int, coroutine: Coroutine[Any, Any, object]) -> bool:
    """Cancel a coroutine after so many turns of the loop; tell whether that struck it."""
    task = asyncio.ensure_future(coroutine)
    await turns(number)
    task.cancel()
    outcome = (await asyncio.gather(task, return_exceptions=True))[0]
    return isinstance(outcome, asyncio.CancelledError)


async def cancel_everywhere(scenario: Callable[[int], Awaitable[bool]]) -> int:
    """Run `scenario` with 0, 1, 2, ... turns before the cancellation, until that comes too late.

    Returns:
        How many times it was struck.
    """
    for number in range(ENOUGH):
        if not await scenario(number):
            return number
    raise AssertionError("the coroutine waits for ever")
