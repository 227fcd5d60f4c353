"""Running steps whose values may have to be awaited."""

from collections.abc import Coroutine
from inspect import isawaitable
from typing import Any, cast

from cache_provider.steps import Steps, T


async def finish(steps: Steps[T]) -> T:
    """Run steps, awaiting what they yield; a cancellation reaches them too, so that they clean up."""
    try:
        step = next(steps)
        while True:
            try:
                value = (await step) if isawaitable(step) else step
            except BaseException as error:  # noqa: BLE001 - the steps decide what to do about it
                step = steps.throw(error)
            else:
                step = steps.send(value)
    except StopIteration as end:
        return cast("T", end.value)


def finish_at_once(steps: Steps[T]) -> T:
    """Run steps whose coroutines only give way, as those of the double do, without a loop."""
    return _answer(finish(steps))


def _answer(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return cast("T", end.value)
