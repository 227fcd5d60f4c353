"""The timed loops, for plain calls and for coroutines alike.

Each is written once, as text, and compiled with its call in its place, as `timeit` does it: a call through a
wrapper would be a third of what a quick operation takes. A coroutine is awaited in a loop that is itself a
coroutine: its subject's event loop runs throughout, and is entered once a sample.
"""

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

from benchmarks.measure import Batch
from benchmarks.subjects import Store

_TEXT = """
def make(repeat, {names}):
    {define} run(repetitions):
        for _ in repeat(None, repetitions):
            for {each}:
                {call}
    return run
"""


def loop(store: Store, call: str, each: str, /, **names: object) -> Batch:
    """Return a batch that makes `call` for `each`.

    Args:
        store: Whose work it is; decides whether the call is awaited.
        call: The call, such as `get(key)`.
        each: What one repetition goes through, such as `key in keys`.
        names: What the names in `call` and `each` stand for.
    """
    running = store.loop
    define, wait = ("def", "") if running is None else ("async def", "await ")
    text = _TEXT.format(names=", ".join(names), define=define, each=each, call=wait + call)
    made: dict[str, Any] = {}
    # The text is this module's and its callers', nobody else's.
    exec(compile(text, f"<{call}>", "exec"), made)
    run: Callable[[int], Any] = made["make"](repeat, **names)
    return run if running is None else lambda repetitions: store.done(run(repetitions))


def reads(store: Store, get: Callable[[str], object], keys: Sequence[str]) -> Batch:
    """Return a batch of one call with each key; `incr` has the same shape."""
    return loop(store, "get(key)", "key in keys", get=get, keys=keys)


def writes(
    store: Store, set_: Callable[..., object], keys: Sequence[str], value: object, ttl: object
) -> Batch:
    """Return a batch of one write to each key; without a ttl where that is None."""
    call = "set(key, value)" if ttl is None else "set(key, value, ttl)"
    return loop(store, call, "key in keys", set=set_, keys=keys, value=value, ttl=ttl)


def single(store: Store, operation: Callable[[Any], object], argument: object) -> Batch:
    """Return a batch of one call with one argument."""
    return loop(store, "operation(argument)", "_ in (None,)", operation=operation, argument=argument)
