"""Writing once what waits, for threads and for coroutines.

Steps are a generator: `value = yield cache.get(key)`. With a synchronous cache
the expression has its value, or has raised, by the time it is yielded, and
`finish` hands it straight back. With an asynchronous one it is an awaitable,
which `aio.steps.finish` awaits. What is decided in between is the same text.
"""

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar, cast

T = TypeVar("T")

Steps: TypeAlias = Generator[Any, Any, T]
"""Yields values or awaitables of them, is sent the values, returns its result."""


def finish(steps: Steps[T]) -> T:
    """Run steps whose values are there as soon as they are yielded."""
    try:
        step = next(steps)
        while True:
            step = steps.send(step)
    except StopIteration as end:
        return cast("T", end.value)
